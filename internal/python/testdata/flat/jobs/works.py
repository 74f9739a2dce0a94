"""Entrypoints that succeed."""
import asyncio
import atexit
import concurrent.futures
import functools
import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
import warnings


def hello():
    print("hello")


def returns_value():
    return {"status": "failed"}


def as_started():
    print(__name__, sys.argv, repr(sys.stdin.read()), os.getcwd() == sys.path[0] == os.environ["PWD"])


def exits_none():
    sys.exit()


def exits_zero():
    print("before")
    raise SystemExit(0)


def exits_false():
    raise SystemExit(False)


async def coroutine():
    await asyncio.sleep(0)
    print("awaited")


async def coroutine_exits():
    sys.exit(0)


class Awaitable:
    def __await__(self):
        print("awaited")
        return iter(())


def returns_awaitable():
    return Awaitable()


class Jobs:
    class Inner:
        @staticmethod
        def static():
            print("static")

    @classmethod
    def of_class(cls):
        print(cls.__name__)

    def __init__(self, word="constructed"):
        print(word)

    def __call__(self):
        print("called")

    def method(self):
        print("method")


made = Jobs.__new__(Jobs)
partial = functools.partial(print, "partial")
anonymous = lambda: print("lambda")  # noqa: E731


def supplies(function):
    @functools.wraps(function)
    def wrapper():
        return function("supplied")

    return wrapper


@supplies
def decorated(word):
    print(word)


def defaults(path=".", *rest, days=3, **more):
    print(path, days)


def thread():
    def work():
        time.sleep(0.2)
        print("thread")

    threading.Thread(target=work).start()
    print("returned")


def daemon_thread():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def at_exit():
    atexit.register(print, "at exit")
    print("returned")


def square(number):
    return number * number


def processes():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(square, range(5))))


def pickles():
    print(pickle.loads(pickle.dumps(square)) is square)


def subprocess_output():
    print("before")
    subprocess.run([sys.executable, "-c", "print('child')"], check=True)
    print("after")


def no_newline():
    sys.stdout.write("no newline")


def raw_bytes():
    sys.stdout.buffer.write(b"\xff\xfe\x00\r\n\x1b[31m")


def surrogate():
    sys.stdout.reconfigure(errors="surrogateescape")
    print("caf\udce9")


def changes_folder():
    os.chdir("/")
    print("elsewhere")


def breaks_stdout():
    sys.stdout = None


def warns():
    warnings.warn("careful")


def many_lines():
    for number in range(200_000):
        print("line", number)


def long_line():
    print("x" * 5_000_000)


def interleaved():
    for number in range(500):
        print("out", number)
        print("err", number, file=sys.stderr)


def environment():
    print(sorted(name for name in os.environ if name.startswith(("GH", "GITHUB", "INPUT", "ACTIONS", "SECRET"))))


def from_path():
    import elsewhere

    print(elsewhere.NAME)


def waits():
    print("line")
    while not os.path.exists(os.environ["WAIT_FOR"]):
        time.sleep(0.01)


def empties_temp():
    folder = tempfile.gettempdir()
    for name in os.listdir(folder):
        print("found one")
        try:
            os.remove(os.path.join(folder, name))
        except PermissionError:  # Windows removes no open file
            pass


def reads_stdin():
    found = [sys.stdin.read(), subprocess.getoutput(sys.executable + " -c 'import sys; print(end=sys.stdin.read())'")]
    if os.path.exists("/dev/stdin"):
        with open("/dev/stdin") as again:
            found.append(again.read())
    print(found)


def closes_files():
    os.closerange(3, 256)


def reuses_handles():
    """Let another file have the handle of the report, and see that it stays empty."""
    _, other = tempfile.mkstemp()
    os.closerange(3, 256)
    for _ in range(64):
        os.open(other, os.O_WRONLY)

    def check():
        print(os.path.getsize(other))
        os.closerange(3, 256)
        os.remove(other)

    atexit.register(check)
