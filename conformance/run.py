#!/usr/bin/env python3
"""Runs the conformance suite of `scheduled` against a provider.

    python3 conformance/run.py -- COMMAND [ARGUMENT...]

COMMAND is an adapter: it reads requests from stdin, one JSON object a line, and answers
each with one on stdout. README.md describes them. This file needs Python 3.8 and its
standard library only.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
VERSION = (HERE / "VERSION").read_text().strip()

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


class Adapter:
    """A running COMMAND, started again when it has ended."""

    def __init__(self, command, timeout):
        self.command, self.timeout, self.process = command, timeout, None

    def start(self):
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.process.stdout, self.lines), daemon=True).start()

    @staticmethod
    def read(stdout, lines):
        for line in stdout:
            lines.put(line)
        lines.put(None)

    def stop(self):
        if self.process is None:
            return
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.stderr.close()
        self.process = None

    def ask(self, **request):
        line = json.dumps(request).encode() + b"\n"
        for fresh in (False, True):
            if self.process is None or fresh:
                self.stop()
                try:
                    self.start()
                except OSError as error:
                    raise Broken(f"the adapter cannot be started: {error}")
                fresh = True
            try:
                self.process.stdin.write(line)
                self.process.stdin.flush()
                answer = self.lines.get(timeout=self.timeout)
            except OSError:
                answer = None
            except queue.Empty:
                self.process.kill()
                raise self.broken(f"no answer to {request['do']} within {self.timeout:g} s")
            # An adapter may answer one request and end.
            if answer is not None or fresh:
                break
        if answer is None:
            raise self.broken(f"the adapter ended without an answer to {request['do']}")
        try:
            answer = json.loads(answer)
        except ValueError:
            raise self.broken(f"the answer to {request['do']} is not JSON: {answer[:200]!r}")
        if not isinstance(answer, dict):
            raise self.broken(f"the answer to {request['do']} is not an object: {answer!r}")
        if "error" in answer:
            raise self.broken(f"{request['do']}: {answer['error']}")
        return answer

    def broken(self, what):
        self.stderr.seek(0)
        said = self.stderr.read()[-2000:].decode(errors="replace").strip()
        self.stop()
        return Broken(what + (f"; its stderr: {said}" if said else ""))


class Provider:
    """What the adapter says about itself."""

    def __init__(self, adapter):
        said = adapter.ask(do="describe", suite=VERSION)
        try:
            self.name, self.version = str(said["name"]), str(said.get("version", ""))
            self.cadences, self.capabilities = list(said["cadences"]), list(said.get("capabilities", []))
        except KeyError as error:
            raise Broken(f"the answer to describe lacks {error}")
        except TypeError as error:
            raise Broken(f"the answer to describe has no list of cadences or capabilities: {error}")
        for known, named in ((CADENCES, self.cadences), (CAPABILITIES, self.capabilities)):
            for name in named:
                if name not in known:
                    raise Broken(f"describe names {name!r}; known are {', '.join(known)}")
        if not self.cadences:
            raise Broken("describe names no cadence")
        self.cadences.sort(key=list(CADENCES).index)

    def chosen(self, which):
        """Returns the cadences that a case is run with: all, or the most usual one."""
        if which == "all":
            return self.cadences
        return ["hour"] if "hour" in self.cadences else self.cadences[:1]


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
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)


def span(cadence, n):
    return datetime.timedelta(seconds=CADENCES[cadence][0] * n)


def windows_case(case, cadence):
    begin, end = BEGIN, BEGIN + span(cadence, 8)

    def spacing(adapter, project, starts):
        usual, less, more = CADENCES[cadence]
        for job, times in starts[0].items():
            if len(times) < 7:
                raise Failed(f"job {job!r}: {len(times)} windows begin in eight {cadence}s")
            for one, next in zip(times, times[1:]):
                if not usual - less <= (next - one).total_seconds() <= usual + more:
                    raise Failed(f"job {job!r}: the window from {stamp(one)} to {stamp(next)} is not a {cadence}")

    def again(adapter, project, starts):
        for restart in (False, True):
            if restart:
                adapter.stop()
            if ask_windows(adapter, project, begin, end) != starts[0]:
                raise Failed("another answer to the same question" + (" after a restart" if restart else ""))

    def parts(adapter, project, starts):
        for job, times in starts[0].items():
            for one, other in ((times[1], times[3]), (times[2] + datetime.timedelta(seconds=1), end)):
                part = ask_windows(adapter, project, one, other)[job]
                if part != [t for t in times if one <= t < other]:
                    raise Failed(f"job {job!r}: the windows from {stamp(one)} to {stamp(other)} are others than in a longer time")

    def same(adapter, project, starts):
        for n, other in enumerate(starts[1:], 2):
            for job in case["jobs"]:
                if starts[0].get(job) != other.get(job):
                    moved = [stamp(s[job][0]) if s.get(job) else "none" for s in (starts[0], other)]
                    raise Failed(f"job {job!r} is at {moved[0]} in project 1 and at {moved[1]} in project {n}")

    check = {"spacing": spacing, "again": again, "parts": parts, "same": same}[case["check"]]

    def run(adapter, project, case):
        starts = []
        for toml in case["projects"]:
            write_project(project, toml.replace("{cadence}", cadence))
            starts.append(ask_windows(adapter, project, begin, end))
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
        starts = ask_windows(adapter, project, BEGIN, BEGIN + span(cadence, 8))
        if len(starts.get("first", [])) < 7:
            raise Failed(f"job 'first': {len(starts.get('first', []))} windows begin in eight {cadence}s")
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
        raise Failed(f"{where}: {ran} executions, expected {low if low == high else f'{low} or {high}'}")


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


# Running and reporting

Result = collections.namedtuple("Result", "task outcome message")


def run_all(todo, adapters, fail_fast, progress):
    """Runs tasks, as many at a time as there are adapters."""
    idle, enough = queue.SimpleQueue(), threading.Event()
    for adapter in adapters:
        idle.put(adapter)

    def run(task):
        if task.skipped or enough.is_set():
            return Result(task, "skipped", task.skipped or "another case failed")
        adapter = idle.get()
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            try:
                task.run(adapter, pathlib.Path(folder).resolve(), task.case)
                return Result(task, "passed", "")
            except (Failed, Broken) as error:
                if fail_fast:
                    enough.set()
                return Result(task, "failed", str(error))
            finally:
                idle.put(adapter)

    results = []
    with concurrent.futures.ThreadPoolExecutor(len(adapters)) as pool:
        for result in pool.map(run, todo):
            results.append(result)
            progress(len(results), len(todo))
    return results


def count(results):
    counts = collections.Counter(r.outcome for r in results)
    return {outcome: counts[outcome] for outcome in ("passed", "failed", "skipped")}


def report(provider, requirements, results, seconds):
    named = f"{provider.name} {provider.version}".strip()
    print(f"scheduled conformance {VERSION}: {named}")
    print(f"cadences: {', '.join(provider.cadences)}")
    print(f"declared: {', '.join(provider.capabilities) or 'nothing optional'}")
    lacking = [c for c in CAPABILITIES if c not in provider.capabilities]
    print(f"not declared: {', '.join(lacking) or 'nothing'}\n")
    failed = []
    for requirement in requirements:
        own = [r for r in results if r.task.requirement == requirement["id"]]
        if not own:
            continue
        counts = count(own)
        failed += [requirement["id"]] if counts["failed"] else []
        verdict = "FAILED" if counts["failed"] else "ok" if counts["passed"] else "-"
        numbers = ", ".join(f"{n} {outcome}" for outcome, n in counts.items() if n)
        print(f"{requirement['id']:<4} {requirement['title']:<32} {verdict:<7} {numbers}")
    for result in results:
        if result.outcome == "failed":
            print(f"\n{result.task.requirement} {result.task.name}: {result.task.case['description']}\n    {result.message}")
    counts = count(results)
    print(f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped in {seconds:.1f} s")
    print(f"{named} does not conform: {', '.join(failed)}" if failed else f"{named} conforms")


def as_json(provider, requirements, results):
    return {
        "suite": VERSION,
        "provider": {"name": provider.name, "version": provider.version, "cadences": provider.cadences, "capabilities": provider.capabilities},
        "conforms": not any(r.outcome == "failed" for r in results),
        "requirements": [
            {"id": r["id"], "title": r["title"], **count([x for x in results if x.task.requirement == r["id"]])} for r in requirements
        ],
        "cases": [
            {"name": r.task.name, "requirement": r.task.requirement, "outcome": r.outcome, "message": r.message} for r in results
        ],
    }


def chosen(task, only):
    return not only or any(o in (task.requirement, task.requirement[0]) or o in task.name for o in only)


def main():
    parser = argparse.ArgumentParser(usage="run.py [options] -- COMMAND [ARGUMENT...]", description="Run the conformance suite of scheduled against a provider.")
    parser.add_argument("--only", action="append", default=[], metavar="R3", help="run the cases of one requirement, of one letter, or with this text in their name; can be repeated")
    parser.add_argument("--fail-fast", action="store_true", help="stop after the first failure")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for one answer (default: 60)")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), metavar="N", help="adapters at the same time (default: %(default)s)")
    parser.add_argument("command", nargs="+", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    began = time.monotonic()
    requirements = load(HERE / "requirements.json")
    adapters = [Adapter(flags.command, flags.timeout) for _ in range(max(1, flags.workers))]

    def progress(done, of):
        if sys.stderr.isatty():
            print(f"\r{done} of {of}" if done < of else "\r\x1b[K", end="", file=sys.stderr, flush=True)

    try:
        provider = Provider(adapters[0])
        todo = [t for t in tasks(provider, requirements) if chosen(t, flags.only)]
        if not todo:
            print(f"error: no case is of {' or '.join(flags.only)}", file=sys.stderr)
            return 2
        results = run_all(todo, adapters, flags.fail_fast, progress)
    except Broken as error:
        print(f"error: {error}\nhint: conformance/README.md describes the answers of an adapter", file=sys.stderr)
        return 2
    finally:
        for adapter in adapters:
            adapter.stop()
    if flags.json:
        json.dump(as_json(provider, requirements, results), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        report(provider, requirements, results, time.monotonic() - began)
    return 1 if any(r.outcome == "failed" for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
