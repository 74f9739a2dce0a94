def größe():
    print("größe".encode("ascii", "backslashreplace").decode())


def ﬁne():  # Python reads the ligature as "fine"
    print("fine")
