"""The cases of the suite, as tasks that a provider is asked with."""

import collections
import datetime
import json
import pathlib
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent

# The cadences, the usual length of one, and what one may differ from it by: months have 28
# to 31 days, and a wall clock moves by an hour.
CADENCES = {
    "minute": (60, 0, 0),
    "hour": (3600, 0, 0),
    "day": (86400, 3600, 3600),
    "week": (604800, 3600, 3600),
    "month": (30 * 86400, 2 * 86400 + 3600, 86400 + 3600),
}

# What a provider may have beside the rest.
CAPABILITIES = ["positions", "fixed-time", "manual", "durable", "lost-results", "unreadable-history", "long-executions"]

# All scenarios lie behind this time: a leap day is among their months.
BEGIN = datetime.datetime(2027, 11, 27, tzinfo=datetime.timezone.utc)

# What the entrypoints of the scenarios do. They write down that they ran, so that the suite
# need not believe the provider.
JOBS = '''"""Written by the conformance suite: an entrypoint that tells that it ran and ends as it is told."""
import os
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parents[DEPTH]


def _run(name):
    with open(HERE / "executions", "a", encoding="utf-8") as log:
        log.write(name + "\\n")
    how = (HERE / "outcome").read_text(encoding="utf-8")
    if how == "raises":
        raise RuntimeError("told to fail")
    if how == "exits":
        sys.exit(1)
    if how == "dies":
        os._exit(3)
    if how == "killed":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if how == "lingers":  # until whoever waits for it is gone
        parent, end = os.getppid(), time.monotonic() + 10
        while os.getppid() == parent and time.monotonic() < end:
            time.sleep(0.01)
        os._exit(3)
    return {"returns-false": False, "returns-one": 1, "returns-text": "a text"}.get(how)

'''


class Broken(Exception):
    """The adapter did not answer, or not as README.md says."""


class Failed(Exception):
    """The provider does not do what a case expects."""


# A task is one run of a case: a name, its requirement, and what to call, or why not.
Task = collections.namedtuple("Task", "name requirement case run skipped")


def tasks(provider, requirements):
    needs = {r["id"]: r.get("needs") for r in requirements}

    def task(path, case, run, cadence=""):
        name = path.relative_to(HERE).with_suffix("").as_posix() + (f" [{cadence}]" if cadence else "")
        need = case.get("needs") or needs[case["requirement"]]
        skipped = f"{need} is not declared" if need and need not in provider.capabilities else ""
        return Task(name, case["requirement"], case, run, skipped)

    for path in sorted(HERE.glob("format/*/*.json")):
        yield task(path, load(path), read_case(path, provider))
    # F9 has no files: it is about the cadences that this provider lacks.
    for cadence in CADENCES:
        case = {"requirement": "F9", "description": f"A job whose cadence, {cadence}, the provider does not support is told."}
        missing = cadence not in provider.cadences
        yield Task(f"format/unsupported [{cadence}]", "F9", case, unsupported_case(cadence), "" if missing else f"{cadence} is supported")
    for folder, run in (("windows", windows_case), ("behaviour", behaviour_case)):
        for path in sorted(HERE.glob(folder + "/*.json")):
            case = load(path)
            for cadence in provider.chosen(case["cadences"]):
                yield task(path, case, run(case, cadence), cadence)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


# The format


def read_case(path, provider):
    """Returns what runs a case of format/: its TOML is the project."""
    verdict = path.parent.name

    def run(adapter, project, case):
        (project / "pyproject.toml").write_bytes(path.with_suffix(".toml").read_bytes())
        answer = adapter.ask(do="read", project=str(project))
        valid = answer.get("valid")
        if not isinstance(valid, bool):
            raise Broken(f"read: valid is {valid!r}, not true or false")
        if verdict != "either" and valid != (verdict == "valid"):
            raise Failed(f"read says that the declaration is {'valid' if valid else 'invalid'}; it is {verdict}{located(case)}")
        if valid:
            compare_jobs(case["jobs"], jobs_of(answer), provider)
        elif verdict == "invalid" and "positions" in provider.capabilities:
            compare_lines(case["errors"], answer)

    return run


