import jobs.no_such_module


def run():
    pass
