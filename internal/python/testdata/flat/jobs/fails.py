"""Entrypoints that fail."""
import asyncio
import atexit
import functools
import os
import sys

from jobs import works

NUMBER = 3


def value_error():
    raise ValueError("bad")


def many_words():
    raise ValueError("first\nsecond\r\n\n  \x1b[31mthird\u202e " + "x" * 5000)


def no_words():
    raise KeyError


class Own(Exception):
    pass


def own_error():
    raise Own("mine")


def speechless():
    class Speechless(Exception):
        def __str__(self):
            raise RuntimeError

    raise Speechless


def base_error():
    class Base(BaseException):
        pass

    raise Base("base")


def chained():
    try:
        value_error()
    except ValueError as error:
        raise LookupError("none") from error


def group():
    try:
        kind = ExceptionGroup
    except NameError:  # before Python 3.11
        kind = lambda message, errors: type("ExceptionGroup", (Exception,), {"__module__": "builtins"})(  # noqa: E731
            "%s (%d sub-exceptions)" % (message, len(errors))
        )
    raise kind("several", [ValueError("one"), KeyError("two")])


def recursion():
    recursion()


def interrupted():
    raise KeyboardInterrupt


def surrogates():
    raise ValueError("caf\udce9")


def in_library():
    functools.reduce(lambda a, b: a / b, [1, 0])


def in_deep_library():
    import json

    json.loads("{")


def in_text():
    compile("1 +", "<text>", "exec")


async def coroutine():
    await asyncio.sleep(0)
    raise ValueError("awaited")


def exits_three():
    sys.exit(3)


def exits_256():
    sys.exit(256)


def exits_with_words():
    sys.exit("no space left")


def exits_with_zero_point():
    sys.exit(0.0)


async def coroutine_exits():
    sys.exit(4)


def hard_exit():
    os._exit(0)


def hard_exit_five():
    os._exit(5)


def exit_after():
    atexit.register(os._exit, 6)


def replaced():
    os.execv(sys.executable, [sys.executable, "-c", ""])


def generator():
    print("never")
    yield


@functools.lru_cache(maxsize=None)
def decorated_generator():
    yield


async def async_generator():
    yield


def needs(path, days, *rest, force, limit=3):
    pass


@functools.lru_cache(
    maxsize=None,
)
def decorated_needs(path):
    pass


async def async_needs(path):
    pass


class Needs:
    def __init__(self, path):
        pass

    def method(self):
        pass


partial_needs = functools.partial(needs, "path")


def type_error():
    return needs("path")


@works.supplies
def decorated_type_error(word):
    return word + 1


def hooked():
    def hook(kind, error, traceback):
        print("hook", kind.__name__, traceback.tb_frame.f_code.co_name)

    sys.excepthook = hook
    raise ValueError("bad")


def broken_hook():
    sys.excepthook = None
    raise ValueError("bad")
