"""A report that fails, so that somebody is told."""


def report(context, name, day, limit):
    raise RuntimeError(f"{context.job.id} {name} {day:%d.%m.} {limit} {context.slot.tzinfo}")
