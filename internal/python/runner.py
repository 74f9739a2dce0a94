# python - <> THIS_FILE, below a line that sets ARGUMENTS to TARGET, RESULT, FOLDER, and
# names of variables that hold secrets, and one that sets GIVEN to what makes the arguments
#
# Calls the entrypoint TARGET ("module:attribute") of the project in FOLDER as
# `from module import attribute; attribute(*args, **kwargs)` would, lets Python end as usual, and
# then replaces this file by the report: how the call ended.
#
# It comes through stdin, because some tools that start Python hand their arguments
# to a shell, expand what looks like a template in them, or pass no other file on.
#
# Only modules that Python has already imported by itself are imported up here: a
# project may have a module with the name of one in the standard library, and
# must get its own.
import os
import sys

TARGET = ARGUMENTS[0].decode("utf-8")  # noqa: F821
RESULT, FOLDER, *NAMES = map(os.fsdecode, ARGUMENTS[1:])  # noqa: F821
SRC = os.path.join(FOLDER, "src")
PID = os.getpid()

# What to mask, the longest first: the secrets, each line of them, because a traceback
# indents lines, and what repr() makes of both.
VALUES = [os.environ[name].strip() for name in NAMES if name in os.environ]
LINES = [line.strip() for value in VALUES for line in value.splitlines()]
SECRETS = set(filter(None, VALUES)).union(line for line in LINES if len(line) > 3)
SECRETS = sorted(SECRETS.union(repr(secret)[1:-1] for secret in SECRETS), key=len, reverse=True)

# The file. A second handle, because the entrypoint may close or replace either; and
# no content, because it has been read and the entrypoint should find stdin empty.
HANDLES = (os.dup(0), 0)
OPENED = os.fstat(0)
os.ftruncate(0, 0)


class Refused(Exception):
    """The entrypoint cannot be run. Holds the cause and, if known, its place and a remedy."""

    def __init__(self, cause, place=None, hint=""):
        super().__init__(cause)
        self.places = [place] if place else []
        self.hint = hint


def main():
    if sys.version_info < (3, 8):
        report("Python 3.8 or newer is needed, this is " + sys.version.split()[0], refused=True)
        sys.exit(1)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
    sys.argv[:] = [""]
    os.chdir(FOLDER)  # the tool that started Python may need another
    os.environ["PWD"] = FOLDER
    module, _, attributes = identifiers(TARGET).partition(":")
    extend_path(module.partition(".")[0])
    name_main(module)

    loading = True
    try:
        function = load(module, attributes.split("."))
        loading = False
        result = call(function)
        if RESULT == "exit-code":
            sys.exit(result)
    except Refused as refusal:
        report(str(refusal), refusal.places, refused=True, hint=refusal.hint)
        sys.exit(1)
    except SystemExit as error:
        trim(error)
        if loading:
            report("import error: the module ended Python: " + exit_text(error.code), places_of(error))
        elif ends_well(error.code):
            report("")
        else:
            report(exit_text(error.code), places_of(error))
        raise
    except BaseException as error:
        trim(error)
        report(
            import_text(error) if loading else error_text(error),
            places_of(error),
            traceback=traceback_of(error),
            exception=name_of(type(error)),
            hint=beside(error),
        )
        show(error)
        sys.exit(130 if isinstance(error, KeyboardInterrupt) else 1)
    told = returned(result)
    report(told.get("cause", ""), returned=told or None, remark=remark_on(result))


def identifiers(target):
    """Normalise the target as Python does the identifiers of a source file."""
    if target.isascii():
        return target
    from unicodedata import normalize

    return normalize("NFKC", target)


def extend_path(top):
    """Put the project first, then its src/ if only that has the package."""
    if sys.path[:1] == [""]:
        del sys.path[0]
    sys.path.insert(0, FOLDER)
    in_src = os.path.isdir(os.path.join(SRC, top)) or os.path.isfile(os.path.join(SRC, top + ".py"))
    if in_src and not importable(top):
        sys.path.insert(1, SRC)


def name_main(module):
    """Give the main module a file, as `python -m` would: the entrypoint's.

    Programs look for it to find their folder, or to see whether Python is interactive, as
    python-dotenv does. multiprocessing would run the file again in the processes that it
    spawns, but not that of a main module whose spec is named __main__.
    """
    path = os.path.join(*module.split("."))
    files = [os.path.join(base, path + end) for base in (FOLDER, SRC) for end in (".py", os.sep + "__init__.py")]
    globals().update(
        __file__=next(filter(os.path.isfile, files), files[0]),
        __spec__=type(sys.__spec__)("__main__", None),
    )


