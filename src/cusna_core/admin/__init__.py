"""What can an admin see, decide and set up? Console and commands are two ways in to the same rooms here."""
