"""The work: facts in, decisions made and kept, keys brought to the networks, all day long."""
