"""Takes the name of a module of the standard library."""
import json

import token
import traceback


def run():
    print(json.NAME, token.NAME, traceback.NAME)


def fails():
    raise ValueError("bad")


def needs(path):
    pass
