def run():
    print("alone")
