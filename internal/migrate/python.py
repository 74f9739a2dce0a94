"""Reads a module's source on stdin, and writes the jobs that it declares as JSON: a list
of objects with

  kind      celery, apscheduler, django-q, procrastinate or python
  line      from 1
  id        what the source calls the job, or null
  function  "module:attribute" with the module null if it is this one, "" if it has no name
  trigger   {"type": …, fields}, fields as the source has them
  args, kwargs, options

It only parses, and runs nothing of it. A value that is no literal is {"source": text}.
"""

import ast
import json
import sys

source = sys.stdin.buffer.read()
try:
    tree = ast.parse(source)
except (SyntaxError, ValueError) as error:
    line = getattr(error, "lineno", None) or 1
    print(json.dumps({"error": {"line": line, "message": getattr(error, "msg", None) or str(error)}}))
    sys.exit()

text = source.decode("utf-8", "replace")
jobs, zones, defaults = [], {}, {}  # defaults are those of APScheduler
names, functions = {}, {}  # imported names and their dotted origin; functions of this module
constants = {}  # what names were last assigned


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


def segment(node):
    return ast.get_source_segment(text, node) or "?"


def value(node):
    """A literal for JSON, or {"source": …}."""
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    try:
        literal = ast.literal_eval(node)
        json.dumps(literal, allow_nan=False)
        if isinstance(literal, dict) and not all(isinstance(k, str) for k in literal):
            raise ValueError
        return literal
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        pass
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [value(item) for item in node.elts]
    if isinstance(node, ast.Dict) and all(isinstance(k, ast.Constant) and isinstance(k.value, str) for k in node.keys):
        return {k.value: value(v) for k, v in zip(node.keys, node.values)}
    if isinstance(node, ast.Call):
        call = node.func.attr if isinstance(node.func, ast.Attribute) else origin(node.func).rpartition(".")[2]
        if call == "dict" and not node.args and all(k.arg for k in node.keywords):
            return {k.arg: value(k.value) for k in node.keywords}
        if call in ("timedelta", "relativedelta", "crontab", "solar", "datetime", "date"):
            return trigger(node)
        if call == "replace" and not node.args and any(k.arg == "hour" for k in node.keywords):
            return dict({"hour": 0, "minute": 0}, **{k.arg: value(k.value) for k in node.keywords}, type="clock")
        if call in ("timezone", "ZoneInfo", "gettz") and len(node.args) == 1:
            return value(node.args[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Add)):
        left, right = value(node.left), value(node.right)
        if all(isinstance(side, (int, float)) for side in (left, right)):
            return left * right if isinstance(node.op, ast.Mult) else left + right
    last = origin(node).rpartition(".")[2]
    if last == "utc" or last == "UTC":
        return "UTC"
    return {"source": segment(node)}


def keywords(call, *positional):
    """The arguments of a call by name."""
    found = dict(zip(positional, call.args))
    found.update((k.arg, k.value) for k in call.keywords if k.arg)
    return found


def values(call, *positional):
    return {name: value(node) for name, node in keywords(call, *positional).items()}


def trigger(node):
    """What an expression says about when: always with a type."""
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    if not isinstance(node, ast.Call):
        literal = value(node)
        if isinstance(literal, (int, float)) and not isinstance(literal, bool):
            return {"type": "interval", "seconds": literal}
        return {"type": "unknown", "source": segment(node)}
    call = origin(node.func).rpartition(".")[2]
    if call == "crontab":
        return dict(values(node, "minute", "hour", "day_of_week", "day_of_month", "month_of_year"), type="crontab")
    if call in ("timedelta", "relativedelta"):
        return dict(values(node, "days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"), type="interval")
    if call == "schedule" and "run_every" in keywords(node, "run_every"):
        return trigger(keywords(node, "run_every")["run_every"])  # celery.schedules.schedule
    if call == "IntervalTrigger":
        return dict(values(node, "weeks", "days", "hours", "minutes", "seconds"), type="interval")
    if call == "CronTrigger":
        return dict(values(node, "year", "month", "day", "week", "day_of_week", "hour", "minute", "second"), type="cron")
    if call == "from_crontab":
        return dict(values(node, "expression", "timezone"), type="expression")
    if call == "DateTrigger":
        return dict(values(node, "run_date", "timezone"), type="date")
    if call in ("datetime", "date"):
        return dict(values(node, "year", "month", "day", "hour", "minute", "second"), type="datetime")
    if call == "solar":
        return {"type": "solar", "source": segment(node)}
    return {"type": "unknown", "source": segment(node)}


