// Package execution runs the entrypoint of a job on this machine, and reports how it
// ended. Outside Actions it first asks the local ledger whether a run is needed.
package execution

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/scheduled-actions/scheduled/internal/heartbeat"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Job is a job to run on this machine.
type Job struct {
	pyproject.Job
	Place       pyproject.Place
	Environment installer.Environment // how its packages are installed
	Interpreter string                // instead of that of the environment; "" without one

	Environ []string // of this process, as os.Environ has it
	Program string   // the file of this program; see python.Host. "" without a guard
	Actions bool     // this is a step of GitHub Actions
	Now     func() time.Time
	Monitor *heartbeat.Monitor // is told how a run goes; nil for none
	Needs   []pyproject.Job    // the jobs that this one waits for

	Say   func(remark string)
	Warn  func(error)           // does nothing for nil
	Found func(python.Launcher) // gets the chosen Python

	// Output returns the streams of one attempt, and what to call after it.
	Output func(Variables) (stdout, stderr io.Writer, end func())
}

// Result is what became of a run.
type Result struct {
	Variables
	python.Execution
	Next    time.Time       // when it asked to be run next; zero if it did not
	Skipped bool            // nothing was executed
	Reason  schedule.Reason // of the decision to run or skip; "" in Actions, where another step has decided
}

// Execute runs the entrypoint, as often as the job's options say.
func (j Job) Execute(ctx context.Context, v Variables) Result {
	return j.execute(ctx, v, python.Host{}, func(Result) {})
}

// execute is Execute, and finish gets the result before anybody else is told. The locks
// stay open until everything that the entrypoint has started has ended.
func (j Job) execute(ctx context.Context, v Variables, host python.Host, finish func(Result)) Result {
	ended := j.beat(ctx, v)
	launcher, missing := j.launcher()
	if missing == nil {
		j.Found(launcher)
	}
	executed := python.Attempts{
		Most:    j.Options.Attempts,
		Backoff: j.Options.Backoff,
		Timeout: j.Options.Timeout,
		Random:  rand.N[time.Duration],
		Now:     j.Now,
		Sleep:   python.Sleep,
		Failed:  func(remark string) { j.Warn(fmt.Errorf("job %s: %s", problem.Show(j.ID), remark)) },
	}.Do(ctx, func(n int, timeout time.Duration) python.Outcome {
		if missing != nil {
			return python.Outcome{Refused: true, Cause: missing.Error(), Hint: problem.Hint(missing)}
		}
		e := j.entrypoint(launcher, v, n)
		if e.Host != nil {
			e.Host.Held, e.Host.Mark = host.Held, host.Mark
		}
		var end func()
		e.Stdout, e.Stderr, end = j.Output(v)
		defer end()
		e.Timeout = timeout
		return try(ctx, e)
	})
	j.hintInstall(&executed.Outcome)
	result := Result{Variables: v, Execution: executed}
	remarks := []string{executed.Remark, ""}
	if executed.OK && executed.Returned != nil {
		result.Next, remarks[1] = executed.Returned.Next.After(j.Now())
	}
	finish(result)
	ended(executed)
	for _, remark := range remarks {
		if remark != "" {
			j.Warn(fmt.Errorf("job %s: the entrypoint %s", problem.Show(j.ID), remark))
		}
	}
	return result
}

// try runs the entrypoint once. If nothing can be started, that is the outcome. Another
// attempt may succeed, as after an error while the module is loaded, which may need a
// server.
func try(ctx context.Context, e python.Entrypoint) python.Outcome {
	o, err := python.Run(ctx, e)
	if err != nil {
		return python.Outcome{Cause: err.Error()}
	}
	return o
}

// importLimit is how long the import of a module may take. Every run takes that time
// too.
const importLimit = 5 * time.Minute

// Import imports the module of the entrypoint in the current window, and returns how
// long that took. It is an error only if nothing could be started.
func (j Job) Import(ctx context.Context) (time.Duration, python.Outcome, error) {
	launcher, err := j.launcher()
	if err != nil {
		return 0, python.Outcome{}, err
	}
	e := j.importing(launcher)
	var end func()
	e.Stdout, e.Stderr, end = j.Output(Variables{})
	defer end()
	took, outcome, err := python.Import(ctx, e)
	j.hintInstall(&outcome)
	return took, outcome, err
}

// importing returns the entrypoint as Import takes it: a run in the current window, or the
// last one before, with no window missed.
func (j Job) importing(launcher python.Launcher) python.Entrypoint {
	v := Variables{Window: j.Schedule.Latest(j.Now()), Trigger: Local, RunAttempt: 1}
	e := j.entrypoint(launcher, v, 1)
	e.Timeout = importLimit
	return e
}

// launcher returns how to start the Python of the job.
func (j Job) launcher() (python.Launcher, error) {
	environ := j.Job.Environ(j.Environ)
	if j.Interpreter != "" {
		return python.Named(j.Interpreter, j.Place.Dir, environ)
	}
	return python.Find(j.Environment, j.Place.Root, j.Place.Dir, environ)
}

// entrypoint returns what the n-th attempt runs. It gets the variables in addition to
// those of this process and of the job's options.
func (j Job) entrypoint(launcher python.Launcher, v Variables, n int) python.Entrypoint {
	e := python.Entrypoint{
		Launcher:  launcher,
		Dir:       j.Place.Dir,
		Root:      j.Place.Root,
		Target:    j.Entrypoint,
		Command:   j.Options.Command,
		Arguments: v.arguments(j.Job, n),
		ExitCode:  j.Options.Result == pyproject.ExitCode,
		Env:       append(j.Job.Environ(j.Environ), v.environ(j.Job, n)...),
		Secrets:   j.Options.Hidden(),
		Token:     j.Options.Token,
	}
	if j.Program != "" {
		e.Host = &python.Host{Program: j.Program}
	}
	return e
}

// hintInstall adds to an outcome that a package may not be installed yet. In Actions
// the steps before have done that.
func (j Job) hintInstall(o *python.Outcome) {
	if command := j.Environment.Install(); command != "" && o.Hint == "" && o.Exception == "ModuleNotFoundError" && !j.Actions {
		o.Hint = fmt.Sprintf("install the project's packages with `%s`, or add the missing one to them", command)
	}
}
