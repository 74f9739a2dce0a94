def run():
    print("deep", __name__)
