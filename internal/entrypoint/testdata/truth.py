"""Say what the names of modules of the standard library are when they are imported.

Not of socket and ssl, into which enum._convert_ puts names from outside.
"""
import importlib
import inspect
import os
import types

print(os.path.dirname(os.__file__))
for name in """argparse ast asyncio asyncio.tasks base64 bdb bisect calendar cmd code codecs collections compileall
    concurrent.futures configparser contextlib copy csv dataclasses difflib dis doctest email email.utils enum
    filecmp fileinput fnmatch fractions ftplib functools getpass gettext glob graphlib gzip hashlib heapq html
    html.parser http.client http.server imaplib importlib.util inspect ipaddress json json.tool keyword linecache
    locale logging logging.config mailbox mimetypes multiprocessing.pool netrc numbers opcode operator optparse os
    pathlib pdb pickle pickletools pkgutil platform plistlib posixpath pprint profile pstats py_compile pyclbr
    queue quopri random reprlib sched secrets selectors shelve shlex shutil site smtplib socketserver
    sqlite3 statistics string stringprep subprocess sysconfig tabnanny tarfile tempfile textwrap threading
    timeit token tokenize trace traceback types typing unittest unittest.mock urllib.parse urllib.request uuid
    venv warnings wave weakref webbrowser wsgiref.simple_server xml.dom.minidom xmlrpc.client zipapp zipfile""".split():
    try:
        module = importlib.import_module(name)
    except ImportError:  # not built in, or not in this version
        continue
    for attribute, value in vars(module).items():
        if attribute.startswith("__") or not attribute.isidentifier():
            continue
        kind = "callable"
        if isinstance(value, type):
            kind = "class"
        elif isinstance(value, types.ModuleType):
            kind = "module"
        elif not callable(value):
            kind = "value"
        elif isinstance(value, types.FunctionType):
            parameters = inspect.signature(value, follow_wrapped=False).parameters.values()
            needs = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
            generator = inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value)
            kind = "needs" if needs else "generator" if generator else "function"
        print(name + ":" + attribute, kind)
