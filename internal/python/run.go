// Package python finds a project's environment, runs an entrypoint in it and reports
// how it ended.
package python

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Entrypoint is a callable of a Python project, and how to run it.
type Entrypoint struct {
	Launcher  Launcher   // of its Python
	Dir       string     // the project's folder: the working directory, and first on sys.path
	Root      string     // the repository's root, Dir or above it: Frames are inside
	Target    string     // "module.name:attribute.name"
	ExitCode  bool       // what the callable returns goes to sys.exit, as in a script that an installer makes
	Arguments []Argument // of the callable
	Command   []string   // for bash, instead of Target, one after the other

	// Env is the full environment, as in os.Environ. The entrypoint gets what
	// Scrubbed leaves of it.
	Env []string

	// Secrets are names of variables in Env. Their values, and each line of them, are
	// "***" everywhere in the Outcome.
	Secrets []string
	Token   bool // GITHUB_TOKEN stays in Env

	Timeout time.Duration // 0 is none

	// Stdout and Stderr get the output at once and unchanged, and nothing after
	// Run has returned. If they are the same writer, it gets both in order.
	Stdout, Stderr io.Writer

	Host *Host // nil if this process also does other things meanwhile

	grace time.Duration // 0 is defaultGrace
}

// GuardArgument is the first argument of this program when it is to call Guard with the
// others.
const GuardArgument = "guard-entrypoint"

// Host is a process that does nothing while entrypoints run but to wait for them. On Unix
// each gets a guard: if kill -9 ends this process, everything that the entrypoint has started
// is killed. On Linux it also finds and reaps daemons that an entrypoint has started, and no
// other process of the same user can read its memory.
type Host struct {
	Program string     // the file of this program, which with GuardArgument calls Guard
	Held    []*os.File // what the guard holds open until everything is killed: the job's lock
	Mark    string     // is on all that the entrypoint starts, for EndLeft; "" for none
}

// defaultGrace is how long an entrypoint has to exit after a stop signal before it is
// killed. After its SIGINT, GitHub's runner gives no more time than this.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation
// "If the process doesn't exit within 7500 ms, the runner will send
// SIGTERM/Ctrl-Break to the process, then wait for 2500 ms for the process to
// exit. If the process is still running, the runner kills the process tree."
const defaultGrace = 10 * time.Second

// lastGrace is how long an entrypoint has to exit after a second signal. The runner
// then gives a little more than this, in which the outcome can still be reported.
const lastGrace = 2 * time.Second

// Cancelled is the cause for cancelling Run's context when a signal tells this program
// to end.
type Cancelled struct {
	Signal os.Signal
	More   <-chan os.Signal // later signals, which are passed on too; may be nil
}

func (c Cancelled) Error() string { return "cancelled by " + signalName(c.Signal) }

// timeout is the cause of a context that an Entrypoint's Timeout has ended.
type timeout time.Duration

func (t timeout) Error() string {
	text := time.Duration(t).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return "timed out after " + text
}

var (
	//go:embed settled.py
	settledPy string
	//go:embed returned.py
	returnedPy string
	//go:embed runner.py
	runnerPy string
)

func runner() string { return settledPy + returnedPy + runnerPy }

// Run runs the entrypoint to its end and returns how it ended. It is an error only if
// nothing could be started. When ctx ends or the time is up, Python is interrupted, then
// all processes of the entrypoint are told to end, and killed 10 seconds after the
// beginning. When Run returns, none of
// them is left, except daemons of an entrypoint that ended by itself.
func Run(ctx context.Context, e Entrypoint) (Outcome, error) {
	started := time.Now()
	run := e.call
	if len(e.Command) > 0 {
		run = e.runCommands
	}
	outcome, err := run(ctx)
	if err != nil {
		return Outcome{}, err
	}
	outcome.Started, outcome.Ended = started, time.Now()
	return outcome, nil
}

// call calls the target.
func (e Entrypoint) call(ctx context.Context) (Outcome, error) {
	end, report, err := e.execute(ctx, runner())
	if err != nil {
		return Outcome{}, fmt.Errorf("start entrypoint %q: %w", e.Target, err)
	}
	return e.outcome(end, report), nil
}

// execute lets the interpreter run a program and waits for its end. The report is nil
// if the interpreter did not get that far.
func (e Entrypoint) execute(ctx context.Context, program string) (end, *report, error) {
	if ctx.Err() != nil {
		return end{}, nil, context.Cause(ctx)
	}
	dir, err := filepath.Abs(e.Dir)
	if err != nil {
		return end{}, nil, err
	}
	result := "status"
	if e.ExitCode {
		result = "exit-code"
	}
	exchange, err := newExchange(arguments(append([]string{e.Target, result, dir}, e.Secrets...)) + given(e.Arguments) + program)
	if err != nil {
		return end{}, nil, err
	}
	defer exchange.close()
	ctx, cancel := e.limited(ctx)
	defer cancel()
	cmd := e.Launcher.Command(ctx, unbuffered(Scrubbed(e.Env, e.Token)), "-")
	cmd.Stdin = exchange.File
	end, err := e.supervise(ctx, cmd, len(e.Launcher.Args) == 1)
	return end, exchange.report(), err
}

// limited returns a context that the Timeout ends.
func (e Entrypoint) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, e.Timeout, timeout(e.Timeout))
}

// supervise runs a command for the entrypoint.
func (e Entrypoint) supervise(ctx context.Context, cmd *exec.Cmd, direct bool) (end, error) {
	return supervise(ctx, cmd, direct, e.Host, e.Stdout, e.Stderr, cmp.Or(e.grace, defaultGrace))
}

// unbuffered lets the Pythons that the entrypoint starts write at once, as its own does,
// unless the environment says something about that itself.
func unbuffered(env []string) []string {
	const name = "PYTHONUNBUFFERED"
	if slices.ContainsFunc(env, func(variable string) bool { return strings.HasPrefix(variable, name+"=") }) {
		return env
	}
	return append(env, name+"=1")
}

// Scrubbed returns the environment without what an entrypoint must not have: the
// credentials of the workflow run, the inputs of the action, and the files by which
// a step sets variables, outputs and the path of the steps after it. No job can
// declare a variable with one of these names. With token, GITHUB_TOKEN stays: the job
// asks for it. The step's summary stays: an entrypoint may write to it.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files
func Scrubbed(env []string, token bool) []string {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return withheld(name) && !(token && name == "GITHUB_TOKEN")
	})
}

func withheld(name string) bool {
	switch name {
	case "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_ENTERPRISE_TOKEN",
		"GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "SCHEDULED_HEARTBEAT":
		return true
	}
	for _, prefix := range []string{"INPUT_", "ACTIONS_RUNTIME_", "ACTIONS_ID_TOKEN_", "ACTIONS_CACHE_", "ACTIONS_RESULTS_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasPrefix(name, "ACTIONS_") && strings.Contains(name, "TOKEN")
}
