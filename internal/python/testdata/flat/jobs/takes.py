import functools


def show(*args, **kwargs):
    print(*map(repr, args), *("%s=%r" % pair for pair in kwargs.items()), sep="|")


def two(a, b=2, *, c=3):
    print(a, b, c)


async def later(day):
    print(day.isoformat())


def supplied(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(1, *args, **kwargs)

    return inner


@supplied
def decorated(a, b):
    print(a, b)


def inside(a):
    return two()