def function(node):
    """Where a callable is."""
    if isinstance(node, ast.Name) and isinstance(constants.get(node.id), ast.Constant):
        node = constants[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        module, colon, attribute = node.value.partition(":")
        if not colon:
            module, _, attribute = node.value.rpartition(".")
        return [module or None, attribute]
    if isinstance(node, ast.Call):  # task.s(…), functools.partial(f, …)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("s", "si", "signature", "subtask"):
            return function(node.func.value)
        return [None, ""]
    name = dotted(node)
    if name is None:
        return [None, ""]
    first, _, rest = name.partition(".")
    if first in names:
        module = names[first]
        if rest:
            head, _, tail = rest.rpartition(".")
            return [module + ("." + head if head else ""), tail]
        head, _, tail = module.rpartition(".")
        return [head, tail]
    if first in functions or not rest and first not in constants:
        return [None, name]
    return [None, ""]


def signature(node):
    """The arguments of task.s(1, b=2)."""
    if isinstance(node, ast.Call):
        return [value(a) for a in node.args], {k.arg: value(k.value) for k in node.keywords if k.arg}
    return [], {}


def add(kind, node, found, when, name=None, args=None, kwargs=None, **options):
    jobs.append({
        "kind": kind, "line": node.lineno, "id": name if isinstance(name, str) else None,
        "function": found, "trigger": when, "args": args or [], "kwargs": kwargs or {},
        "options": {k: v for k, v in options.items() if v is not None},
    })


# --- Celery


def beat(node):
    """The entries of a beat_schedule."""
    if isinstance(node, ast.Call) and dotted(node.func) == "dict":
        entries = [(k.arg, k.value, k.value) for k in node.keywords]
    elif isinstance(node, ast.Dict):
        entries = [(value(k) if k else None, v, k or v) for k, v in zip(node.keys, node.values)]
    else:
        return
    for name, entry, at in entries:
        if isinstance(entry, ast.Name) and entry.id in constants:
            entry = constants[entry.id]
        if isinstance(entry, ast.Call) and dotted(entry.func) == "dict":
            fields = {k.arg: k.value for k in entry.keywords}
        elif isinstance(entry, ast.Dict):
            fields = {value(k): v for k, v in zip(entry.keys, entry.values) if k and isinstance(value(k), str)}
        else:
            add("celery", at, [None, ""], {"type": "unknown", "source": segment(entry)}, name)
            continue
        if "schedule" not in fields or "task" not in fields:
            continue
        more = value(fields["options"]) if "options" in fields else {}
        args = value(fields["args"]) if "args" in fields else []
        kwargs = value(fields["kwargs"]) if "kwargs" in fields else {}
        task = fields["task"]
        if isinstance(task, ast.Attribute) and task.attr == "name":
            task = task.value
        add("celery", at, function(task), trigger(fields["schedule"]), name, args, kwargs, **(more if isinstance(more, dict) and "source" not in more else {}))


def assigned(target, node):
    last = (dotted(target) or "").rpartition(".")[2]
    if isinstance(target, ast.Subscript):
        last = value(target.slice) if not isinstance(target.slice, ast.Slice) else ""
        if (dotted(target.value) or "").lower().endswith("beat_schedule"):
            beat(ast.Dict(keys=[target.slice], values=[node]))
            return
    if not isinstance(last, str):
        return
    if last.lower() in ("beat_schedule", "celery_beat_schedule", "celerybeat_schedule"):
        beat(node)
    if last.lower() in ("timezone", "celery_timezone"):
        zones["celery"] = value(node)


# --- calls


def called(node):
    name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
    if name == "update":
        for k in node.keywords:
            if k.arg and k.arg.lower() in ("beat_schedule", "timezone"):
                assigned(ast.Name(id=k.arg), k.value)
        if (dotted(node.func) or "").lower().endswith("beat_schedule.update") and node.args:
            beat(node.args[0])
    elif name == "add_periodic_task" and len(node.args) >= 2:
        args, kwargs = signature(node.args[1])
        given = keywords(node, "schedule", "sig", "args", "kwargs")
        args = value(given["args"]) if "args" in given else args
        kwargs = value(given["kwargs"]) if "kwargs" in given else kwargs
        add("celery", node, function(node.args[1]), trigger(node.args[0]), value(given["name"]) if "name" in given else None, args, kwargs,
            **({"expires": value(given["expires"])} if "expires" in given else {}))
    elif name == "add_job" and isinstance(node.func, ast.Attribute):
        apscheduler(node, keywords(node, "func", "trigger", "args", "kwargs", "id", "name", "misfire_grace_time", "coalesce", "max_instances"), None)
    elif origin(node.func).startswith("django_q") and origin(node.func).endswith(".schedule") and node.args or name == "create" and origin(node.func).endswith("Schedule.objects.create"):
        django_q(node, name == "create")
    elif name and name.endswith("Scheduler"):
        given = keywords(node)
        if "timezone" in given:
            zones["apscheduler"] = value(given["timezone"])
        if "job_defaults" in given and isinstance(value(given["job_defaults"]), dict):
            defaults.update(value(given["job_defaults"]))
    elif name == "register" and (dotted(node.func) or "").rpartition(".")[0].rpartition(".")[2] in ("schedule", "scheduler", "scheduled"):
        registered(node)
    elif name == "do" and isinstance(node.func, ast.Attribute):
        every(node)


CRON_FIELDS = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
INTERVAL_FIELDS = ("weeks", "days", "hours", "minutes", "seconds")
BOUNDS = ("start_date", "end_date", "timezone", "jitter")


def apscheduler(node, given, target):
    """A call of add_job, or of scheduled_job as a decorator of target."""
    if target is None and "func" not in given:
        return
    kind = value(given["trigger"]) if "trigger" in given else "date"
    if isinstance(kind, str):
        fields = {"cron": CRON_FIELDS, "interval": INTERVAL_FIELDS, "date": ("run_date",)}.get(kind, ())
        when = {name: value(given[name]) for name in fields + BOUNDS if name in given}
        when["type"] = kind
    else:
        when = trigger(given["trigger"])
    if "jitter" in given:
        when["jitter"] = value(given["jitter"])
    options = {name: value(given[name]) if name in given else defaults[name] for name in ("misfire_grace_time", "max_instances", "coalesce") if name in given or name in defaults}
    name = value(given["id"]) if "id" in given else value(given["name"]) if "name" in given else None
    add("apscheduler", node, target or function(given["func"]), when, name,
        value(given["args"]) if "args" in given else [], value(given["kwargs"]) if "kwargs" in given else {}, **options)


def django_q(node, create):
    given = keywords(node, *(() if create else ("func",)))
    if "func" not in given:
        return
    own = ("func", "name", "hook", "schedule_type", "minutes", "repeats", "next_run", "q_options", "cluster", "cron", "args", "kwargs")
    kind = origin(given["schedule_type"]).rpartition(".")[2] if "schedule_type" in given else "ONCE"
    if "schedule_type" in given and not kind:
        kind = value(given["schedule_type"])
    when = {"type": "django-q", "kind": kind}
    for name in ("minutes", "cron", "next_run"):
        if name in given:
            when[name] = value(given[name])
    options = {name: value(given[name]) for name in ("repeats", "hook", "cluster", "q_options") if name in given}
    args = [] if create else [value(a) for a in node.args[1:]]
    kwargs = {} if create else {k.arg: value(k.value) for k in node.keywords if k.arg and k.arg not in own}
    if create and "args" in given:
        args = value(given["args"])
        if isinstance(args, str):  # "1, 'a'", which Django Q evaluates
            try:
                args = value(ast.parse("[" + args + "]", mode="eval").body)
            except SyntaxError:
                args = {"source": args}
    if create and "kwargs" in given:
        kwargs = value(given["kwargs"])
    add("django-q", node, function(given["func"]), when, value(given["name"]) if "name" in given else None, args, kwargs, **options)


def registered(node):
    """schedule.register(app, fn, every=…), or with the cron fields of APScheduler."""
    given = keywords(node)
    timed = any(name in given for name in CRON_FIELDS + ("every", "frequency", "at", "cron"))
    target = given.get("callback", given.get("call", node.args[1] if len(node.args) > 1 else node.args[0] if timed and node.args else None))
    if target is None or not timed and (dotted(target) or "").partition(".")[0] not in {**names, **functions}:
        return  # other things are registered too
    if any(name in given for name in CRON_FIELDS):
        add("python", node, function(target), dict({n: value(given[n]) for n in CRON_FIELDS if n in given}, type="cron"))
        return
    own = ("callback", "call", "every", "frequency", "at", "active", "description", "cron", "name")
    when = {name: value(given[name]) for name in ("every", "frequency", "at", "cron") if name in given}
    options = {name: value(given[name]) for name in ("active", "description") if name in given}
    kwargs = {name: value(node) for name, node in given.items() if name not in own}
    add("python", node, function(target), dict(when, type="words"), value(given["name"]) if "name" in given else None, [], kwargs, **options)


def every(node):
    """schedule.every(10).minutes.do(job), of the package schedule."""
    chain, at = [], node.func.value
    while isinstance(at, (ast.Attribute, ast.Call)):
        if isinstance(at, ast.Call):
            if isinstance(at.func, ast.Attribute) or isinstance(at.func, ast.Name):
                name = at.func.attr if isinstance(at.func, ast.Attribute) else at.func.id
                chain.append((name, [value(a) for a in at.args]))
                at = at.func.value if isinstance(at.func, ast.Attribute) else None
                continue
            return
        chain.append((at.attr, []))
        at = at.value
    names_of_chain = [name for name, _ in chain]
    if "every" not in names_of_chain or not node.args:
        return
    chain = chain[:names_of_chain.index("every") + 1]
    when = {"type": "every", "chain": [{"name": name, "args": args} for name, args in chain[::-1]]}
    add("python", node, function(node.args[0]), when, None, [value(a) for a in node.args[1:]], {k.arg: value(k.value) for k in node.keywords if k.arg})


def decorated(node, outer):
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = origin(call.func if call else decorator).rpartition(".")[2]
        here = [None, outer + node.name]
        if name == "periodic_task" and call:
            given = keywords(call, "run_every")
            if "run_every" in given:
                add("celery", call, here, trigger(given["run_every"]), value(given["name"]) if "name" in given else None)
        elif name == "scheduled_job" and call:
            apscheduler(call, keywords(call, "trigger", "args", "kwargs", "id", "name"), here)
        elif name == "periodic" and call:
            given = values(call)
            if "cron" in given:
                add("procrastinate", call, here, {"type": "expression", "expression": given.pop("cron")}, given.pop("periodic_id", None), [], given.pop("task_kwargs", {}), **given)
        elif name == "repeat" and call and call.args:
            fake = ast.Call(func=ast.Attribute(value=call.args[0], attr="do"), args=[ast.Name(id=node.name)], keywords=[])
            fake.lineno = node.lineno
            functions[node.name] = True
            every(fake)


def walk(node, outer=""):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for a in child.names:
                names[a.asname or a.name.partition(".")[0]] = a.name if a.asname else a.name.partition(".")[0]
        elif isinstance(child, ast.ImportFrom):
            module = "." * child.level + (child.module or "")
            for a in child.names:
                names[a.asname or a.name] = module + ("." if not module.endswith(".") else "") + a.name
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not outer:
                functions[child.name] = True
            decorated(child, outer)
            walk(child, outer + child.name + "." if isinstance(child, ast.ClassDef) else outer + child.name + ".<locals>.")
            continue
        elif isinstance(child, ast.Assign):
            for target in child.targets:
                if isinstance(target, ast.Name):
                    constants[target.id] = child.value
                assigned(target, child.value)
        elif isinstance(child, ast.AnnAssign) and child.value is not None:
            if isinstance(child.target, ast.Name):
                constants[child.target.id] = child.value
            assigned(child.target, child.value)
        elif isinstance(child, ast.Call):
            called(child)
        walk(child, outer)


sys.setrecursionlimit(10000)
try:
    walk(tree)
except RecursionError:
    print(json.dumps({"error": {"line": 1, "message": "it is nested too deeply"}}))
    sys.exit()
print(json.dumps({"jobs": jobs, "zones": zones}))
