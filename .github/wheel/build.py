"""Makes a wheel of each archive of a release, in the same folder.

    python build.py v1.2.3 dist
"""

import os
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from hatchling.build import build_wheel

# The program is linked statically, so that one wheel is for glibc and for musl. macOS is
# the oldest that Go 1.27 supports: https://go.dev/wiki/MinimumRequirements
PLATFORMS = {
    "linux_amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux_arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin_amd64": "macosx_13_0_x86_64",
    "darwin_arm64": "macosx_13_0_arm64",
    "windows_amd64": "win_amd64",
    "windows_arm64": "win_arm64",
}

HERE = Path(__file__).absolute().parent
ROOT = HERE.parent.parent

OURS = "scheduled-actions/scheduled"
REPOSITORY = os.environ.get("GITHUB_REPOSITORY", OURS)


def main():
    version, dist = sys.argv[1], Path(sys.argv[2]).absolute()
    for archive in sorted(dist.glob("scheduled_*.tar.gz")):
        platform = archive.name.removeprefix("scheduled_").removesuffix(".tar.gz")
        with tempfile.TemporaryDirectory() as project:
            fill(Path(project), archive, version)
            os.environ |= {"WHEEL_VERSION": version.removeprefix("v"), "WHEEL_PLATFORM": PLATFORMS[platform]}
            os.chdir(project)
            print(build_wheel(str(dist)))
            os.chdir(dist)


def fill(project, archive, version):
    """Lays out what hatchling builds from."""
    shutil.copytree(HERE, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "build.py"))
    change(project / "pyproject.toml", HERE / "pyproject.toml", "/" + OURS, "/" + REPOSITORY)
    # On the page of the package, links to files of the repository lead nowhere.
    change(project / "README.md", ROOT / "README.md", r"\]\((?!https?:|#)", f"](https://github.com/{REPOSITORY}/blob/{version}/")
    shutil.copy(ROOT / "LICENSE", project)
    (project / "bin").mkdir()
    with tarfile.open(archive) as files:
        for member in files:
            if member.name in ("scheduled", "scheduled.exe"):
                program = project / "bin" / member.name
                program.write_bytes(files.extractfile(member).read())
                program.chmod(0o755)


def change(to, file, pattern, by):
    to.write_text(re.sub(pattern, by, file.read_text("utf-8")), "utf-8")


main()
