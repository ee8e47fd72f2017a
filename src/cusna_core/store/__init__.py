"""What survives a restart? One SQLite file; each repository is a module of functions on a transaction."""
