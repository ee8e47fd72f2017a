"""What survives a restart? One SQLite file; every repository is a module of plain functions on a transaction."""
