package python

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Find returns the absolute path of the interpreter for a project's entrypoints:
// explicit, a path or a name on PATH, unless that is ""; else that of the
// project's own .venv; else python3 or python on PATH. A .venv with a broken
// interpreter is an error: any other would lack the packages in there.
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
