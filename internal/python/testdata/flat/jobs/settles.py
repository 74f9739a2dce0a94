"""Entrypoints that hand back what has not ended, or never ran."""
import asyncio
import concurrent.futures
import contextlib
import functools
import itertools
import multiprocessing.pool
import subprocess
import sys
import threading
import time
import types


def work(number=0):
    time.sleep(0.05)
    sys.stdout.write("worked\n")  # at once: print writes the end of a line on its own
    return 1 // number


async def work_async(number=1):
    await asyncio.sleep(0.05)
    print("worked")
    return {"rows": 1 // number}


# Futures and tasks.


def future(number=1):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    return pool.submit(work, number)


future_fails = functools.partial(future, 0)


def futures():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [pool.submit(work, number) for number in (1, 0)]


def future_of_coroutine():
    return concurrent.futures.ThreadPoolExecutor(1).submit(work_async)


def task(number=1):
    return asyncio.new_event_loop().create_task(work_async(number))


task_fails = functools.partial(task, 0)


def task_in_thread():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def begin():
        return [loop.create_task(work_async())]

    return asyncio.run_coroutine_threadsafe(begin(), loop).result()[0]


def task_of_closed_loop():
    loop = asyncio.new_event_loop()
    try:
        return loop.create_future()
    finally:
        loop.close()


async def task_within():
    return asyncio.get_running_loop().create_task(work_async(0))


async def tasks_within():
    return {number: asyncio.get_running_loop().create_task(work_async(number)) for number in (1, 0)}


async def cancelled():
    task = asyncio.get_running_loop().create_task(work_async())
    task.cancel()
    return task


def coroutine_of_coroutine():
    async def outer():
        return work_async()

    return outer()


@types.coroutine
def old_coroutine():
    yield from asyncio.sleep(0).__await__()
    print("worked")


class Pool:
    """As of a database: awaiting it connects and gives the pool itself."""

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        print("connected")
        return self


async def own_pool():
    return Pool()


def in_pool(number=1):
    return multiprocessing.pool.ThreadPool(1).apply_async(work, [number])


in_pool_fails = functools.partial(in_pool, 0)


def in_ended_pool():
    with multiprocessing.pool.ThreadPool(1) as pool:
        return pool.apply_async(time.sleep, [0.5])


# Processes.

FINE = [sys.executable, "-c", "print('x' * 200_000)"]
BAD = [sys.executable, "-c", "raise SystemExit(3)"]
KILLED = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]


def completed():
    return subprocess.run(FINE, stdout=subprocess.PIPE)


def completed_fails():
    return subprocess.run(BAD)


def completed_one_fails():
    return [subprocess.run(command) for command in (FINE, BAD)]


def process_killed():
    return subprocess.Popen(KILLED)


def process():
    return subprocess.Popen(FINE, stdout=subprocess.PIPE)


def process_fails():
    return subprocess.Popen(BAD)


def process_read():
    started = subprocess.Popen(FINE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    started.stdin.close()
    return started


async def process_async_fails():
    return await asyncio.create_subprocess_exec(*BAD)


def worker_fails():
    started = multiprocessing.Process(target=sys.exit, args=(3,))
    started.start()
    return started


def worker_not_started():
    return multiprocessing.Process(target=sys.exit, args=(3,))


# What never ran.


def lazy_map():
    return map(work, range(3))


def lazy_filter():
    return filter(work, range(3))


def lazy_zip():
    return zip(map(work, range(3)))


def lazy_chain():
    return itertools.chain(map(work, range(3)))


def lazy_within():
    return {"done": 3, "work": map(work, range(3))}


def coroutines():
    return [work_async(number) for number in range(3)]


def generator():
    yield


def generator_begun():
    started = (n for n in range(3))
    next(started)
    return started


def generator_ended():
    ended = generator()
    list(ended)
    return ended


async def pages():
    yield 1
    yield 2


async def async_generator_begun():
    started = pages()
    await started.__anext__()
    return started


async def async_generator_ended():
    ended = pages()
    async for _ in ended:
        pass
    return ended


@contextlib.contextmanager
def context():
    print("entered")
    yield


@contextlib.asynccontextmanager
async def async_context():
    print("entered")
    yield


def entered_context():
    entered = context()
    entered.__enter__()
    return entered


def uncalled():
    return work_async


def uncalled_partial():
    return functools.partial(work_async, 3)


class Worker:
    async def __call__(self):
        print("worked")


def uncalled_object():
    return Worker()


def uncalled_generator():
    return generator


def rows():
    """What an iterator over a list is: no work is left."""
    return iter([1, 2])


# What counts as success, but is odd.


def one():
    return 1


def false():
    return False


def true():
    return True


def zero():
    return 0


def uncalled_function():
    return work


# As a script that an installer makes.


def words():
    return "no rows"


def three():
    return 3


def status():
    return {"status": "ok"}


def lazy_calls():
    return iter(lambda: work(1), 1)


def lazy_reversed():
    class Numbers:
        def __len__(self):
            return 3

        def __getitem__(self, number):
            return work(number)

    return reversed(Numbers())


class Steps:
    def __iter__(self):
        return self

    def __next__(self):
        return work(1)


def steps():
    return Steps()
