NUMBER = int("x")
