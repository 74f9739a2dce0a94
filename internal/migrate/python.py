"""Reads a module's source on stdin, and writes what it declares as JSON: an object with

  jobs     objects with
             kind      celery, apscheduler, django-q, procrastinate or python
             line      from 1
             id        what the source calls the job, or null
             function  "module:attribute" as a list, with the module null if it is this one,
                       and an attribute "" if it has no name that can be imported
             task      the name of a task of Celery, if the source gives one as a string
             trigger   {"type": …, fields}, fields as the source has them
             args, kwargs, options
  tasks    the functions that are tasks, with the name, function, options and parameters
           that a caller has to give
  skipped  what looks like a job and cannot be read: line, why
  zones    the time zone of all jobs of a kind
  starts   the line of a statement that does not end when the module is imported, or null

It only parses, and runs nothing of it. A value that is no literal is {"source": text}.
The other files of this name are parts of this script, and the last one is python_walk.py.
"""

import ast
import contextlib
import json
import sys

source = sys.stdin.buffer.read()
try:
    tree = ast.parse(source)
except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
    line = getattr(error, "lineno", None) or 1
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    print(json.dumps({"error": {"line": line, "message": message}}))
    sys.exit()

text = source.decode("utf-8", "replace")
jobs, tasks, skipped, zones = [], [], [], {}
names = {}  # imported names and their dotted origin
constants = {}  # what names were last assigned
module_names = set()  # that can be imported from this module
local_names = set()  # that cannot
STEPS = 1000  # how many names are followed for a job
steps = STEPS


def dotted(node):
    """The name that an expression is: a.b.c, or None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id] + parts[::-1])


def origin(node):
    """dotted, with imported names in full."""
    name = dotted(node)
    if name is None:
        return ""
    first, _, rest = name.partition(".")
    full = names.get(first, first)
    return full + "." + rest if rest else full


def last_name(node):
    """The last part of a name, also of one that begins with a call."""
    return node.attr if isinstance(node, ast.Attribute) else origin(node).rpartition(".")[2]


def segment(node):
    return (ast.get_source_segment(text, node) or "?")[:300]


@contextlib.contextmanager
def followed(node):
    """What a name was last assigned. Within, the name stands for itself: the value of
    day = day + 1 would have no end."""
    global steps
    if not isinstance(node, ast.Name) or node.id not in constants or steps <= 0:
        yield node
        return
    steps -= 1
    held = constants.pop(node.id)
    try:
        with followed(held) as last:
            yield last
    finally:
        constants[node.id] = held


def value(node):
    """A literal for JSON, or {"source": …}."""
    with followed(node) as node:
        try:
            literal = ast.literal_eval(node)
            json.dumps(literal, allow_nan=False)
            if isinstance(literal, dict) and not all(isinstance(k, str) for k in literal):
                raise ValueError
            return literal
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return composed(node)


def composed(node):
    """The value of an expression that is no literal."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [value(item) for item in node.elts]
    if isinstance(node, ast.Dict) or isinstance(node, ast.Call) and dotted(node.func) == "dict":
        found = {name: value(part) for name, part in pairs(node)}
        return {"source": segment(node)} if "**" in found else found
    if isinstance(node, ast.Call):
        call = last_name(node.func)
        if call in ("timedelta", "relativedelta", "crontab", "solar", "datetime", "date"):
            return trigger(node)
        if call == "replace" and not node.args and any(k.arg == "hour" for k in node.keywords):
            return dict({"hour": 0, "minute": 0}, **{k.arg: value(k.value) for k in node.keywords if k.arg}, type="clock")
        if call in ("timezone", "ZoneInfo", "gettz") and len(node.args) == 1:
            return value(node.args[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Add)):
        left, right = value(node.left), value(node.right)
        if all(isinstance(side, (int, float)) and abs(side) < 1e15 for side in (left, right)):
            return left * right if isinstance(node.op, ast.Mult) else left + right
    if last_name(node) in ("utc", "UTC"):
        return "UTC"
    return {"source": segment(node)}


def pairs(node):
    """The name and node of each item of a dictionary. What cannot be read is called **."""
    with followed(node) as node:
        if isinstance(node, ast.Call) and dotted(node.func) == "dict":
            parts = [(None, part) for part in node.args] + [(k.arg, k.value) for k in node.keywords]
        elif isinstance(node, ast.Dict):
            parts = [(value(k) if k else None, part) for k, part in zip(node.keys, node.values)]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            parts = [(None, node.left), (None, node.right)]
        else:
            return [("**", node)]
        found = []
        for name, part in parts:
            found += pairs(part) if name is None else [(name if isinstance(name, str) else "**", part)]
        return found


