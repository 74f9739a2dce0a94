# What the entrypoint returned, as JSON. This is put in front of runner.py, which has the
# imports and the other functions.

# How many characters of a returned value are reported.
ROOM = 10000
MORE = "\u2026"

# A status that begins with one of these says that the work was not done.
FAILING = (
    "false fail failed failure unsuccessful error errored fatal crashed killed "
    "aborted cancelled canceled timeout timedout notok ko"
).split()


def returned(result):
    """What to report of the result: nothing if its own code fails, because the work is done."""
    try:
        return told_of(result)
    except BaseException:  # even if a property exits
        return {}


def told_of(result):
    """Value and status, and a cause if the status is failing."""
    words = words_of(part_of(result, "status"))
    later = next_of(result, words)
    if not words:
        value = plain(result, [ROOM])
        told = {} if value is None else {"value": value}
        if later:
            told["next"] = later
        failed = [text for text in map(exit_of, [result] + members(result)) if text]
        if failed:
            told["cause"] = failed[0]
        return told

    names = ("status", "message", "output") + ("next",) * bool(later)
    parts = fields_of(result) or {name: part_of(result, name) for name in names}
    message = part_of(result, "message")
    told = {"status": text_of(words[0]), "message": "" if message is None else text_of(message)}
    told["value"] = plain(parts, [ROOM])
    if later:
        told["next"] = later
    rest = {name: parts[name] for name in parts if name not in names[:2] + names[3:]}
    told["rest"] = plain(rest["output"] if list(rest) == ["output"] else rest or None, [ROOM])
    failing = [word for word in words if fails(word)]
    if failing:
        why = "" if failing[0] == words[0] else " (%s)" % text_of(failing[0])
        told["cause"] = "returned status " + told["status"] + why + (told["message"] and ": " + told["message"])
    return told


def next_of(result, words):
    """When to run the job next, as its kind and text; None if the result does not say.

    Without a status there may be nothing else but message and output beside it: an entry
    of that name among others can be anything.
    """
    value = part_of(result, "next")
    named = fields_of(result)
    timed = is_of(value, "datetime", "datetime") or is_of(value, "datetime", "timedelta")
    if value is None or callable(value):
        return None
    if not words and (set(named) - {"next", "message", "output"} if named else not timed):
        return None
    try:
        if not timed:
            return {"kind": "text" if isinstance(value, str) else "wrong", "text": text_of(value, 200)}
        if is_of(value, "datetime", "timedelta"):
            return {"kind": "after", "text": masked("%d" % (value.days * 86400 * 10**6 + value.seconds * 10**6 + value.microseconds))}
        offset = value.utcoffset()
        if offset is None:
            return {"kind": "text", "text": text_of(value.replace(tzinfo=None).isoformat(), 200)}
        return {"kind": "text", "text": masked((value.replace(tzinfo=None) - offset).isoformat()) + "Z"}
    except Exception:  # such as the year 10000
        return {"kind": "wrong", "text": text_of(value, 200)}


def exit_of(process):
    """How a process failed; "" if it did not, or is none."""
    for module, name, code in (
        ("subprocess", "CompletedProcess", "returncode"),
        ("subprocess", "Popen", "returncode"),
        ("asyncio.subprocess", "Process", "returncode"),
        ("multiprocessing.process", "BaseProcess", "exitcode"),
    ):
        if is_of(process, module, name) and getattr(process, code):
            args = getattr(process, "args", "")
            return "the process %sended with %s" % (args and text_of(args, 200) + " ", code_text(getattr(process, code)))
    return ""


def code_text(code):
    """A process that a signal has ended has the number of that, negated, as its code."""
    try:
        return standard("signal").Signals(-code).name
    except ValueError:
        return "exit code %d" % code


