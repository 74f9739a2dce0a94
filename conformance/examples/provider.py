#!/usr/bin/env python3
"""A small provider of `scheduled`, with its adapter: an example to start from.

It keeps the history of a project in a file and assigns each job a fixed time. It shows
what the format and its promises come to, and the suite is tested with it.
"""

import calendar
import datetime
import hashlib
import json
import keyword
import pathlib
import re
import subprocess
import sys
import time
import unicodedata

try:
    import tomllib
except ModuleNotFoundError:
    sys.exit("this example needs Python 3.11 or newer, for tomllib")

PERIODS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
CADENCES = [*PERIODS, "month"]
EPOCH = datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)  # a Monday


# The format


def read(project):
    """Returns the jobs of a project by their ids, or raises ValueError."""
    data = tomllib.loads((project / "pyproject.toml").read_bytes().decode())
    jobs = data.get("tool", {}).get("scheduled", {})
    require(isinstance(jobs, dict), "tool.scheduled is not a table")
    for id, job in jobs.items():
        require(isinstance(job, dict), f"job {id!r} is not a table")
        require(set(job) == {"every", "entrypoint"}, f"job {id!r} has the keys {sorted(job)}")
        require(job["every"] in CADENCES, f"job {id!r}: every is {job['every']!r}")
        require(is_entrypoint(job["entrypoint"]), f"job {id!r}: entrypoint is {job['entrypoint']!r}")
    return jobs


def require(condition, message):
    if not condition:
        raise ValueError(message)


def is_entrypoint(value):
    return isinstance(value, str) and value.count(":") == 1 and all(map(is_name, re.split("[.:]", value)))


def is_name(text):
    return text.isidentifier() and not keyword.iskeyword(unicodedata.normalize("NFKC", text))


# Windows


def assigned(id, every):
    """Returns the seconds into its period at which a job runs: by its id, and nothing else."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], "big") % PERIODS.get(every, 28 * 86400)


def window(id, every, now):
    """Returns the start of the window that holds now."""
    offset = datetime.timedelta(seconds=assigned(id, every))
    now -= offset
    if every == "month":
        return now.replace(day=1, hour=0, minute=0, second=0) + offset
    return now - (now - EPOCH) % datetime.timedelta(seconds=PERIODS[every]) + offset


def next_window(id, every, start):
    days = calendar.monthrange(start.year, start.month)[1]
    return start + datetime.timedelta(seconds=PERIODS.get(every, days * 86400))


# The history: the starts of the windows that are confirmed, by job


def history(project, request):
    file = project / "history.json"
    return json.loads(file.read_text()) if file.exists() and not request.get("blind") else {}


def record(project, id, start):
    confirmed = history(project, {})
    confirmed[id] = [*confirmed.get(id, []), stamp(start)]
    (project / "history.json").write_text(json.dumps(confirmed))


def execute(project, entrypoint, lose):
    """Runs an entrypoint and reports whether that is known to have succeeded."""
    module, _, function = entrypoint.partition(":")
    code = f"from {module} import {function} as run\nrun()"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=project, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if lose:  # the machine breaks down as soon as the entrypoint runs
        while not (project / "executions").read_text() and process.poll() is None:
            time.sleep(0.005)
        process.kill()
    return process.wait() == 0 and not lose


# The requests of the suite


def describe(request):
    return {
        "name": "example", "version": "1", "cadences": CADENCES,
        "capabilities": ["fixed-time", "manual", "durable", "lost-results", "unreadable-history", "long-executions"],
    }  # fmt: skip


def answer_read(request):
    try:
        jobs = read(pathlib.Path(request["project"]))
    except ValueError as error:
        return {"valid": False, "errors": [{"message": str(error)}]}
    return {"valid": True, "jobs": [{"id": id, **job} for id, job in jobs.items()]}


def windows(request):
    begin, end = parse(request["begin"]), parse(request["end"])
    answer = {}
    for id, job in read(pathlib.Path(request["project"])).items():
        start, starts = window(id, job["every"], begin), []
        while start < end:
            if start >= begin:
                starts.append(stamp(start))
            start = next_window(id, job["every"], start)
        answer[id] = starts
    return {"windows": answer}


def start(request, forced):
    project, id = pathlib.Path(request["project"]), request["job"]
    job = read(project)[id]
    current = window(id, job["every"], parse(request["now"]))
    if not forced and stamp(current) in history(project, request).get(id, []):
        return {}
    if execute(project, job["entrypoint"], request.get("lose")):
        record(project, id, current)
    return {}


def tick(request):
    return start(request, forced=False)


def manual(request):
    return start(request, forced=True)


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    answers = {"describe": describe, "read": answer_read, "windows": windows, "tick": tick, "manual": manual}
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(answers[request["do"]](request)), flush=True)
