"""A script that has become an entrypoint: its folder is not on sys.path."""
import helper


def run():
    helper.help()
