# --- Celery: https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html

BEAT = ("beat_schedule", "celery_beat_schedule", "celerybeat_schedule")
entries_read = set()  # by id: a table can have two names


def is_beat(node):
    """Whether an expression is a beat_schedule: conf.beat_schedule, conf["beat_schedule"]."""
    if isinstance(node, ast.Subscript):
        key = getattr(node.slice, "value", node.slice)  # an ast.Index before Python 3.9
        return str(getattr(key, "value", key)).lower() in BEAT
    return (dotted(node) or "").rpartition(".")[2].lower() in BEAT


def beat(node):
    """The entries of a beat_schedule."""
    if isinstance(node, ast.Constant) and node.value is None:
        return
    for name, entry in pairs(node):
        if id(entry) in entries_read:
            continue
        entries_read.add(id(entry))
        fields = dict(pairs(entry)) if name != "**" else {}
        if "schedule" not in fields or "task" not in fields:
            skip(entry, "its schedule is computed: " + segment(entry))
            continue
        more = of(fields, "options", {})
        task = fields["task"]
        if isinstance(task, ast.Attribute) and task.attr == "name":
            task = task.value
        add("celery", entry, function(task), trigger(fields["schedule"]), name, of(fields, "args", []), of(fields, "kwargs", {}),
            (spelled(task) or "").replace("%s.", ""), **(more if isinstance(more, dict) and "source" not in more else {}))


def assigned(target, node):
    """What is assigned to a setting, by its name."""
    if isinstance(target, ast.Subscript) and is_beat(target.value):
        beat(ast.Dict(keys=[getattr(target.slice, "value", target.slice) if type(target.slice).__name__ == "Index" else target.slice], values=[node]))
    elif is_beat(target):
        beat(node)
    elif (dotted(target) or "").rpartition(".")[2].lower() in ("timezone", "celery_timezone"):
        zones["celery"] = value(node)


def configured(given):
    """The settings of Celery among the items of a dictionary or the arguments of a call."""
    if any(name.lower() in BEAT for name, _ in given):
        for name, node in given:
            assigned(ast.Name(id=name), node)


def celery_call(node, name):
    configured([(k.arg, k.value) for k in node.keywords if k.arg])
    if name == "update" and isinstance(node.func, ast.Attribute):
        if is_beat(node.func.value) and node.args:
            beat(node.args[0])
        for k in node.keywords:
            if k.arg == "timezone":
                zones["celery"] = value(k.value)
    elif name == "add_periodic_task" and len(node.args) >= 2:
        args, kwargs = signature(node.args[1])
        given = keywords(node, "schedule", "sig", "args", "kwargs")
        own = ("schedule", "sig", "args", "kwargs", "name")
        add("celery", node, function(node.args[1]), trigger(node.args[0]), of(given, "name"), of(given, "args", args), of(given, "kwargs", kwargs),
            **{name: value(node) for name, node in given.items() if name not in own})


def celery_decorator(call, name, here):
    if name == "periodic_task" and call:
        given = keywords(call, "run_every")
        if "run_every" in given:
            options = {name: value(node) for name, node in given.items() if name not in ("run_every", "name", "options")}
            more = of(given, "options", {})
            options.update(more if isinstance(more, dict) and "source" not in more else {})
            add("celery", call, here, trigger(given["run_every"]), of(given, "name"), **options)


TASK_OPTIONS = ("max_retries", "autoretry_for", "retry_kwargs", "time_limit", "soft_time_limit", "retry", "pass_context", "bind")


def task(node, call, name, here):
    """A function that is a task of Celery or Procrastinate."""
    if name not in ("task", "shared_task", "periodic_task"):
        return
    given = keywords(call) if call else {}
    options = {name: value(given[name]) for name in TASK_OPTIONS if name in given}
    if isinstance(given.get("retry"), ast.Call):  # RetryStrategy(max_attempts=3)
        options["retry"] = of(keywords(given["retry"], "max_attempts"), "max_attempts", True)
    arguments = getattr(node.args, "posonlyargs", []) + node.args.args
    required = [a.arg for a in arguments[:len(arguments) - len(node.args.defaults)]]
    tasks.append({"name": of(given, "name"), "function": here[1], "options": options, "parameters": required})
