def at_package():
    print("package", __name__)
