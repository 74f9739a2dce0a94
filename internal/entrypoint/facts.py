"""Say what modules bind: a source in base64 a line in, a line of JSON out.

Nothing of a module is run. The first line out is the version of this Python. With the
argument "docs" only definitions and their docstrings count, which is faster.
"""
import ast
import base64
import json
import re
import sys
import warnings

warnings.simplefilter("ignore")
sys.setrecursionlimit(5000)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DISPLAYS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp)
BLANKS = " \t\n\r\f\v"
PATHS = ("sys.path", "sys.meta_path", "sys.path_hooks")
TYPES = ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING")


def dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return base + "." + node.attr if base else ""
    return ""


def first_line(node):
    lines = (ast.get_docstring(node, clean=False) or "").strip(BLANKS).split("\n")
    return lines[0].strip(BLANKS)


def parameters(a):
    first = getattr(a, "posonlyargs", [])
    required = len(first) + len(a.args) - len(a.defaults)
    takes = [(arg, "/") for arg in first] + [(arg, "") for arg in a.args]
    takes = [(arg, kind, i < required) for i, (arg, kind) in enumerate(takes)]
    takes += [(a.vararg, "*", False)] if a.vararg else []
    takes += [(arg, "k", default is None) for arg, default in zip(a.kwonlyargs, a.kw_defaults)]
    takes += [(a.kwarg, "**", False)] if a.kwarg else []
    return [{"name": arg.arg, "kind": kind, "needed": needed} for arg, kind, needed in takes]


def yields(nodes):
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, FUNCTIONS):
            todo += node.decorator_list + node.args.defaults + [d for d in node.args.kw_defaults if d]
        elif isinstance(node, ast.ClassDef):
            todo += node.decorator_list + node.bases + [k.value for k in node.keywords]
        elif not isinstance(node, ast.Lambda):
            todo += ast.iter_child_nodes(node)
    return False


def decorator(node):
    return dotted(node.func if isinstance(node, ast.Call) else node) or "?"


def base(node):
    return dotted(node.value if isinstance(node, ast.Subscript) else node) or "?"


def condition(test):
    if dotted(test) in TYPES:
        return "TYPE_CHECKING"
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = [getattr(n, "id", None) or getattr(n, "value", None) for n in (test.left, test.comparators[0])]
        if sorted(map(str, sides)) == ["__main__", "__name__"]:
            return "__main__"
    return "if"


def within(outer, inner):
    return outer if outer in ("TYPE_CHECKING", "__main__") or not inner else inner


