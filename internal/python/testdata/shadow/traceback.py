"""Takes the name of a module of the standard library."""
NAME = "own"
