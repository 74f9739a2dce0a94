"""The program scheduled, as Python's package managers install it."""
