package python

import (
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

//go:embed environ.py
var environPy string

// runCommands lets bash run the commands one after the other, until one fails. What one
// of them has started ends with it.
func (e Entrypoint) runCommands(ctx context.Context) (Outcome, error) {
	ctx, cancel := e.limited(ctx)
	defer cancel()
	dir, err := filepath.Abs(e.Dir)
	if err != nil {
		return Outcome{}, err
	}
	env, tidy, failed, err := e.shellEnv(ctx, dir)
	defer tidy()
	switch {
	case err != nil:
		return Outcome{}, err
	case failed != nil:
		o := e.outcome(*failed, nil)
		o.Cause = oneLine(o.Cause + ": " + e.Launcher.Words)
		return o, nil
	}
	bash, err := Environ(env).bash()
	if err != nil {
		return Outcome{Refused: true, Cause: err.Error(), Hint: problem.Hint(err)}, nil
	}
	for i := range e.Command {
		if ctx.Err() != nil {
			return e.outcome(end{stopped: context.Cause(ctx)}, nil), nil
		}
		// -p: no functions or options from the environment, such as noexec, with which
		// bash would run nothing and succeed.
		cmd := Launcher{Args: []string{bash, "--noprofile", "--norc", "-p", "-eo", "pipefail", "-c"}, Dir: dir}.Command(ctx, env, e.Command[i])
		ended, err := e.supervise(ctx, cmd, false)
		if err != nil {
			return Outcome{}, fmt.Errorf("start bash: %w", err)
		}
		if o := e.commandOutcome(ended, i); !o.OK {
			return o, nil
		}
	}
	return Outcome{OK: true}, nil
}

// commandOutcome is outcome for the command with that index.
func (e Entrypoint) commandOutcome(ended end, i int) Outcome {
	if ended == (end{}) {
		return Outcome{OK: true}
	}
	o := e.outcome(ended, nil)
	which := "command"
	if len(e.Command) > 1 {
		which = fmt.Sprintf("command %d of %d", i+1, len(e.Command))
	}
	first, _, _ := strings.Cut(e.Command[i], "\n")
	o.Cause = oneLine(fmt.Sprintf("%s: %s, %s", o.Cause, which, problem.Cut(newMask(e.Env, e.Secrets).text(first), 80)))
	if ended.code == notFound && ended.stopped == nil {
		o.Hint = "name a program that is installed, by the project's packages or by a step in before or prepare"
	}
	return o
}

// notFound is the exit code of bash for a command that it does not find.
// https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html
const notFound = 127

// shellEnv returns the environment of the commands, in which python and python3 are the
// launcher's Python, and how to remove what it needs. If a tool should have started that
// Python and did not, failed is how it ended.
func (e Entrypoint) shellEnv(ctx context.Context, dir string) (env []string, tidy func(), failed *end, err error) {
	python := e.Launcher.Args[0]
	env, tidy = slices.Concat(unbuffered(Scrubbed(e.Env, e.Token)), e.Launcher.Env), func() {}
	if len(e.Launcher.Args) > 1 {
		if python, env, failed, err = e.ask(ctx); failed != nil || err != nil {
			return nil, tidy, failed, err
		}
	}
	if !filepath.IsAbs(python) {
		if python, err = Environ(env).LookPath(python); err != nil {
			return nil, tidy, nil, err
		}
	}
	missing := Environ(env).others(python)
	if len(missing) == 0 {
		return env, tidy, nil, nil
	}
	if with := inFront(env, filepath.Dir(python)); runtime.GOOS == "windows" || len(Environ(with).others(python)) == 0 {
		return with, tidy, nil, nil
	}
	named, err := os.MkdirTemp("", "scheduled-python-*")
	if err != nil {
		return nil, tidy, nil, err
	}
	// Only what is missing: a shim of pyenv would find the others here, and start itself.
	for _, name := range missing {
		script := "#!/bin/sh\nexec '" + strings.ReplaceAll(python, "'", `'\''`) + "' \"$@\"\n"
		err = errors.Join(err, os.WriteFile(filepath.Join(named, name), []byte(script), 0o755))
	}
	return inFront(env, named), func() { os.RemoveAll(named) }, nil, err
}

// pythons are the names by which commands start Python.
var pythons = []string{"python", "python3"}

// others returns the usual names by which a program finds another Python than this, or
// none. One in another folder is another, even if it links to the same file.
func (e Environ) others(python string) (names []string) {
	want, missing := os.Stat(python)
	for _, name := range pythons {
		path, err := e.LookPath(name)
		got, failed := os.Stat(path)
		if err != nil || path != python && (errors.Join(missing, failed) != nil || filepath.Dir(path) != filepath.Dir(python) || !os.SameFile(got, want)) {
			names = append(names, name)
		}
	}
	return names
}

func inFront(env []string, folder string) []string {
	return append(slices.Clone(env), "PATH="+folder+string(filepath.ListSeparator)+Environ(env).Get("PATH"))
}

// ask lets the tool of the launcher start Python, and returns which it is and its
// environment.
func (e Entrypoint) ask(ctx context.Context) (python string, env []string, failed *end, err error) {
	exchange, err := newExchange(environPy)
	if err != nil {
		return "", nil, nil, err
	}
	defer exchange.close()
	cmd := e.Launcher.Command(ctx, unbuffered(Scrubbed(e.Env, e.Token)), "-")
	cmd.Stdin = exchange.File
	ended, err := e.supervise(ctx, cmd, false)
	var said []string // in hexadecimal: the bytes may be any
	if err == nil && (ended != end{} || json.NewDecoder(io.NewSectionReader(exchange, 0, maxReport)).Decode(&said) != nil) {
		return "", nil, &ended, nil
	}
	for i, text := range said {
		value, err := hex.DecodeString(text)
		if err != nil {
			return "", nil, nil, err
		}
		said[i] = string(value)
	}
	if err != nil || len(said) == 0 {
		return "", nil, nil, err
	}
	return said[0], said[1:], nil, nil
}

// bash returns the path of bash. On Windows it is not the one of the system, which runs
// commands in another system.
func (e Environ) bash() (string, error) {
	if runtime.GOOS != "windows" {
		if path, err := e.LookPath("bash"); err == nil {
			return path, nil
		}
		return "", problem.New("install bash, or use an entrypoint", "find bash: it is not on PATH, and the job has a command")
	}
	folders := filepath.SplitList(e.Get("PATH"))
	for _, name := range []string{"ProgramFiles", "LOCALAPPDATA"} {
		folders = append(folders, filepath.Join(e.Get(name), "Git", "bin"), filepath.Join(e.Get(name), "Programs", "Git", "bin"))
	}
	system := strings.ToLower(e.Get("SystemRoot"))
	for _, folder := range folders {
		path := filepath.Join(folder, "bash.exe")
		apps := strings.Contains(strings.ToLower(folder), `\windowsapps`)
		if filepath.IsAbs(path) && !apps && (system == "" || !strings.HasPrefix(strings.ToLower(path), system)) && exists(path) {
			return path, nil
		}
	}
	return "", problem.New("install Git for Windows, or use an entrypoint", "find bash: it is not on PATH, and the job has a command")
}
