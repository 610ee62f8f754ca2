"""What the database remembers about migrations: the journal, the lock, what was built."""
