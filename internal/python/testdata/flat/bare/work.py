def run():
    print("bare", __name__)