class Scope(ast.NodeVisitor):
    """The bindings of a module's or a class's own statements."""

    def __init__(self, lazy):
        self.names, self.guard, self.dynamic = [], "", False
        self.lazy = lazy  # some function may be a generator

    def bind(self, name, kind, node, **more):
        self.names.append(dict(more, name=name, kind=kind, line=node.lineno, guard=self.guard))

    def under(self, guard, nodes):
        before, self.guard = self.guard, within(self.guard, guard)
        for node in nodes:
            self.visit(node)
        self.guard = before

    def targets(self, node, kind="value"):
        if isinstance(node, ast.Name):
            self.bind(node.id, kind, node)
        elif isinstance(node, ast.Starred):
            self.targets(node.value, kind)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for element in node.elts:
                self.targets(element, kind)
        else:
            self.visit(node)

    def function(self, node):
        a = node.args
        for each in node.decorator_list + a.defaults + [d for d in a.kw_defaults if d]:
            self.visit(each)
        self.bind(node.name, "function", node, doc=first_line(node), parameters=parameters(a), generator=self.lazy and yields(node.body),
                  **{"async": isinstance(node, ast.AsyncFunctionDef), "decorators": [decorator(d) for d in node.decorator_list]})

    visit_FunctionDef = visit_AsyncFunctionDef = function

    def visit_ClassDef(self, node):
        for each in node.decorator_list + node.bases + node.keywords:
            self.visit(each)
        body = Scope(self.lazy)
        body.under("", node.body)
        self.dynamic = self.dynamic or body.dynamic
        self.bind(node.name, "class", node, doc=first_line(node), body=body.names, bases=[base(b) for b in node.bases],
                  keyword=bool(node.keywords), decorators=[decorator(d) for d in node.decorator_list])

    def visit_Call(self, node):
        if dotted(node.func) in ("vars", "locals") and not node.args:
            self.dynamic = True
        self.generic_visit(node)

    def visit_NamedExpr(self, node):
        self.bind(node.target.id, "value", node.target)
        self.visit(node.value)

    def visit_Import(self, node):
        for alias in node.names:
            top = alias.name.split(".")[0]
            self.bind(alias.asname or top, "import", node, **{"from": alias.name if alias.asname else top})

    def visit_ImportFrom(self, node):
        origin = "." * node.level + (node.module or "")
        for alias in node.names:
            self.bind(alias.asname or alias.name, "import", node, **{"from": origin, "attr": alias.name})

    def visit_Delete(self, node):
        for target in node.targets:
            self.targets(target, "del")

    def assign(self, target, value):
        if not isinstance(target, ast.Name):
            self.targets(target)
        elif isinstance(value, ast.Lambda):
            self.bind(target.id, "function", target, parameters=parameters(value.args), generator=yields([value.body]))
        elif isinstance(value, DISPLAYS):
            self.bind(target.id, "literal", target)
        elif dotted(value):
            self.bind(target.id, "alias", target, **{"from": dotted(value)})
        else:
            self.bind(target.id, "value", target)

    def visit_Assign(self, node):
        self.visit(node.value)
        for target in node.targets:
            self.assign(target, node.value)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.visit(node.value)
            self.assign(node.target, node.value)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.bind(node.target.id, "value", node.target)

    def visit_TypeAlias(self, node):
        self.bind(node.name.id, "value", node.name)

    def visit_If(self, node):
        self.visit(node.test)
        self.under(condition(node.test), node.body)
        self.under("if", node.orelse)

    def visit_For(self, node):
        self.visit(node.iter)
        before, self.guard = self.guard, within(self.guard, "if")
        self.targets(node.target)
        self.guard = before
        self.under("if", node.body + node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node):
        self.visit(node.test)
        self.under("if", node.body + node.orelse)

    def visit_Try(self, node):
        self.under("if", node.body)
        for handler in node.handlers:
            self.under("if", handler.body)
        self.under("if", node.orelse)
        self.under("", node.finalbody)

    visit_TryStar = visit_Try

    def visit_With(self, node):
        for item in node.items:
            self.visit(item.context_expr)
        for item in node.items:
            if item.optional_vars is not None:
                self.targets(item.optional_vars)
        self.under("", node.body)

    visit_AsyncWith = visit_With

    def visit_Match(self, node):
        self.visit(node.subject)
        for case in node.cases:
            self.under("if", [case.pattern] + ([case.guard] if case.guard else []) + case.body)

    def capture(self, node):
        self.generic_visit(node)
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if name:
            self.bind(name, "value", node)

    visit_MatchAs = visit_MatchStar = visit_MatchMapping = capture


