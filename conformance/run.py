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
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time

from cases import CADENCES, CAPABILITIES, HERE, Broken, Failed, load, tasks

VERSION = (HERE / "VERSION").read_text().strip()


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
                message = str(error)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                message = f"an answer is not as README.md says: {error!r}"
            finally:
                idle.put(adapter)
        if fail_fast:
            enough.set()
        return Result(task, "failed", message)

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
        print(f"error: {error}\nhint: conformance/README.md says what an adapter needs, and what it answers", file=sys.stderr)
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
