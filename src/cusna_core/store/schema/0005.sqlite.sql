-- In which language somebody last read the portal: letters that nobody asked for are written in it.
ALTER TABLE accounts ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- Who has rights that end soon, without looking through everybody's.
CREATE INDEX ledger_by_end ON ledger (integration, ends) WHERE ends IS NOT NULL;
