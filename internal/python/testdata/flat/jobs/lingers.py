"""Entrypoints that do not end, or leave something behind. Unix only."""
import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time


def stay():
    """Hold the lock for as long as this process lives."""
    lock = open(os.environ["LOCK"], "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("ready", flush=True)
    while True:
        time.sleep(60)


def end_slowly(*_):
    time.sleep(0.2)
    print("child ends")
    sys.exit()


def child():
    signal.signal(signal.SIGTERM, end_slowly)
    stay()


def start(function, **options):
    code = "from jobs.lingers import *; %s()" % function.__name__
    return subprocess.Popen([sys.executable, "-c", code], **options)


def sleeps():
    # A signal comes as soon as this is read: so it is one line, past Python's
    # buffers, and of short sleeps, lest one that has just begun misses it.
    os.write(1, b"ready\n"), [time.sleep(0.01) for _ in range(6000)]


def cleans_up():
    try:
        sleeps()
    except KeyboardInterrupt:
        print("cleaned")
        raise


def cleans_up_at_last():
    def clean(*_):
        print("cleaned", flush=True)
        sys.exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, clean)
    sleeps()


def ends_well():
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    sleeps()


async def cleans_up_async():
    try:
        os.write(1, b"ready\n"), [await asyncio.sleep(0.01) for _ in range(6000)]
    finally:
        print("cleaned")


def cleans_up_with_child():
    """As with a browser: the child is needed to clean up, and ends only then."""
    helper = start(cat, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        sleeps()
    finally:
        print(helper.communicate(b"asked the child")[0].decode())


def cat():
    sys.stdout.write(sys.stdin.read())


def holds_interrupt():
    """Take an interrupt as a reason to go on, and only the end as one to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    try:
        sleeps()
    except KeyboardInterrupt:
        print("goes on", flush=True)
    time.sleep(60)


def stubborn():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stay()


def stubborn_child():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start(child).wait()


def group():
    start(child).wait()


def left_group():
    start(child, start_new_session=True).wait()


def daemon():
    """Leave the group, the parent and the environment behind, as daemons do."""
    start(stay, start_new_session=True, env={"LOCK": os.environ["LOCK"]})


def waits_for_daemon():
    start(daemon).wait()
    time.sleep(60)


def kills_guard():
    """End what would end the daemon if this program died."""
    start(daemon).wait()
    time.sleep(0.1)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def waits_a_while():
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        time.sleep(4)
        alive = other.poll() is None
        other.kill()
    if not alive:
        raise SystemExit("its process is gone")


def leaves_orphan():
    code = "import os, time; os.fork() and os._exit(0); print(os.getpid(), flush=True); time.sleep(0.1)"
    orphan = int(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE).stdout.readline())
    for _ in range(500):
        if not os.path.exists("/proc/%d" % orphan):
            print("gone")
            return
        time.sleep(0.01)


def chatter():
    while True:
        print(".", flush=True)
        time.sleep(0.001)


def leaves_child():
    start(stay, stdout=subprocess.PIPE).stdout.readline()
    start(chatter)


def leaves_daemon():
    daemon = start(stay, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    daemon.stdout.readline()
    print(daemon.pid)


def leaves_chatter():
    start(chatter, start_new_session=True)


def speak():
    time.sleep(0.1)
    print("last words")


def last_words():
    start(speak)


def aborts():
    os.abort()


def forks():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        sys.exit(7)


def forked_fails():
    pid = os.fork()
    if pid == 0:
        raise ValueError("child")
    os.waitpid(pid, 0)
