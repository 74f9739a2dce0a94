def run():
    print("top")
