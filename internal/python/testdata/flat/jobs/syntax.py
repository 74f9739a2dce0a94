def run():
    pass


def broken(:
    pass
