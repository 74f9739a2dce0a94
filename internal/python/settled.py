# Brings what the entrypoint handed back to its end, and refuses what nothing would ever
# run. This is put in front of returned.py and runner.py, which have the other functions.

# Iterators that do their work only when something loops over them; all of itertools is lazy, too.
LAZY = ("map", "filter", "zip", "enumerate", "reversed", "callable_iterator")

LOOP = "name a function that loops over it, or let this one return a list"
ENTER = "name a function that enters it in a with statement"
CALL = "let the entrypoint call it, or name it as the entrypoint"
GATHER = "let the entrypoint await them, as in `await asyncio.gather(*them)`"
KEEP = "wait for it before the entrypoint returns"


def settled(result):
    """Await or wait for what was only begun. What that results in, too."""
    before, awaited = settled, False
    while result is not before:
        before = result
        if not awaitable(result):
            result = waited(result)
        elif not awaited:  # what a loop has finished belongs to that loop
            awaited, result = True, run_until_complete(result)
    parts = members(result)
    for part in parts:
        waited(part)
    refuse_lazy(result)
    refuse_uncalled(result)
    for part in parts:
        refuse_lazy(part)
    return result


def awaitable(value):
    return hasattr(type(value), "__await__") or (
        # of types.coroutine
        type(value).__name__ == "generator" and getattr(getattr(value, "gi_code", None), "co_flags", 0) & 0x100 != 0
    )


def members(result):
    """What a plain list, tuple, set or dict holds, as far as it may not have ended or run."""
    values = result.values() if type(result) is dict else result
    if type(result) not in (dict, list, tuple, set, frozenset):
        return []
    plain = {kind for kind in set(map(type, values)) if kind.__module__ == "builtins" and kind.__name__ not in UNRUN}
    return [value for value in values if type(value) not in plain]


UNRUN = LAZY + ("generator", "async_generator", "coroutine")


def waited(value):
    """Wait for a future or a process. Its exception is the entrypoint's."""
    for module, name, wait in (
        ("asyncio.futures", "Future", run_until_complete),
        ("concurrent.futures._base", "Future", lambda future: future.result()),
        ("multiprocessing.pool", "ApplyResult", wait_for_pool),
        ("multiprocessing.process", "BaseProcess", wait_for_worker),
        ("subprocess", "Popen", wait_for_command),
    ):
        if is_of(value, module, name):
            return wait(value)
    return value


def run_until_complete(result):
    """Run a coroutine, or a task in the event loop that it belongs to."""
    asyncio = standard("asyncio")
    if not is_of(result, "asyncio.futures", "Future"):
        return asyncio.run(finish(result))
    loop = result.get_loop()
    if result.done():
        return result.result()
    if loop.is_closed():
        raise Refused("returned a task that can never end: its event loop is closed", hint=KEEP)
    if loop.is_running():  # in another thread
        return asyncio.run_coroutine_threadsafe(finish(result), loop).result()
    return loop.run_until_complete(finish(result))


async def finish(result):
    """Await a result, what it results in, and the tasks that this has begun."""
    before = []
    while awaitable(result) and not any(result is one for one in before):
        before.append(result)
        result = await result
    for part in members(result):
        if is_of(part, "asyncio.futures", "Future"):
            await part
    for part in [result] + members(result):
        if is_of(part, "asyncio.subprocess", "Process"):
            await part.wait()
    refuse_lazy(result)  # before the loop closes what has begun
    return result


def wait_for_pool(result):
    state = getattr(getattr(result, "_pool", None), "_state", "")
    if state == "TERMINATE" and not result.ready():
        raise Refused("returned a task that can never end: its pool has ended", hint=KEEP)
    return result.get()


def wait_for_worker(process):
    if process.pid is None:
        raise Refused("returned a process that was never started", hint="start it")
    process.join()
    return process


def wait_for_command(process):
    """Wait, and read what it still writes: a full pipe would keep it from ending."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(getattr(process, name), "closed", False):
            setattr(process, name, None)  # communicate would fail
    process.communicate()
    return process


def refuse_lazy(value):
    """Refuse what would do its work only if something looped over it, awaited or entered it."""
    kind = type(value)
    for what, body, hint in (
        ("generator", "gi", LOOP),
        ("async_generator", "ag", LOOP),
        ("coroutine", "cr", GATHER),
    ):
        if kind.__name__ == what:
            refuse_body("generator" if body == "ag" else what, value, body, hint)
    if is_of(value, "contextlib", "_GeneratorContextManagerBase"):
        body = "ag" if hasattr(value.gen, "ag_frame") else "gi"
        if begun(value.gen, body) is False:
            refuse_body("context manager", value.gen, body, ENTER)
    if kind.__module__ == "itertools" or kind.__module__ == "builtins" and kind.__name__ in LAZY:
        raise Refused("returned %s object: nothing looped over it, so it never ran" % article(kind.__name__), hint=LOOP)


def begun(value, body):
    """Whether the body of a generator or coroutine has begun; None if it has ended."""
    frame = getattr(value, body + "_frame", False)
    if not frame:  # False: of a compiled one, which has no frames
        return frame
    if body == "ag":  # no inspect before Python 3.12 tells
        return frame.f_lasti >= 0 and frame.f_lineno != value.ag_code.co_firstlineno
    inspect = standard("inspect")
    state = inspect.getgeneratorstate if body == "gi" else inspect.getcoroutinestate
    return not state(value).endswith("_CREATED")


def refuse_body(what, value, body, hint):
    state = begun(value, body)
    if state is None:
        return
    end = " to its end" if state else ""
    raise Refused("returned a %s: its body never ran%s" % (what, end), place_of(getattr(value, body + "_code", None)), hint=hint)


def article(word):
    return ("an " if word[0] in "aeiou" else "a ") + word


def refuse_uncalled(value):
    """Refuse a coroutine function or its like that is handed back instead of called."""
    if not callable(value) or isinstance(value, type):
        return
    inspect = standard("inspect")
    for what, test in (
        ("coroutine function", inspect.iscoroutinefunction),
        ("generator function", inspect.isgeneratorfunction),
        ("generator function", inspect.isasyncgenfunction),
    ):
        for function in (value, getattr(type(value), "__call__", None)):
            if test(function):
                code = getattr(inspect.unwrap(getattr(function, "func", function)), "__code__", None)
                raise Refused("returned a %s: nothing called it" % what, place_of(code), hint=CALL)