def located(case):
    return "".join(f"; {e['key'] or 'the file'} in line {words(e['lines'])}" for e in case.get("errors", []))


def words(lines):
    return " or ".join(map(str, lines))


def jobs_of(answer):
    try:
        jobs = {job["id"]: job for job in answer["jobs"]}
        if len(jobs) == len(answer["jobs"]):
            return jobs
    except (KeyError, TypeError):
        pass
    raise Broken(f"read: jobs is {answer.get('jobs')!r}, not a list of objects with different ids")


def compare_jobs(expected, got, provider):
    ids = [job["id"] for job in expected]
    if sorted(ids) != sorted(got):
        raise Failed(f"read has the jobs {sorted(got)}, not {sorted(ids)}")
    for job in expected:
        for key in ("every", "entrypoint"):
            said = got[job["id"]].get(key)
            if not isinstance(said, str) or unicodedata.normalize("NFKC", said) != unicodedata.normalize("NFKC", job[key]):
                raise Failed(f"job {job['id']!r}: {key} is {said!r}, not {job[key]!r}")
        supported = got[job["id"]].get("supported", True)
        if supported != (job["every"] in provider.cadences):
            raise Failed(f"job {job['id']!r}: supported is {supported}, but describe {'lacks' if supported else 'names'} {job['every']}")


def compare_lines(expected, answer):
    try:
        got = [error["line"] for error in answer["errors"]]
    except (KeyError, TypeError):
        raise Broken(f"read: errors is {answer.get('errors')!r}, not a list of objects with a line")
    for error in expected:
        if not set(error["lines"]) & set(got):
            raise Failed(f"no error for {error['key'] or 'the file'} in line {words(error['lines'])}; errors are in lines {got}")
    for line in got:
        if not any(line in error["lines"] for error in expected):
            raise Failed(f"an error in line {line}, where none is{located({'errors': expected})}")


def unsupported_case(cadence):
    def run(adapter, project, case):
        write_project(project, f'[tool.scheduled.a]\nevery = "{cadence}"\nentrypoint = "app.jobs:clean"\n')
        answer = adapter.ask(do="read", project=str(project))
        job = jobs_of(answer).get("a") if answer.get("valid") else None
        if job is None or job.get("supported") is not False:
            raise Failed(f"read must name the job with supported false; it says {json.dumps(answer)}")

    return run


# Windows


def write_project(project, toml):
    (project / "pyproject.toml").write_bytes(toml.encode())


