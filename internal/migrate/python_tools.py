# --- APScheduler: https://apscheduler.readthedocs.io/en/3.x/

CRON_FIELDS = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
INTERVAL_FIELDS = ("weeks", "days", "hours", "minutes", "seconds")
BOUNDS = ("start_date", "end_date", "timezone", "jitter")
job_defaults = {}


def apscheduler(node, given, target=None):
    """A call of add_job, or of scheduled_job as a decorator of target."""
    if target is None and "func" not in given:
        return
    kind = of(given, "trigger", "date")
    if isinstance(kind, str):
        fields = {"cron": CRON_FIELDS, "interval": INTERVAL_FIELDS, "date": ("run_date",)}.get(kind, ())
        when = {name: value(given[name]) for name in fields + BOUNDS if name in given}
        when["type"] = kind
    else:
        when = trigger(given["trigger"])
    if "**" in given:
        when = {"type": "unknown", "source": segment(given["**"])}
    if "jitter" in given:
        when["jitter"] = value(given["jitter"])
    options = {name: of(given, name, job_defaults.get(name)) for name in ("misfire_grace_time", "max_instances", "coalesce")}
    add("apscheduler", node, target or function(given["func"]), when, of(given, "id", of(given, "name")),
        of(given, "args", []), of(given, "kwargs", {}), **options)


def apscheduler_call(node, name):
    if name == "add_job" and isinstance(node.func, ast.Attribute):
        apscheduler(node, keywords(node, "func", "trigger", "args", "kwargs", "id", "name", "misfire_grace_time", "coalesce", "max_instances"))
    elif name.endswith("Scheduler") or name == "configure" and "sched" in (dotted(node.func) or "").lower():
        given = keywords(node, "settings")
        for key, setting in pairs(given["settings"]) if "settings" in given else ():
            given.setdefault(key.removeprefix("apscheduler."), setting)
        if "timezone" in given:
            zones["apscheduler"] = value(given["timezone"])
        defaults = of(given, "job_defaults")
        if isinstance(defaults, dict):
            job_defaults.update(defaults)


def apscheduler_decorator(call, name, here):
    if name == "scheduled_job" and call:
        apscheduler(call, keywords(call, "trigger", "args", "kwargs", "id", "name"), here)


# --- Django Q: https://django-q2.readthedocs.io/en/master/schedules.html

DJANGO_Q = ("func", "name", "hook", "schedule_type", "minutes", "repeats", "next_run", "q_options", "cluster", "cron", "args", "kwargs")


def django_q_call(node, name):
    """schedule(func, *args, **kwargs), or a row of the table Schedule."""
    full = origin(node.func)
    if name == "schedule" and node.args and (full.startswith("django_q") or any(k.arg == "schedule_type" for k in node.keywords)):
        django_q(node, keywords(node, "func"))
    elif full.endswith("Schedule.objects." + name) and name.endswith("create") or full.startswith("django_q") and name == "Schedule":
        given = keywords(node)
        if "defaults" in given:
            given.update(pairs(given["defaults"]))
        if full.startswith("django_q") or "func" in given and "schedule_type" in given:
            django_q(node, given, row=True)


def django_q(node, given, row=False):
    if "func" not in given:
        if "**" in given:
            skip(node, "its schedule is computed: " + segment(given["**"]))
        return
    with followed(given.get("schedule_type")) as kind:
        kind = last_name(kind) or value(kind) if kind else "ONCE"
    when = {"type": "django-q", "kind": kind}
    when.update((name, value(given[name])) for name in ("minutes", "cron", "next_run") if name in given)
    options = {name: value(given[name]) for name in ("repeats", "hook", "cluster", "q_options") if name in given}
    if row:
        args, kwargs = evaluated(of(given, "args", []), "[%s]"), evaluated(of(given, "kwargs", {}), "%s")
    else:
        args, kwargs = [value(a) for a in node.args[1:]], {name: value(part) for name, part in given.items() if name not in DJANGO_Q}
    add("django-q", node, function(given["func"]), when, of(given, "name"), args, kwargs, **options)


def evaluated(found, form):
    """The value of a column that Django Q evaluates: "1, 'a'", "{'b': 2}"."""
    if not isinstance(found, str):
        return found
    try:
        return value(ast.parse(form % found, mode="eval").body)
    except SyntaxError:
        return {"source": found}


# --- Procrastinate: https://procrastinate.readthedocs.io/en/stable/howto/advanced/cron.html


def procrastinate_decorator(call, name, here):
    if name == "periodic" and call:
        given = values(call)
        if "cron" in given:
            add("procrastinate", call, here, {"type": "expression", "expression": given.pop("cron")}, given.pop("periodic_id", None), [], given.pop("task_kwargs", {}), **given)


# --- schedule.register(app, fn, …), and the package schedule:
# https://schedule.readthedocs.io/en/stable/examples.html


def registered(node):
    """schedule.register(app, fn, every=…), or with the cron fields of APScheduler."""
    given = keywords(node)
    timed = any(name in given for name in CRON_FIELDS + ("every", "frequency", "at", "cron"))
    target = given.get("callback", given.get("call", node.args[1] if len(node.args) > 1 else node.args[0] if timed and node.args else None))
    if target is None or not timed and (dotted(target) or "").partition(".")[0] not in {*names, *module_names}:
        return  # other things are registered too
    if any(name in given for name in CRON_FIELDS):
        add("python", node, function(target), dict({n: value(given[n]) for n in CRON_FIELDS if n in given}, type="cron"))
        return
    own = ("callback", "call", "every", "frequency", "at", "active", "description", "cron", "name")
    when = {name: value(given[name]) for name in ("every", "frequency", "at", "cron") if name in given}
    options = {name: value(given[name]) for name in ("active", "description") if name in given}
    kwargs = {name: value(node) for name, node in given.items() if name not in own}
    add("python", node, function(target), dict(when, type="words"), of(given, "name"), [], kwargs, **options)


def schedule_call(node, name):
    if name == "register" and (dotted(node.func) or "").rpartition(".")[0].rpartition(".")[2] in ("schedule", "scheduler", "scheduled"):
        registered(node)
    elif name == "do" and isinstance(node.func, ast.Attribute) and node.args:
        every(node, node.func.value, function(node.args[0]), [value(a) for a in node.args[1:]], {k.arg or "**": value(k.value) for k in node.keywords})


def schedule_decorator(call, name, here):
    if name == "repeat" and call and call.args:
        every(call, call.args[0], here, [value(a) for a in call.args[1:]], {k.arg or "**": value(k.value) for k in call.keywords})


def every(node, at, found, args, kwargs):
    """schedule.every(10).minutes.do(job), of the package schedule."""
    chain = []
    while isinstance(at, (ast.Attribute, ast.Call)) and "every" not in [name for name, _ in chain]:
        given = []
        if isinstance(at, ast.Call):
            given, at = [value(a) for a in at.args], at.func
        if isinstance(at, ast.Attribute):
            chain.append((at.attr, given))
            at = at.value
        elif isinstance(at, ast.Name):
            chain.append((names.get(at.id, at.id).rpartition(".")[2], given))
            break
    if not chain or chain[-1][0] != "every":
        return
    when = {"type": "every", "chain": [{"name": name, "args": given} for name, given in chain[::-1]]}
    add("python", node, found, when, None, args, kwargs)
