# --- the walk through the module, in its order

CALLS = (celery_call, apscheduler_call, django_q_call, schedule_call)
DECORATORS = (celery_decorator, apscheduler_decorator, procrastinate_decorator, schedule_decorator)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = FUNCTIONS + (ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try)
depth = 0  # of scopes
branches = 0  # around the statement
doubtful = set()  # names whose value depends on a branch


def is_main(node):
    """Whether a statement is if __name__ == "__main__"."""
    return isinstance(node, ast.If) and any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))


def hide(target):
    """Forgets the names of a target, which have many values, or one that is not known."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            forget(node.id)
            local_names.add(node.id)


def forget(name):
    names.pop(name, None)
    constants.pop(name, None)
    (local_names.add if depth else local_names.discard)(name)


def remember(target, node):
    """What is assigned to a name."""
    if isinstance(target, (ast.Tuple, ast.List)):
        same = isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) == len(target.elts)
        for i, part in enumerate(target.elts):
            remember(part, node.elts[i]) if same else hide(part)
    if not isinstance(target, ast.Name):
        return
    name = target.id
    if branches and name in names:
        return  # except ImportError: name = None
    known = constants.get(name)
    forget(name)
    if not branches:
        doubtful.discard(name)
    elif known is not None and ast.dump(known) != ast.dump(node):
        doubtful.add(name)
    if name not in doubtful:
        constants[name] = node
    if not depth:
        module_names.add(name)


def imported(node):
    module = "." * getattr(node, "level", 0) + (getattr(node, "module", None) or "")
    for a in node.names:
        name = a.asname or a.name
        if isinstance(node, ast.ImportFrom):
            full = module + ("" if module.endswith(".") else ".") + a.name
        else:
            name, full = (a.asname, a.name) if a.asname else (a.name.partition(".")[0],) * 2
        forget(name)
        local_names.discard(name)
        names[name] = full


def decorated(node, outer):
    here = [None, outer + node.name]
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = last_name(call.func if call else decorator)
        for read in DECORATORS:
            read(call, name, here)
        if isinstance(node, FUNCTIONS):
            task(node, call, name, here)


def inside(node, outer):
    """Walks through a scope: its names end with it."""
    global depth
    held = names.copy(), constants.copy(), local_names.copy()
    depth += 1
    if hasattr(node, "args"):
        for n in ast.walk(node.args):
            if isinstance(n, ast.arg):
                forget(n.arg)
    for generator in getattr(node, "generators", []):
        hide(generator.target)
    walk(node, outer)
    depth -= 1
    for now, before in zip((names, constants, local_names), held):
        now.clear()
        now.update(before)


def walk(node, outer=""):
    for child in ast.iter_child_nodes(node):
        visit(child, outer)


def visit(node, outer):
    global branches
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        imported(node)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            remember(target, node.value)
            assigned(target, node.value)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        remember(node.target, node.value)
        assigned(node.target, node.value)
    elif isinstance(node, ast.AugAssign):
        if is_beat(node.target):
            beat(node.value)
        hide(node.target)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        hide(node.target)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            hide(item)
    elif isinstance(node, ast.Dict):
        configured([(k.value, part) for k, part in zip(node.keys, node.values) if isinstance(k, ast.Constant) and isinstance(k.value, str)])
    elif isinstance(node, ast.Call):
        name = last_name(node.func)
        for read in CALLS:
            read(node, name)
    branch = isinstance(node, BRANCHES) and not is_main(node)
    branches += branch
    if isinstance(node, FUNCTIONS + (ast.ClassDef,)):
        forget(node.name)
        if not depth:
            module_names.add(node.name)
        decorated(node, outer)
        inside(node, outer + node.name + ("." if isinstance(node, ast.ClassDef) else ".<locals>."))
    elif isinstance(node, SCOPES):
        inside(node, outer)
    else:
        walk(node, outer)
    branches -= branch


ENDLESS = ("start", "run", "run_forever", "run_polling", "infinity_polling", "start_polling", "serve_forever", "run_until_complete", "run_pending")


def starts(statements):
    """The line of a statement that does not end when the module is imported."""
    for node in statements:
        call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if call and last_name(call.func) in ENDLESS and isinstance(call.func, ast.Attribute) or isinstance(node, ast.While):
            return node.lineno
        if isinstance(node, (ast.If, ast.Try, ast.With)) and not is_main(node) and starts(node.body):
            return starts(node.body)
    return None


sys.setrecursionlimit(5000)
for statement in tree.body:
    branches = depth = 0
    try:
        visit(statement, "")
    except RecursionError:
        skip(statement, "it is nested too deeply to be read")
print(json.dumps({"jobs": jobs, "tasks": tasks, "skipped": skipped, "zones": zones, "starts": starts(tree.body)}))
