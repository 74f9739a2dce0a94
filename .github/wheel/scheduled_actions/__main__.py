import os
import subprocess
import sys
import sysconfig


def main():
    """Becomes the program that is installed beside this module."""
    schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")]
    name = "scheduled" + (".exe" if os.name == "nt" else "")
    for scheme in schemes:
        program = os.path.join(sysconfig.get_path("scripts", scheme), name)
        if os.path.isfile(program):
            break
    else:
        sys.exit("error: the wheel is installed without its program\nhint: install it again")
    command = [program, *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(command).returncode)
    os.execv(program, command)


if __name__ == "__main__":
    main()
