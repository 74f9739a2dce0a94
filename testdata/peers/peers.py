"""Compare scheduled serve with other resident schedulers. See README.md beside this file."""

import argparse
import datetime
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHELL_STAMP = "date +%s%N >> $STAMPS"  # stamp.py for those that start processes
FUTURE = "0 0 1 1 *"


class Peer:
    """One scheduler in a folder of its own, as the processes that it takes."""

    def __init__(self, name, tools, folder, commands, prepare=lambda *_: None):
        self.name, self.tools, self.folder = name, tools, folder / name.replace(" ", "-")
        self.commands, self.prepare, self.processes = commands, prepare, []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.stamps = self.folder / "stamps"

    def start(self, count, cron, fake=None):
        """Start it with that many jobs at that cron."""
        environment = {
            **os.environ, **(fake or {}), "STAMPS": str(self.stamps), "COUNT": str(count), "CRON": cron,
            "PYTHONPATH": str(HERE),
        }
        self.prepare(self.folder, count, cron)
        log = open(self.folder / "log", "ab")
        for command in self.commands:
            argv = [part.format(tools=self.tools, here=HERE, count=count, cron=cron) for part in command]
            self.processes.append(subprocess.Popen(
                argv, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True))

    def signal(self, number):
        """Send a signal to all of its processes."""
        for process in self.processes:
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        self.signal(signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes = []

    def runs(self):
        """The times at which jobs began, in seconds."""
        if not self.stamps.exists():
            return []
        return [int(line) / 1e9 for line in self.stamps.read_text().split()]

    def usage(self):
        """CPU seconds and MiB of memory of its processes and those below them."""
        groups = {process.pid for process in self.processes}
        ticks = pages = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it has ended
            if int(fields[3]) in groups:  # its session
                ticks += sum(map(int, fields[11:15]))
                pages += int(fields[21])
        return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def crontab(folder, count, cron):
    (folder / "crontab").write_text(f"{cron} {SHELL_STAMP}\n" * count)


def project(job):
    """Return what writes a pyproject.toml, from whose start on the jobs have slots."""
    def write(folder, count, cron):
        shutil.copy(HERE / "stamp.py", folder)
        start = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
        if (folder / "pyproject.toml").exists():
            return
        if cron == FUTURE:
            start = start.replace(year=start.year + 1)
        keys = f'cron = "{cron}"\nstart = {start:%Y-%m-%dT%H:%M:%SZ}\nexecutor = "serve"\n{job}\n'
        jobs = "".join(f"[tool.scheduled-actions.jobs.job-{i}]\n{keys}\n" for i in range(count))
        (folder / "pyproject.toml").write_text(f'[project]\nname = "peers"\nversion = "1"\n\n{jobs}')
    return write


def peers(tools, folder, stored=False):
    """All of them; stored has APScheduler keep its jobs in a file."""
    store = ["sqlite:///jobs.sqlite"] if stored else []
    serve = [["{tools}/scheduled", "serve", "--local", "--listen", ""]]
    return [Peer(name, tools, folder, *rest) for name, *rest in [
        ("serve, command", serve, project(f"command = '{SHELL_STAMP}'")),
        ("serve, entrypoint", serve, project('entrypoint = "stamp:stamp"')),
        ("supercronic", [["{tools}/supercronic", "-quiet", "crontab"]], crontab),
        ("APScheduler 3", [["{tools}/three/bin/python", "{here}/apscheduler_3.py", "{count}", "{cron}", *store]]),
        ("APScheduler 4", [["{tools}/four/bin/python", "{here}/apscheduler_4.py", "{count}", "{cron}"]]),
        ("Celery beat", [
            ["{tools}/three/bin/celery", "-A", "celery_app", "worker", "--loglevel", "WARNING"],
            ["{tools}/three/bin/celery", "-A", "celery_app", "beat", "--loglevel", "WARNING"],
        ]),
    ]]


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def until(instant):
    time.sleep(max(0, instant - time.time()))


def minute(ahead=0):
    """The begin of a minute, which is at least that many seconds from now."""
    return ((time.time() + ahead) // 60 + 1) * 60


def daily(instant):
    moment = datetime.datetime.fromtimestamp(instant, datetime.UTC)
    return f"{moment.minute} {moment.hour} * * *"


def lateness(args, folder):
    row("", "p50", "p99", "last", "began")
    row("---", "--:", "--:", "--:", "--:")
    for peer in peers(args.tools, folder):
        slot = minute(args.settle)
        peer.start(args.due, daily(slot))
        until(slot)
        while len(peer.runs()) < args.due and time.time() < slot + args.patience:
            time.sleep(1)
        peer.kill()
        late = sorted(t - slot for t in peer.runs())
        cells = [f"{late[min(len(late) - 1, len(late) * p // 100)]:.2f} s" for p in (50, 99, 100)] if late else ["", "", ""]
        row(peer.name, *cells, str(len(late)))


def idle(args, folder):
    row("", "CPU", "memory")
    row("---", "--:", "--:")
    for peer in peers(args.tools, folder):
        peer.start(args.idle, FUTURE)
        time.sleep(args.settle)
        before, _ = peer.usage()
        time.sleep(args.span)
        after, memory = peer.usage()
        peer.kill()
        row(peer.name, f"{(after - before) / args.span:.2%} of a core", f"{memory:.0f} MiB")


def together(args, folder, title, play, **options):
    """Do the same to all peers at once, each with one job a minute, and show what ran."""
    row(title, "runs")
    row("---", "---")
    all = peers(args.tools, folder, **options)
    for peer in all:
        peer.start(1, "* * * * *")
    since = play(all)
    for peer in all:
        peer.kill()
        row(peer.name, ", ".join(f"{t - since:+.0f} s" for t in peer.runs() if t > since - 5) or "none")


def killed(args, folder):
    def play(all):
        slot = minute(args.settle)
        until(slot - 10)
        for peer in all:
            peer.kill()
        until(slot + 15)
        for peer in all:
            peer.start(1, "* * * * *")
        until(slot + 90)
        return slot
    together(args, folder, "killed 10 s before a slot, started 15 s after it", play, stored=True)


def stopped(args, folder):
    def play(all):
        slot = minute(args.settle)
        until(slot - 10)
        for peer in all:
            peer.signal(signal.SIGSTOP)
        until(slot + 60 * 4 + 15)
        for peer in all:
            peer.signal(signal.SIGCONT)
        until(slot + 60 * 5 + 30)
        return slot
    together(args, folder, "stopped from 10 s before a slot until 15 s after the fourth one from then", play)


def clock(args, folder):
    """Set the clock of those that libfaketime can do it to."""
    row("", "an hour forward: runs in the minute after", "then back: runs in the two minutes after")
    row("---", "--:", "--:")
    offset = folder / "offset"
    fake = {"LD_PRELOAD": args.faketime, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    offset.write_text("+0")
    all = [peer for peer in peers(args.tools, folder) if peer.name.startswith("APScheduler")]
    for peer in all:
        peer.start(1, "* * * * *", fake)
    until(minute(args.settle) + 10)
    counts = [[len(peer.runs())] for peer in all]
    for step, span in (("+3600", 60), ("+0", 120)):
        offset.write_text(step)
        time.sleep(span)
        for peer, seen in zip(all, counts):
            seen.append(len(peer.runs()))
    for peer, (first, second, third) in zip(all, counts):
        peer.kill()
        row(peer.name, str(second - first), str(third - second))


PARTS = {part.__name__: part for part in (lateness, idle, killed, stopped, clock)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS) + " (default: all)")
    parser.add_argument("--tools", type=Path, required=True, help="folder with the programs")
    parser.add_argument("--due", type=int, default=1000, help="jobs due at once")
    parser.add_argument("--idle", type=int, default=10000, help="jobs that wait")
    parser.add_argument("--settle", type=int, default=45, help="seconds that a scheduler gets to start")
    parser.add_argument("--span", type=int, default=60, help="seconds for which idle ones are watched")
    parser.add_argument("--patience", type=int, default=300, help="seconds to wait for all that is due")
    parser.add_argument("--faketime", default="/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", help="libfaketime, for part clock")
    args = parser.parse_args()
    args.tools = args.tools.resolve()
    for name in args.parts or PARTS:
        folder = args.tools / "work" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"\n### {name}\n", flush=True)
        PARTS[name](args, folder)


if __name__ == "__main__":
    sys.exit(main())
