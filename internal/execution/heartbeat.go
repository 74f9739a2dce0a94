package execution

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/heartbeat"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// lastPing is how long a job that was told to end may take to tell its monitor: less than
// the 7.5 seconds that GitHub's runner gives between its signals.
const lastPing = 5 * time.Second

// beat tells the job's monitor that an execution starts, and returns what tells it the
// end. If ctx ends, that is told at once: it may take the entrypoint until this program
// is killed to clean up. A monitor that cannot be told is a warning.
func (j Job) beat(ctx context.Context, v Variables) (ended func(python.Execution)) {
	if j.Monitor == nil {
		return func(python.Execution) {}
	}
	j.untold(j.Monitor.Start(ctx))
	stopped := make(chan error, 1)
	running := context.AfterFunc(ctx, func() {
		cause := python.Outcome{Cause: context.Cause(ctx).Error()}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPing)
		defer cancel()
		stopped <- j.Monitor.Fail(ctx, j.failure(v, python.Execution{Outcome: cause, Most: 1}))
	})
	return func(e python.Execution) {
		told := !running()
		if told {
			j.untold(<-stopped)
		}
		switch ctx := context.WithoutCancel(ctx); {
		case e.OK: // even if it was told to end, a moment later
			j.untold(j.Monitor.Success(ctx))
		case !told:
			j.untold(j.Monitor.Fail(ctx, j.failure(v, e)))
		}
	}
}

// Failed tells the job's monitor about a failure before or after the entrypoint.
func (j Job) Failed(ctx context.Context, cause string) {
	if ctx.Err() == nil {
		failed := python.Execution{Outcome: python.Outcome{Cause: cause}, Most: 1}
		j.untold(j.Monitor.Fail(ctx, j.failure(Variables{}, failed)))
	}
}

// untold warns that the job's monitor could not be told something.
func (j Job) untold(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		j.Warn(fmt.Errorf("job %s: cannot send the heartbeat: %w", problem.Show(j.ID), err))
	}
}

// failure is what the monitor gets to read about a failed execution.
func (j Job) failure(v Variables, e python.Execution) string {
	code := "none"
	if e.Exit != nil {
		code = strconv.Itoa(*e.Exit)
	}
	lines := []string{
		fmt.Sprintf("job %s failed%s", problem.Show(j.ID), e.After()),
		"exit code: " + code,
		"cause: " + e.Cause,
	}
	if !v.Window.IsZero() {
		lines = append(lines, WindowWords(v.Window))
	}
	if page := RunPage(python.Environ(j.Environ).Get); page != "" {
		lines = append(lines, page)
	}
	return strings.Join(lines, "\n") + "\n"
}

// RunPage returns the address of the page of this run in Actions, "" elsewhere.
// https://docs.github.com/actions/reference/workflows-and-actions/variables
func RunPage(getenv func(string) string) string {
	if getenv("GITHUB_ACTIONS") != "true" || getenv("GITHUB_RUN_ID") == "" {
		return ""
	}
	return getenv("GITHUB_SERVER_URL") + "/" + getenv("GITHUB_REPOSITORY") + "/actions/runs/" + getenv("GITHUB_RUN_ID")
}

// Monitor returns the monitor with the URL of a job's heartbeat; nil, and why, if there
// is no such URL.
func Monitor(job pyproject.Job, url string) (*heartbeat.Monitor, error) {
	secret := job.Options.Heartbeat
	if secret == "" {
		return nil, nil
	}
	if strings.TrimSpace(url) == "" {
		return nil, problem.New("store the URL of the check in it", "job %s: no heartbeat is sent, because %s is not set, or empty", problem.Show(job.ID), secret)
	}
	monitor, err := heartbeat.New(url)
	if err != nil {
		return nil, problem.New(problem.Hint(err), "job %s: no heartbeat is sent, because of %s: %w", problem.Show(job.ID), secret, err)
	}
	return monitor, nil
}
