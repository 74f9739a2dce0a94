"""Entrypoints that give secrets away: TOKEN has two lines, PIN is a number."""
import os
import sys

TOKEN, PIN = os.environ["TOKEN"], int(os.environ["PIN"])


def text():
    return TOKEN


def parts():
    return {TOKEN: [PIN, PIN + 1, PIN / 1], "line": TOKEN.splitlines()[0]}


def at_the_cut():
    return "x" * 9990 + TOKEN


def status():
    return {"status": "failed " + TOKEN, "message": "y" * 4090 + TOKEN}


def failing_secret():
    return {"status": os.environ["WORD"]}


def raises():
    raise KeyError(TOKEN)


def raises_long():
    raise ValueError(TOKEN + "z" * (65536 - len(TOKEN) // 2))


def exits():
    sys.exit(TOKEN)


def raises_class():
    raise type(TOKEN, (Exception,), {})("bad")


def raises_module():
    raise type("Leak", (Exception,), {"__module__": TOKEN})


def exits_with():
    sys.exit(PIN)


def dies_with():
    os._exit(int(os.environ["CODE"]))


def forges():
    """Write the report in place of our own runner."""
    os.lseek(0, 0, os.SEEK_SET)
    os.write(0, ('{"cause":"%s","hint":"a\\n::error::%s","python":"%s"}' % ((TOKEN.splitlines()[0],) * 3)).encode())
    os._exit(0)
