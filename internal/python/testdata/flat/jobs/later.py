"""Return values that ask for a later run."""
import datetime
import types


def on(hour, *more):
    return datetime.datetime(2026, 12, 4, hour, *more)


class Broken(datetime.datetime):
    def utcoffset(self):
        raise RuntimeError

    def __str__(self):
        return "hush is broken"


class Iterator:
    def next(self):
        return 1


def aware():
    zone = datetime.timezone(datetime.timedelta(hours=2, seconds=1))
    return {"status": "ok", "message": "moved", "next": on(12, 0, 1, 5).replace(tzinfo=zone)}


def naive():
    return {"next": on(12)}


def after():
    return {"status": "ok", "next": datetime.timedelta(days=1, hours=12, microseconds=1), "output": [1]}


def attribute():
    class Result:
        next = datetime.timedelta(minutes=1)

    return Result()


def iso():
    return types.SimpleNamespace(status="ok", next="2026-12-04T12:00:00Z")


def seconds():
    return {"status": "ok", "next": 3600}


def day():
    return {"status": "ok", "next": datetime.date(2026, 12, 4)}


def end_of_time():
    zone = datetime.timezone(datetime.timedelta(hours=-5))
    return {"status": "ok", "next": datetime.datetime(9999, 12, 31, 23, tzinfo=zone)}


def page():
    return {"next": "https://example.org/2", "rows": []}


def iterator():
    return Iterator()


def broken():
    return {"status": "ok", "next": Broken(2026, 12, 4)}
