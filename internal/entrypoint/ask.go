package entrypoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// ErrNoPython is the error of a machine without a Python that may be started.
var ErrNoPython = errors.New("there is no Python on PATH outside the project")

// Ask runs a script of ours, which reads input on stdin, with the first trusted Python on
// PATH, and returns what it prints: see FindReader.
func Ask(ctx context.Context, dir, root string, environ python.Environ, script string, input []byte) ([]byte, error) {
	trust, err := trustAround(dir, root)
	if err != nil {
		return nil, err
	}
	pythons := trust.pythons(environ)
	if len(pythons) == 0 {
		return nil, ErrNoPython
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, pythons[0], "-I", "-S", "-c", script)
	cmd.Dir, cmd.Env, cmd.Stdin = filepath.Dir(pythons[0]), append([]string{}, trust.lists(environ)...), bytes.NewReader(input)
	answer, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, problem.Cut(string(failed.Stderr), 200))
	}
	return answer, err
}
