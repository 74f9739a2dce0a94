# Replaces the last line of runner.py: the entrypoint is looked up as for a call, but not
# called. Arguments are bound to what it takes. The report says how long the import of its module took.
import time

SECONDS = 0.0
look_up, tell = load, report  # noqa: F821


def load(module, attributes):
    global SECONDS
    began = time.perf_counter()
    try:
        return look_up(module, attributes)
    finally:
        SECONDS = time.perf_counter() - began


def call(function):
    args, kwargs = arguments()  # noqa: F821
    try:
        signature = standard("inspect").signature(function, follow_wrapped=False)  # noqa: F821
    except (TypeError, ValueError):
        return
    refusal = misfit(signature, args, kwargs) if args or kwargs else None  # noqa: F821
    if refusal:
        raise refusal


def report(cause, places=(), **more):
    tell(cause, places, seconds=SECONDS, **more)


main()  # noqa: F821