def remark_on(result):
    """What is odd about a result that counts as success."""
    if type(result) is int and result != 0 or result is False:
        return (
            "returned %s, which counts as success: to fail, raise an exception,"
            ' or set result = "exit-code" and return an exit code' % text_of(result, 80)
        )
    if type(result).__name__ in ("function", "method", "partial"):
        return "returned a %s, which nothing called" % type(result).__name__
    kind = type(result)
    if hasattr(kind, "__next__") and kind.__module__ != "builtins" and not hasattr(kind, "close"):  # as files and cursors have
        return "returned an iterator, which nothing looped over: what it would do then is not done"
    return ""


def part_of(result, name):
    """A part of a result that is a dict or an object of some class; else None."""
    try:
        if is_of(result, "_collections_abc", "Mapping"):
            return result.get(name)
        if type(result).__module__ != "builtins" and not isinstance(result, type):
            return getattr(result, name, None)
    except Exception:
        pass
    return None


def words_of(status):
    """What a status says; nothing if this is no status. A member of an Enum says two things."""
    words = [status]
    if is_of(status, "enum", "Enum"):
        words = [status.name, status.value]
        if not is_number(status):  # the number of a plain one only distinguishes it
            words = filter(is_word, words)
    return [str(word) for word in words if is_word(word) or is_number(word)]


def is_word(value):
    return isinstance(value, str) or type(value).__name__ in ("bool", "bool_")  # numpy's, too


def is_number(value):
    return isinstance(value, (int, float)) or is_of(value, "numbers", "Number")


def is_of(value, module, name):
    """Whether value is of a class of the standard library. A module that was not imported has no instances."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def fails(word):
    """Whether a status is failing. Of numbers, an exit code's 0 and HTTP's 2xx and 3xx are not."""
    try:
        number = float(word)
    except ValueError:
        first = "".join(map(spelled, word[:1000].lower())).split()[:2]
        return any("".join(first[:n]) in FAILING for n in (1, 2))
    return number != 0 and not 200 <= number < 400


def spelled(letter):
    """Digits are a word of their own, so that "0 failed" does not begin with "failed"."""
    return letter if letter.isalpha() else " # " if letter.isdigit() else " "


def fields_of(value):
    """The named parts of a dict, dataclass or named tuple; None for anything else."""
    kind = type(value)
    try:
        if is_of(value, "_collections_abc", "Mapping"):
            return dict(value)
        if hasattr(kind, "__dataclass_fields__"):
            return {field.name: part_of(value, field.name) for field in standard("dataclasses").fields(kind)}
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return dict(zip(value._fields, value))
    except Exception:
        pass  # its own way of having parts is broken
    return None


def plain(value, room, within=()):
    """Turn a value into JSON, until there is no more room.

    An object without its own text form is None, unless it is within others.
    """
    room[0] -= 2
    try:
        return plainly(value, room, within)
    except Exception:  # its own way of being a number or a list is broken
        return clipped(text_of(value, ROOM + 1), room)


def plainly(value, room, within):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return plain_number(int(value))
    if isinstance(value, float) and value - value == 0:
        return plain_number(float(value))
    if id(value) in within or len(within) > 20:
        return MORE
    within += (id(value),)
    named = fields_of(value)
    if named is not None:
        return plain_dict(named, room, within)
    kind = type(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return plain_list(value, room, within)
    if len(within) == 1 and kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        return None
    return clipped(text_of(value, ROOM + 1), room)


def plain_number(number):
    text = repr(number)
    return number if masked(text) == text else masked(text)


def plain_dict(named, room, within):
    said = {}
    for name in named:
        if room[0] <= 0:
            said[MORE] = MORE
            break
        key = clipped(text_of(name), room)
        said[key] = plain(named[name], room, within)
    return said


def plain_list(values, room, within):
    said = []
    for value in values:
        if room[0] <= 0:
            said.append(MORE)
            break
        said.append(plain(value, room, within))
    return said


def clipped(text, room):
    most = max(room[0], 0)
    room[0] -= len(text)
    return text if len(text) <= most else text[:most] + MORE