class Effects:
    """What a module does to itself and others in ways that no binding shows."""

    def __init__(self):
        self.dynamic = self.registers = self.paths = False
        self.changed, self.globals, self.alls = set(), {}, 0

    def find(self, tree):
        declared = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                self.name(node)
            elif isinstance(node, ast.Attribute):
                if id(node) not in declared:
                    self.attribute(node)
            elif isinstance(node, ast.Call):
                self.call(node)
            elif isinstance(node, ast.Subscript):
                self.dynamic = self.dynamic or dotted(node.value) == "sys.modules"
            elif isinstance(node, ast.Global):
                self.globals.update(dict.fromkeys(node.names, node))
            elif isinstance(node, ast.AnnAssign) and node.value is None:
                declared.add(id(node.target))  # which walk has yet to come to
        self.changed.discard("")

    def name(self, node):
        self.dynamic = self.dynamic or node.id in ("globals", "exec", "__path__")
        self.alls += node.id == "__all__"

    def attribute(self, node):
        if not isinstance(node.ctx, ast.Load):
            self.changed.add(dotted(node))
        elif node.attr == "__dict__" and dotted(node.value):
            self.changed.add(dotted(node.value) + ".*")
        elif node.attr == "modules":
            self.registers = self.registers or dotted(node) == "sys.modules"
        elif node.attr in ("path", "meta_path", "path_hooks"):
            self.paths = self.paths or dotted(node) in PATHS
        self.paths = self.paths or node.attr == "addsitedir"

    def call(self, node):
        function = dotted(node.func)
        if function in ("setattr", "vars") and node.args:
            of = dotted(node.args[0])
            self.dynamic = self.dynamic or function == "setattr" and not of
            self.changed.add(of and of + ".*")
        elif function == "setattr":
            self.dynamic = True
        # Its own name is passed to a call, other than one that makes a logger.
        if "log" not in function.split(".")[-1].lower():
            values = node.args + [k.value for k in node.keywords]
            self.registers = self.registers or any(isinstance(v, ast.Name) and v.id == "__name__" for v in values)


# What reads the arguments of a command line.
READERS = (
    "sys.argv", "argparse.ArgumentParser", "optparse.OptionParser", "getopt.getopt", "getopt.gnu_getopt",
    "click.command", "click.group", "typer.Typer", "typer.run", "docopt.docopt", "fire.Fire",
)
EXITS = ("sys.exit", "exit", "quit", "SystemExit")


def habits(tree):
    """What a module does as a script: whose results it hands to sys.exit if it is run, and
    where it first reads arguments, other than if it is run. Both with their lines.
    """
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            origin = getattr(node, "module", None)
            for alias in node.names:
                full = origin + "." + alias.name if origin else alias.name
                imported[alias.asname or alias.name.split(".")[0]] = full if origin or alias.asname else full.split(".")[0]

    def full(node):
        head, dot, rest = dotted(node).partition(".")
        return imported.get(head, head if head in EXITS else "") + dot + rest

    exits, reads = {}, []
    for statement in tree.body:
        script = isinstance(statement, ast.If) and condition(statement.test) == "__main__"
        for node in ast.walk(statement):
            if not script and isinstance(node, (ast.Name, ast.Attribute)) and full(node) in READERS:
                reads.append((node.lineno, full(node)))
            elif script and isinstance(node, ast.Call) and full(node.func) in EXITS and node.args:
                result = node.args[0]
                if isinstance(result, ast.Call) and full(result.func) == "asyncio.run" and result.args:
                    result = result.args[0]
                if isinstance(result, ast.Call) and dotted(result.func):
                    exits.setdefault(dotted(result.func), node.lineno)
    return {"exits": exits, "reads": dict(zip(("line", "what"), min(reads))) if reads else None}


SOMETIMES = FUNCTIONS + (ast.ClassDef, ast.Lambda, ast.If, ast.IfExp)
TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))


