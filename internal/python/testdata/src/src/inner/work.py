def run():
    print("src", __name__)