def keywords(call, *positional):
    """The arguments of a call by name. What cannot be read is called **."""
    found = {}
    for name, node in zip(positional, call.args):
        if isinstance(node, ast.Starred):
            name = "**"
        found[name] = node
    for k in call.keywords:
        found.update([(k.arg, k.value)] if k.arg else pairs(k.value))
    return found


def values(call, *positional):
    return {name: value(node) for name, node in keywords(call, *positional).items()}


def of(given, name, default=None):
    """The value of an argument."""
    return value(given[name]) if name in given else default


TRIGGERS = {  # the type and the positional arguments of calls that say when
    "crontab": ("crontab", "minute", "hour", "day_of_week", "day_of_month", "month_of_year"),
    "timedelta": ("interval", "days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"),
    "relativedelta": ("interval",),
    "IntervalTrigger": ("interval", "weeks", "days", "hours", "minutes", "seconds"),
    "CronTrigger": ("cron", "year", "month", "day", "week", "day_of_week", "hour", "minute", "second"),
    "from_crontab": ("expression", "expression", "timezone"),
    "DateTrigger": ("date", "run_date", "timezone"),
    "datetime": ("datetime", "year", "month", "day", "hour", "minute", "second"),
    "date": ("datetime", "year", "month", "day"),
}


def trigger(node):
    """What an expression says about when: always with a type."""
    with followed(node) as node:
        unknown = {"type": "unknown", "source": segment(node)}
        if not isinstance(node, ast.Call):
            literal = value(node)
            if isinstance(literal, (int, float)) and not isinstance(literal, bool):
                return {"type": "interval", "seconds": literal}
            return unknown
        call = last_name(node.func)
        if call == "schedule" and "run_every" in keywords(node, "run_every"):
            return trigger(keywords(node, "run_every")["run_every"])  # celery.schedules.schedule
        if call == "solar":
            return {"type": "solar"}
        if call not in TRIGGERS:
            return unknown
        found = dict(values(node, *TRIGGERS[call][1:]), type=TRIGGERS[call][0])
        return unknown if "**" in found else found


def spelled(node):
    """The text that an expression is, with %s for __name__, or None."""
    if isinstance(node, ast.Name) and node.id == "__name__":
        return "%s"
    if isinstance(node, ast.JoinedStr):
        parts = [spelled(part) for part in node.values]
        return None if None in parts else "".join(parts)
    if isinstance(node, ast.FormattedValue):
        return spelled(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = spelled(node.left), spelled(node.right)
        return None if left is None or right is None else left + right
    with followed(node) as node:
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def function(node):
    """Where a callable is."""
    text = spelled(node)
    if text is not None:
        module, _, attribute = text.rpartition(":" if ":" in text else ".")
        return [None if module in ("", "%s") else module, attribute]
    if isinstance(node, ast.Call):  # task.s(…)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("s", "si", "signature", "subtask"):
            return function(node.func.value)
        return [None, ""]
    name = dotted(node)
    if name is None:
        return [None, ""]
    first, _, rest = name.partition(".")
    if first in local_names:
        with followed(node) as last:
            return [None, ""] if last is node else function(last)
    if first in names:
        module, _, attribute = (names[first] + ("." + rest if rest else "")).rpartition(".")
        return [module, attribute]
    if first in module_names or not rest:
        return [None, name]
    return [None, ""]


def signature(node):
    """The arguments of task.s(1, b=2)."""
    if isinstance(node, ast.Call):
        return [value(a) for a in node.args], {k.arg or "**": value(k.value) for k in node.keywords}
    return [], {}


def skip(node, why):
    skipped.append({"line": node.lineno, "why": why})


def add(kind, node, found, when, name=None, args=None, kwargs=None, task="", **options):
    global steps
    steps = STEPS
    jobs.append({
        "kind": kind, "line": node.lineno, "id": name if isinstance(name, str) else None,
        "function": found, "task": task, "trigger": when, "args": args or [], "kwargs": kwargs or {},
        "options": {k: v for k, v in options.items() if v is not None},
    })
