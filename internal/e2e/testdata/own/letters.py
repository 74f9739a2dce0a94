"""Letters to customers."""

import os
from pathlib import Path


def send():
    """Send the letter that earlier steps have written."""
    print(Path("letter.txt").read_text(), end="")
    print("the same greeting:", os.environ["GREETING"])
    print("a key of", len(os.environ["POST_KEY"]), "letters")
    print("variables of the steps before:", "SIGNED" in os.environ)