def importable(top):
    """Whether there is such a module. A bare folder of that name is not one yet."""
    specs = (finder.find_spec(top, None) for finder in sys.meta_path)
    return any(spec is not None and spec.origin is not None for spec in specs)


def load(module, attributes):
    try:
        value = __import__(module, fromlist=attributes[:1])
    except ModuleNotFoundError as error:
        if trim(error) is None and (module + ".").startswith(str(error.name) + "."):
            raise Refused(
                "import error: No module named '%s' in the project or its environment%s"
                % (error.name, nearest(error.name, modules_beside))
            )
        raise
    file = getattr(sys.modules.get(module), "__file__", None)
    if isinstance(file, str):
        globals()["__file__"] = file
    where = module
    for attribute in attributes:
        try:
            value = getattr(value, attribute)
        except AttributeError:
            raise Refused(
                "import error: '%s' has no attribute '%s'%s"
                % (where, attribute, nearest(attribute, lambda _: dir(value)))
            )
        where += ("." if ":" in where else ":") + attribute
    if not callable(value):
        raise Refused("not callable: '%s' is of type %s" % (where, type(value).__name__))
    return value


def beside(error):
    """What to do about the import of a file beside the one that imports it.

    A script finds the files of its own folder, because Python puts that on sys.path.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    importer = os.path.realpath((places_of(error) or [place("", 0)])[-1]["file"])
    folder, top = os.path.dirname(importer), error.name.partition(".")[0]
    project = os.path.realpath(FOLDER)
    base = os.path.realpath(SRC) if SRC in sys.path and folder.startswith(os.path.realpath(SRC)) else project
    inside = os.path.relpath(folder, base).replace(os.sep, ".")
    if not all(map(str.isidentifier, inside.split("."))):
        return ""
    for file in (os.path.join(folder, top + ".py"), os.path.join(folder, top, "__init__.py")):
        if os.path.isfile(file):
            shown = [os.path.relpath(path, project).replace(os.sep, "/") for path in (file, importer, folder)]
            return (
                "%s is beside %s, whose folder is not on sys.path: write `from %s import %s`,"
                ' or set the option env = { PYTHONPATH = "%s" }' % (shown[0], shown[1], inside, top, shown[2])
            )
    return ""


def call(function):
    args, kwargs = arguments()
    try:
        result = function(*args, **kwargs)
    except TypeError as error:
        refuse_arguments(function, error, args, kwargs)
        raise
    return settled(result)


def arguments():
    return GIVEN(lambda: standard("datetime"), lambda: standard("types").SimpleNamespace)  # noqa: F821


def refuse_arguments(function, error, args, kwargs):
    """Refuse an entrypoint that was not even entered because of its arguments.

    Only after the call, because a decorator may supply them.
    """
    try:
        inspect = standard("inspect")
        refusal = misfit(inspect.signature(function), args, kwargs)
        function = inspect.unwrap(function)
        if isinstance(function, type):
            function = function.__init__
        elif not hasattr(function, "__code__"):
            function = getattr(function, "func", type(function).__call__)
        code = getattr(function, "__code__", None)
        entered = any(entry.tb_frame.f_code is code for entry in entries(trim(error)))
    except Exception:
        return
    if refusal and not entered:
        refusal.places = [place_of(code)] if code else []
        raise refusal


def misfit(signature, args, kwargs):
    """The Refused of arguments that do not fit; None if they do."""
    try:
        signature.bind(*args, **kwargs)
        return None
    except TypeError as error:
        reason = str(error)
    if args or kwargs:
        return Refused("cannot be called with its arguments: " + reason, hint="change args, kwargs or pass-context, or the entrypoint")
    needed = [
        p.name
        for p in signature.parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    return Refused(
        "needs arguments: " + ", ".join(needed),
        hint="set args or kwargs, give each a default, or name a function that passes them",
    )


def place_of(code):
    """The line of a function's def. The code of a decorated one begins above."""
    if code is None:
        return None
    line = code.co_firstlineno
    if code.co_name.startswith("<"):  # a lambda or a generator expression
        return place(code.co_filename, line)
    try:
        for number, text in enumerate(standard("inspect").getsourcelines(code)[0], line):
            if text.lstrip().startswith(("def ", "async def ")):
                line = number
                break
    except Exception:
        pass
    return place(code.co_filename, line)


