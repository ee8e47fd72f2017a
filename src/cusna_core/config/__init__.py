"""How is the program told what to do? By one file, the console, and the plugins they switch on."""
