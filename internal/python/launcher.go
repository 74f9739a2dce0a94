package python

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
)

// Launcher is how to start the Python of a project's environment.
type Launcher struct {
	Args  []string // the command in front of Python's own arguments, Python included; the first is an absolute path
	Dir   string   // the absolute folder to start it in; a tool finds its environment by it
	Env   []string // what to add to the environment, as in os.Environ
	Words string   // for the log: "uv run --no-sync python"
}

// Command returns the command that starts Python with these arguments, in env
// and what the launcher adds to it.
func (l Launcher) Command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, l.Args[0], slices.Concat(l.Args[1:], args)...)
	cmd.Dir = l.Dir
	cmd.Env = slices.Concat(env, l.Env, []string{"PWD=" + l.Dir})
	return cmd
}

// commands start Python in an environment that only the tool itself can find.
var commands = map[installer.Tool]string{
	installer.UV:     "uv run --no-sync python",
	installer.Poetry: "poetry run python",
	installer.PDM:    "pdm run python",
	installer.Pixi:   "pixi run --locked python",
	installer.Hatch:  "hatch run python",
	installer.Pipenv: "pipenv run python",
	installer.Conda:  "micromamba run -n " + installer.CondaName + " python",
}

// Find returns how to start Python for the project in dir of the repository
// in root, both absolute: explicit, a path or a name on PATH, unless that is "";
// else the interpreter of the tool's virtual environment, if starting that is
// all the tool would do; else the tool's own command, if the tool is on PATH;
// else that of the nearest .venv, up to the folder that the tool works in; else
// python3 or python on PATH. A .venv with a broken interpreter is an error: any
// other would lack the packages in there. PATH and the tools' variables are those
// of this process.
func Find(e installer.Environment, explicit, root, dir string) (Launcher, error) {
	if explicit != "" {
		path, err := lookUp(explicit)
		return Launcher{[]string{path}, dir, nil, path + ", as was asked for"}, err
	}
	home := filepath.Join(root, filepath.FromSlash(e.Root)) // the tool's
	command, ok := commands[e.Tool]
	if !ok {
		return find(root, home, dir)
	}
	if e.Tool == installer.Pixi && !e.Locked {
		command = strings.Replace(command, " --locked", "", 1)
	}
	if python := activeConda(); python != "" && e.Tool == installer.Conda {
		return Launcher{[]string{python}, dir, nil, python + ", of the active environment"}, nil
	}
	if venv := venv(e.Tool, home); venv != "" {
		l := inVenv(venv, root, dir)
		l.Words += ", which `" + command + "` would start"
		return l, nil
	}
	args := strings.Fields(command)
	if tool, err := lookUp(args[0]); err == nil {
		return Launcher{slices.Concat([]string{tool}, args[1:]), home, nil, command}, nil
	}
	l, err := find(root, home, dir)
	l.Words += ", because " + args[0] + " is not on PATH"
	return l, err
}
