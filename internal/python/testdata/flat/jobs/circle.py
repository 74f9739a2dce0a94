from jobs.round import name


def run():
    pass
