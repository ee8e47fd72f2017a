-- How many keys of each state a network has, counted from the index alone: every overview asks for it.
CREATE INDEX key_states_by_state ON key_states (network, state);
