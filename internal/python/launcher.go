package python

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Launcher says which Python is a project's own, and how to start it.
type Launcher struct {
	Args  []string // the command in front of Python's own arguments, Python included; the first is an absolute path
	Dir   string   // the absolute folder to start it in, by which a tool finds its environment
	Env   []string // what to add to the environment, as in os.Environ
	Words string   // for the log: "uv run --no-sync python"

	// Python is the absolute path of the interpreter, links not followed; "" if only
	// the tool in Args knows it. It may be the project's own file.
	Python string
	// Venv is the absolute folder of the virtual or conda environment in which Python
	// has its packages; "" if there is none, or only the tool knows it.
	Venv string
}

// Command returns the command that starts Python with these arguments, in env
// and what the launcher adds to it.
func (l Launcher) Command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, l.Args[0], slices.Concat(l.Args[1:], args)...)
	cmd.Dir = l.Dir
	cmd.Env = slices.Concat(env, l.Env, []string{"PWD=" + l.Dir})
	return cmd
}

// Find returns which Python is a project's own. This is the only rule for that: all
// commands that run entrypoints, import them or look for packages use it. The project is
// in the folder dir of the repository in root, both absolute; e is how it is installed,
// and environ is the environment that its jobs get.
//
// It is the interpreter of the environment that the tool of e uses. It is started
// directly if the tool would do nothing else, or by the tool's own command. If the tool
// is not on PATH, or starts no Python itself, it is the interpreter of the nearest
// .venv, up to the folder that the tool works in, or python3 or python on PATH. A .venv
// with a broken interpreter is an error: any other Python would lack its packages.
//
// Find only looks at files and starts nothing. Not everything that it finds can be
// trusted: the paths show whether the interpreter or its environment comes with the
// project.
func Find(e installer.Environment, root, dir string, environ Environ) (Launcher, error) {
	p := place{Environ: environ, root: root, dir: dir, home: filepath.Join(root, filepath.FromSlash(e.Root))}
	tool, ok := tools[e.Tool]
	if !ok {
		return p.nearest()
	}
	command := tool.start
	if e.Tool == installer.Pixi && !e.Locked {
		command = strings.Replace(command, " --locked", "", 1)
	}
	venv, alone := tool.venv(p)
	python := ""
	if filepath.IsAbs(venv) {
		python, _ = p.LookPath(interpreter(venv))
	}
	switch {
	case python == "" || !alone:
	case e.Tool == installer.Conda:
		return direct(python, dir, python+", of the active environment"), nil
	default:
		l := p.inVenv(venv)
		l.Words += ", which `" + command + "` would start"
		return l, nil
	}
	args := strings.Fields(command)
	if program, err := p.LookPath(args[0]); err == nil {
		return Launcher{append([]string{program}, args[1:]...), p.home, nil, command, python, around(python)}, nil
	}
	l, err := p.nearest()
	l.Words += ", because " + args[0] + " is not on PATH"
	return l, err
}

// Named returns the Python that the user names for the project in dir: a path or a
// name on PATH.
func Named(name, dir string, environ Environ) (Launcher, error) {
	path, err := environ.LookPath(name)
	return direct(path, dir, path+", as you asked"), err
}

// direct starts an interpreter as it is.
func direct(python, dir, words string) Launcher {
	return Launcher{[]string{python}, dir, nil, words, python, around(python)}
}

// around returns the virtual or conda environment of an interpreter, "" if it is in
// none. A virtual one has its pyvenv.cfg beside the interpreter or one folder up.
// https://docs.python.org/3/library/site.html
func around(python string) string {
	if python == "" {
		return ""
	}
	for _, dir := range []string{filepath.Dir(python), filepath.Dir(filepath.Dir(python))} {
		if exists(filepath.Join(dir, "pyvenv.cfg")) || exists(filepath.Join(dir, "conda-meta")) {
			return dir
		}
	}
	return ""
}

// nearest finds an environment that needs no tool to start Python.
func (p place) nearest() (Launcher, error) {
	for at := p.dir; ; at = filepath.Dir(at) {
		venv := filepath.Join(at, ".venv")
		if _, err := os.Lstat(interpreter(venv)); err == nil {
			_, err := p.LookPath(interpreter(venv))
			return p.inVenv(venv), err
		}
		if at == p.home || at == filepath.Dir(at) {
			break
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := p.LookPath(name); err == nil {
			return direct(path, p.dir, path+", from PATH"), nil
		}
	}
	return Launcher{}, problem.New("install Python, as from https://www.python.org/downloads, or put it on PATH",
		"find interpreter: there is no %q, and no python3 or python on PATH", interpreter(filepath.Join(p.dir, ".venv")))
}

// inVenv starts the interpreter of a virtual environment as if that was activated,
// so that the programs in it are found as well.
func (p place) inVenv(venv string) Launcher {
	python := interpreter(venv)
	words := python
	if inside, err := filepath.Rel(p.root, python); err == nil && filepath.IsLocal(inside) {
		words = filepath.ToSlash(inside)
	}
	path := filepath.Dir(python) + string(filepath.ListSeparator) + p.Get("PATH")
	return Launcher{[]string{python}, p.dir, []string{"VIRTUAL_ENV=" + venv, "PATH=" + path}, words, python, venv}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
