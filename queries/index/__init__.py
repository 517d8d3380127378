"""From records to tables: the flat `events` relation, and pushes and sessions built on it."""