def ask_windows(adapter, project, begin, end):
    """Returns the starts of the windows of each job in [begin, end)."""
    answer = adapter.ask(do="windows", project=str(project), begin=stamp(begin), end=stamp(end))
    try:
        starts = {job: [parse(s) for s in times] for job, times in answer["windows"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Broken(f"windows: {error!r} in {json.dumps(answer)[:300]}")
    for job, times in starts.items():
        if times != sorted(set(times)) or times and not begin <= times[0] <= times[-1] < end:
            raise Failed(f"windows of {job!r} are not ascending times from {stamp(begin)} to before {stamp(end)}")
    return starts


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text):
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time.astimezone(datetime.timezone.utc)


def span(cadence, n):
    return datetime.timedelta(seconds=CADENCES[cadence][0] * n)


def ask_eight(adapter, project, cadence, jobs):
    """Returns the starts of the windows of each job in eight usual ones."""
    starts = ask_windows(adapter, project, BEGIN, BEGIN + span(cadence, 8))
    for job in jobs:
        if len(starts.get(job, [])) < 7:
            raise Failed(f"job {job!r}: {len(starts.get(job, []))} windows begin in eight {cadence}s")
    return starts


def windows_case(case, cadence):
    begin, end = BEGIN, BEGIN + span(cadence, 8)

    def spacing(adapter, project, starts):
        usual, less, more = CADENCES[cadence]
        for job in case["jobs"]:
            times = starts[0][job]
            for one, next in zip(times, times[1:]):
                if not usual - less <= (next - one).total_seconds() <= usual + more:
                    raise Failed(f"job {job!r}: the window from {stamp(one)} to {stamp(next)} is not one {cadence} long")

    def again(adapter, project, starts):
        for restart in (False, True):
            if restart:
                adapter.stop()
            if ask_windows(adapter, project, begin, end) != starts[0]:
                raise Failed("another answer to the same question" + (" after a restart" if restart else ""))

    def parts(adapter, project, starts):
        for job in case["jobs"]:
            times = starts[0][job]
            for one, other in ((times[1], times[3]), (times[2] + datetime.timedelta(seconds=1), end)):
                part = ask_windows(adapter, project, one, other).get(job)
                if part != [t for t in times if one <= t < other]:
                    raise Failed(f"job {job!r}: the windows from {stamp(one)} to {stamp(other)} are others than in a longer time")

    def same(adapter, project, starts):
        for n, other in enumerate(starts[1:], 2):
            for job in case["jobs"]:
                if starts[0][job] != other[job]:
                    raise Failed(f"job {job!r} is at {stamp(starts[0][job][0])} in project 1, and at {stamp(other[job][0])} in project {n}")

    check = {"spacing": spacing, "again": again, "parts": parts, "same": same}[case["check"]]

    def run(adapter, project, case):
        starts = []
        for toml in case["projects"]:
            write_project(project, toml.replace("{cadence}", cadence))
            starts.append(ask_eight(adapter, project, cadence, case["jobs"]))
        check(adapter, project, starts)

    return run


# Behaviour


def behaviour_case(case, cadence):
    names = ["first", "second"] if "entrypoint" not in case else ["first"]

    def run(adapter, project, case):
        entrypoints = [case.get("entrypoint", f"conformance_jobs:{name}") for name in names]
        write_project(project, '[project]\nname = "app"\nversion = "1.0"\n' + "".join(
            f'\n[tool.scheduled.{name}]\nevery = "{cadence}"\nentrypoint = "{entrypoint}"\n' for name, entrypoint in zip(names, entrypoints)))
        write_jobs(project)
        starts = ask_eight(adapter, project, cadence, names)
        for n, event in enumerate(case["events"], 1):
            happen(adapter, project, n, event, starts["first"])

    return run


def happen(adapter, project, n, event, starts):
    """Lets an event of a scenario happen, and counts what was executed. Every time is one in
    the windows of the first job."""
    job, expected = event.get("job", "first"), event["runs"]
    low, high = expected if isinstance(expected, list) else (expected, expected)
    now = moment(event, starts)
    request = {"do": event["do"], "project": str(project), "job": job, "now": stamp(now)}
    request.update({flag: True for flag in ("lose", "blind") if event.get(flag)})
    if "ends" in event:
        request["ends"] = stamp(moment(event["ends"], starts))
    if event.get("restart"):
        adapter.stop()
    log = project / "executions"
    log.write_text("")
    (project / "outcome").write_text("lingers" if event.get("lose") else event.get("outcome", "returns"))
    adapter.ask(**request)
    counts = collections.Counter(log.read_text(encoding="utf-8").split("\n")[:-1])
    ran = counts.pop(job, 0)
    where = f"event {n}, {event['do']} of job {job!r} at {stamp(now)}"
    if counts:
        raise Failed(f"{where}: another job was executed: {', '.join(counts)}")
    if not low <= ran <= high:
        raise Failed(f"{where}: {ran} {'execution' if ran == 1 else 'executions'}, expected {low if low == high else f'{low} or {high}'}")


def moment(place, starts):
    """Returns the time of an event: a part of a window, or seconds from its start."""
    start, end = starts[place["window"]], starts[place["window"] + 1]
    if "seconds" in place:
        return start + datetime.timedelta(seconds=place["seconds"])
    return start + datetime.timedelta(seconds=int((end - start).total_seconds() * place["at"]))


def write_jobs(project):
    package = project / "conformance_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for file, depth, functions in (
        (project / "conformance_jobs.py", 0, {"first": "first", "second": "second", "erledigen_für_alle": "first"}),
        (package / "jobs.py", 1, {"nested": "first"}),
    ):
        text = JOBS.replace("DEPTH", str(depth))
        file.write_text(text + "".join(f'\ndef {name}():\n    return _run("{job}")\n' for name, job in functions.items()), encoding="utf-8")
