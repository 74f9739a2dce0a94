def help():
    print("helped")
