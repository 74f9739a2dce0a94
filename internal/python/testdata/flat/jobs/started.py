"""What an entrypoint finds out about how it was started."""
import concurrent.futures
import multiprocessing
import os
import subprocess
import sys

from . import works  # which runs in no process without its package

with open(os.environ.get("IMPORTED", os.devnull), "a") as imported:
    imported.write(__name__ + "\n")

EARLY = sys.modules["__main__"].__file__


def main_file():
    main = sys.modules["__main__"]
    print(main.__file__ == EARLY == __file__, main.__name__)


def spawns():
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            print(method, pool.submit(works.square, 3).result())


def find_dotenv():
    """Look for a file from the caller's folder upwards, as find_dotenv of python-dotenv does."""
    main = __import__("__main__", None, None, fromlist=["__file__"])
    if not hasattr(main, "__file__"):
        return "interactive: " + os.getcwd()
    frame = sys._getframe()
    while frame.f_code.co_filename == __file__ or not os.path.exists(frame.f_code.co_filename):
        frame = frame.f_back
    return os.path.basename(os.path.dirname(os.path.abspath(frame.f_code.co_filename)))


def child_writes():
    child = subprocess.Popen([sys.executable, "-c", "import time; print('child'); time.sleep(60)"], stdout=subprocess.PIPE)
    print(child.stdout.readline().decode().strip())
    child.kill()
    child.wait()
