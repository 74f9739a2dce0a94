package python

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// find is for environments that need no tool to start Python.
func find(root, home, dir string) (Launcher, error) {
	for at := dir; ; at = filepath.Dir(at) {
		venv := filepath.Join(at, ".venv")
		if _, err := os.Lstat(interpreter(venv)); err == nil {
			// A broken one is an error: any other Python would lack its packages.
			_, err := lookUp(interpreter(venv))
			return inVenv(venv, root, dir), err
		}
		if at == home || at == filepath.Dir(at) {
			break
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := lookUp(name); err == nil {
			return Launcher{[]string{path}, dir, nil, path + ", from PATH"}, nil
		}
	}
	return Launcher{}, fmt.Errorf("find interpreter: there is no %q, and neither python3 nor python on PATH",
		interpreter(filepath.Join(dir, ".venv")))
}

// inVenv starts the interpreter of a virtual environment as if that were
// activated, so that the programs in there are found as well.
func inVenv(venv, root, dir string) Launcher {
	python := interpreter(venv)
	words := python
	if inside, err := filepath.Rel(root, python); err == nil && filepath.IsLocal(inside) {
		words = filepath.ToSlash(inside)
	}
	path := filepath.Dir(python) + string(filepath.ListSeparator) + os.Getenv("PATH")
	return Launcher{[]string{python}, dir, []string{"VIRTUAL_ENV=" + venv, "PATH=" + path}, words}
}

// interpreter returns the path of a virtual environment's Python.
func interpreter(venv string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(venv, "Scripts", "python.exe")
	}
	return filepath.Join(venv, "bin", "python")
}

// lookUp returns the absolute path of an executable, because it will be started in
// the project's folder, not in ours.
func lookUp(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("find interpreter: %w", err)
	}
	return path, nil
}
