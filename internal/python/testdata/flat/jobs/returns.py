"""Entrypoints that return something."""
import collections
import dataclasses
import datetime
import decimal
import enum
import http
import types


def nothing():
    return None


def text():
    return "two\nlines"


def hostile_text():
    return "\x1b[31m::error::x\r\n##[group]\u202e\udce9\x00"


def empty_text():
    return ""


def yes():
    return True


def number():
    return 42


def fraction():
    return 0.5


def not_a_number():
    return float("nan")


def huge_number():
    return 10**30


def table():
    return {"é": [1, None, True], 2: {"when": datetime.date(2026, 11, 21)}, (1, 2): decimal.Decimal("0.10")}


def ordered():
    return collections.OrderedDict(z=1, a=2)


def pair():
    return ("a", {3})


Point = collections.namedtuple("Point", "x y")


def named_pair():
    return Point(1, 2)


@dataclasses.dataclass
class Count:
    rows: int
    kinds: list = dataclasses.field(default_factory=lambda: ["a"])
    where: Point = Point(1, 2)


def data():
    return Count(3)


def a_class():
    return Count


def unspoken():
    return object()


class Quiet:
    pass


def quiet():
    return Quiet()


class Spoken:
    def __repr__(self):
        return "spoken"


def spoken():
    return Spoken()


def spoken_within():
    return [Spoken()]


class Broken(dict):
    def __iter__(self):
        raise RuntimeError

    keys = items = get = __iter__

    def __str__(self):
        raise RuntimeError


def broken():
    return Broken(a=1)


def broken_within():
    return [1, Broken()]


class BrokenStatus(Broken):
    def get(self, name, default=None):
        return {"status": "failed", "message": "no"}.get(name, default)


def broken_status():
    return BrokenStatus()


class BrokenList(list):
    def __iter__(self):
        raise RuntimeError


def broken_list():
    return BrokenList([1])


class BrokenNumber(int):
    def __int__(self):
        raise RuntimeError

    __index__ = __trunc__ = __int__


def broken_number():
    return BrokenNumber(3)


class Mute:
    @property
    def status(self):
        raise RuntimeError

    def __repr__(self):
        return "mute"


def mute():
    return Mute()


def circle():
    value = []
    value.append(value)
    return value


def deep():
    value = 1
    for _ in range(5000):
        value = [value]
    return value


def long_text():
    return "x" * 1_000_000


def long_list():
    return list(range(1_000_000))


def wide_table():
    return {"k%d" % n: "v" * 100 for n in range(100_000)}


async def awaited():
    return 42


async def awaits_generator():
    return (n for n in range(3))


class Result:
    def __init__(self, status, message=None, output=None):
        self.status, self.message, self.output = status, message, output


def done():
    return Result("ok", "3 rows", {"rows": 3})


def done_dict():
    return {"status": "success", "rows": 3}


def failed():
    return Result("failed", "3 of 7\nfiles missing", "a\nb")


def failed_dict():
    return {"status": "ERROR", "message": None, "output": None}


async def failed_awaited():
    return {"status": "Timed out"}


@dataclasses.dataclass
class Outcome:
    status: bool
    message: str = "no"
    rows: int = 3


def failed_data():
    return Outcome(False)


def done_data():
    return Outcome(True)


def exit_code():
    return Result(2)


def exit_zero():
    return Result(0)


def http_fine():
    return Result(204)


def http_member():
    return Result(http.HTTPStatus.NOT_FOUND, "gone")


def http_member_fine():
    return {"status": http.HTTPStatus.NO_CONTENT}


def http_float():
    return Result(404.0)


def exit_fraction():
    return Result(0.0)


def no_number():
    return Result(float("nan"))


def http_decimal():
    return Result(decimal.Decimal(500))


class bool_:
    """As numpy's: no bool, and no number."""

    def __str__(self):
        return "False"


def numpy_false():
    return Result(bool_())


def failed_some():
    return Result("FAILED: 3 rows")


def failed_none():
    return Result("0 failed")


def unfailing():
    return Result("errorless")


def not_ok():
    return Result("Not OK.")


def knocked_out():
    return Result("KO")


def killed():
    return Result("[killed]")


def no_word():
    return Result("")


def http_gone():
    return Result(410, "gone")


class State(enum.Enum):
    OK = 1
    FAILED = 2
    BAD = "error"


def state_ok():
    return Result(State.OK)


def state_failed():
    return Result(State.FAILED)


def state_bad():
    return Result(State.BAD)


def namespace():
    return types.SimpleNamespace(status="cancelled")


def status_of_others():
    return Result(object())


def in_progress():
    return Result("partial")


class Everything:
    """As a mock is: it has any attribute, and none that means something."""

    def __getattr__(self, name):
        return lambda: None

    def __repr__(self):
        return "everything"


def everything():
    return Everything()


def read_only():
    return types.MappingProxyType({"status": "failed"})


class Speechless(str):
    def __str__(self):
        raise RuntimeError


def speechless():
    return Result(Speechless("failed"))


class Exiting:
    @property
    def status(self):
        raise SystemExit(3)


def exiting():
    return Exiting()


class Exhausted(dict):
    def get(self, name):
        raise KeyboardInterrupt


def exhausted():
    return Exhausted()
