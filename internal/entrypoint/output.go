package entrypoint

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// Output returns what a program prints, which must not take long. What it leaves running
// may hold its end of the pipe for ever. No program that may have come with the project
// is started, neither here nor by a wrapper that looks at PATH or at the working folder.
func Output(ctx context.Context, place pyproject.Place, environ python.Environ, name string, args ...string) (string, error) {
	file, path, err := LookPath(name, place.Dir, place.Root, environ)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Env = append(slices.Clip(environ), "PATH="+path)
	cmd.Dir = filepath.Dir(file)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program itself succeeded
	}
	return strings.TrimSpace(string(out)), err
}
