def run():
    print("spread")