def running(nodes):
    """What a call runs of a function, or a script of a module, unless a condition is
    against it: its imports outside try, with their lines, and the names that it calls.
    """
    imports, calls, todo = [], set(), [(node, False) for node in nodes]
    while todo:
        node, tried = todo.pop()
        if isinstance(node, ast.If) and condition(node.test) == "__main__":
            todo += [(child, tried) for child in node.body]
        elif isinstance(node, ast.Import) and not tried:
            imports += [{"line": node.lineno, "from": alias.name} for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not tried:
            origin = "." * node.level + (node.module or "")
            imports += [{"line": node.lineno, "from": origin, "attr": alias.name} for alias in node.names]
        elif not isinstance(node, SOMETIMES):
            if isinstance(node, ast.Call) and dotted(node.func):
                calls.add(dotted(node.func))
            todo += [(child, tried or isinstance(node, TRIES)) for child in ast.iter_child_nodes(node)]
    return imports, calls


def bodies(tree):
    """What the functions of a module run, and the module as a script, whose name is "";
    nothing if no function has imports.
    """
    functions = {}
    for node in tree.body:
        for inner in [node] + (node.body if isinstance(node, ast.ClassDef) else []):
            if isinstance(inner, FUNCTIONS):
                functions[inner.name if inner is node else node.name + "." + inner.name] = running(inner.body)
    if not any(imports for imports, _ in functions.values()):
        return {}
    functions[""] = ([], running(tree.body)[1])
    return {name: {"imports": imports, "calls": sorted(functions.keys() & {
        re.sub("^(self|cls)(?=[.])", name.split(".")[0], call) for call in calls})} for name, (imports, calls) in functions.items()}


def exported(tree):
    """The names in __all__, which is mentioned only once, if it is assigned there, as strings."""
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        value = getattr(node, "value", None)
        if list(map(dotted, targets)) == ["__all__"] and isinstance(value, (ast.List, ast.Tuple)):
            names = [getattr(element, "value", None) for element in value.elts]
            return names if all(isinstance(name, str) for name in names) else None
    return None


# A function whose head is one line: its indentation, head and body. How a body begins
# that may have a docstring, and with one.
FUNCTION = re.compile(rb"^([ \t]*)((?:async[ \t]+)?def\b[^\n]*:[ \t]*\n)((?:\1[ \t]+[^\n]*\n|[ \t]*\n)+)", re.M)
STRING = re.compile(rb"(?:\s|#[^\n]*\n)*[rRuU]?[\"']")
DOCSTRING = re.compile(rb"(?:\s|#[^\n]*\n)*[rRuU]?(\"\"\"|'''|[\"'])(?:(?!\1)(?:[^\\]|\\.))*\1[ \t]*\n", re.S)


def shorten(function):
    indent, head, body = function.groups()
    if not STRING.match(body):
        return indent + head + indent + b" pass\n"
    doc = DOCSTRING.match(body)
    return indent + head + doc.group() if doc else function.group()


def skeleton(source):
    """Parse a source without the bodies of functions, which take most of the time."""
    try:
        return ast.parse(FUNCTION.sub(shorten, source))
    except (SyntaxError, ValueError):  # a line of a string may look like a function
        return ast.parse(source)


def facts(source, docs):
    certain = False
    try:
        tree = skeleton(source) if docs else ast.parse(source)
        certain = True  # what one grammar reads, later ones read, too
        if not docs:
            compile(tree, "module", "exec", dont_inherit=True)  # runs nothing, and finds what the grammar does not
    except SyntaxError as error:
        return {"error": {"line": error.lineno or 1, "message": str(error.msg), "certain": certain}}
    except ValueError as error:
        return {"error": {"line": 1, "message": str(error), "certain": True}}
    scope, effects = Scope(not docs and b"yield" in source), Effects()
    if not docs:
        effects.find(tree)
    scope.under("", tree.body)
    scope.guard = "if"
    for name, node in effects.globals.items():
        scope.bind(name, "value", node)
    return {**({} if docs else {**habits(tree), "bodies": bodies(tree)}), "names": scope.names, "dynamic": effects.dynamic or scope.dynamic, "registers": effects.registers, "paths": effects.paths,
            "changed": sorted(effects.changed), "all": exported(tree) if effects.alls == 1 else None}


def answer(source):
    try:
        return facts(source, sys.argv[1:] == ["docs"])
    except (RecursionError, MemoryError, OverflowError):
        return None


print(json.dumps(sys.version_info[:2]), flush=True)
for line in sys.stdin.buffer:
    print(json.dumps(answer(base64.b64decode(line))), flush=True)
