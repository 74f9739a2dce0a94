import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProgramHook(BuildHookInterface):
    """Puts the program where pip, uv and pipx look for commands."""

    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + os.environ["WHEEL_PLATFORM"]
        for program in os.listdir(os.path.join(self.root, "bin")):
            build_data["shared_scripts"]["bin/" + program] = program
