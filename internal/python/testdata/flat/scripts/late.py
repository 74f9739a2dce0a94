def run():
    import tools.words
