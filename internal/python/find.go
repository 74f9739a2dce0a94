package python

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Find returns the path of the interpreter that starts a project's
// entrypoints: the explicit one if that is not "", a path or a name on PATH;
// else the one of the project's own .venv; else python3, else python, on PATH.
// A .venv whose interpreter cannot be started is an error: any other
// interpreter would lack what is installed there.
func Find(explicit, projectDir string) (string, error) {
	if explicit != "" {
		return lookUp(explicit)
	}
	venv := filepath.Join(projectDir, ".venv", "bin", "python")
	if runtime.GOOS == "windows" {
		venv = filepath.Join(projectDir, ".venv", "Scripts", "python.exe")
	}
	if _, err := os.Lstat(venv); err == nil {
		return lookUp(venv)
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := lookUp(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("find interpreter: there is no %q, and neither python3 nor python on PATH", venv)
}

// lookUp returns the absolute path of an executable: its working directory
// will be the project's folder, not ours.
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