def nearest(name, candidates):
    try:
        names = [n for n in candidates(name) if isinstance(n, str)]
        close = standard("difflib").get_close_matches(name, names, 1)
    except Exception:
        close = []
    return ", did you mean '%s'?" % close[0] if close else ""


def modules_beside(name):
    package = name.rpartition(".")[0]
    path = sys.modules[package].__path__ if package else [FOLDER, SRC]
    prefix = package + "." if package else ""
    return [module.name for module in standard("pkgutil").iter_modules(path, prefix)]


def standard(name):
    """Import a module of the standard library, not one of the project."""
    before = sys.path[:]
    sys.path[:] = [path for path in before if path not in (FOLDER, SRC)]
    try:
        return __import__(name)
    finally:
        sys.path[:] = before


def trim(error):
    """Drop this file's own entries from the traceback and return the rest."""
    for entry in entries(error.__traceback__):
        if entry.tb_frame.f_globals is globals():
            error.__traceback__ = entry.tb_next
    return error.__traceback__


def entries(traceback):
    while traceback:
        yield traceback
        traceback = traceback.tb_next


def show(error):
    """Do what Python does with an uncaught exception."""
    try:
        sys.stdout.flush()
    except Exception:
        pass
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception as broken:
        broken.__context__ = None
        for words, each in (("Error in sys.excepthook:", broken), ("\nOriginal exception was:", error)):
            print(words, file=sys.stderr)
            sys.__excepthook__(type(each), each, trim(each))


def error_text(error):
    name, text = name_of(type(error)), text_of(error)
    return name + ": " + text if text else name


def name_of(kind):
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return "%s.%s" % (kind.__module__, kind.__qualname__)


def import_text(error):
    return "import error: " + (text_of(error) if isinstance(error, ImportError) else error_text(error))


def exit_text(code):
    if code is None or isinstance(code, int):
        return "exit code %d" % (code or 0)
    return "exit code 1: " + text_of(code)


def ends_well(code):
    return code is None or isinstance(code, int) and code == 0


def text_of(value, most=4096):
    try:
        return masked(str(value))[:most]
    except BaseException:
        return "<str() failed>"


def masked(text):
    """Mask the secrets. That is done before a text is cut or escaped, for it has to be found."""
    for secret in SECRETS:
        text = text.replace(secret, "***")
    return text


def places_of(error):
    """File and line of each entry of the traceback, the deepest last."""
    places = []
    for entry in entries(error.__traceback__):
        code = entry.tb_frame.f_code
        here = place(code.co_filename, entry.tb_lineno or code.co_firstlineno)
        if places[-1:] != [here]:
            places.append(here)
    if isinstance(error, SyntaxError) and isinstance(error.filename, str) and isinstance(error.lineno, int):
        places.append(place(error.filename, error.lineno))
    return places[-1000:]


def place(file, line):
    return {"file": file, "line": line}


def traceback_of(error):
    try:
        lines = standard("traceback").format_exception(type(error), error, error.__traceback__)
        return masked("".join(lines))[-65536:]
    except Exception:
        return ""


def report(cause, places=(), **more):
    """Write the report; an empty cause is success. A forked child stays silent."""
    if os.getpid() != PID:
        return
    more.update(cause=cause, places=places, python=sys.version.split()[0])
    handle = report_handle()
    os.lseek(handle, 0, os.SEEK_SET)
    with open(handle, "w", encoding="utf-8", closefd=False) as file:
        file.write(encode(more))


def report_handle():
    """A handle of the report that the entrypoint has not closed, as daemons do."""
    for handle in HANDLES:
        try:
            if os.path.samestat(os.fstat(handle), OPENED):
                return handle
        except OSError:
            pass
    raise OSError("the entrypoint closed stdin and every other file, so its outcome is unknown")


def encode(value):
    """JSON for any text, even with lone surrogates. A bool is an int, too."""
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return repr(value).lower()
    if isinstance(value, dict):
        return "{%s}" % ",".join(encode(key) + ":" + encode(value[key]) for key in value)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(encode, value))
    return '"%s"' % "".join(map(escape, value))


def escape(letter):
    """Escape what cannot be printed, too, because people will read the value."""
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    if letter in "\n\t":
        return {"\n": "\\n", "\t": "\\t"}[letter]
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join("\\u%02x%02x" % pair for pair in zip(units[::2], units[1::2]))


main()
