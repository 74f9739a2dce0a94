package onboarding

import (
	"bytes"
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Try runs a job on this machine. It returns how that ended if it succeeded. The output is
// kept to itself, unless the job fails.
func Try(ctx context.Context, job execution.Job) (how string, err error) {
	var output bytes.Buffer
	job.Environ = append(slices.Clip(job.Environ), "PYTHONDONTWRITEBYTECODE=1") // leaves no __pycache__ beside the files
	job.Output = func(execution.Variables) (stdout, stderr io.Writer, end func()) { return &output, &output, func() {} }
	told := execution.Told{Decided: func(schedule.Decision) {}, Ended: func(r execution.Result) {
		switch {
		case r.Skipped:
		case r.OK:
			how = problem.Show(job.ID) + " " + r.How() + " on this machine"
		default:
			job.Say(strings.TrimRight(output.String(), "\n"))
			err = problem.New(r.Hint, "job %s %s on this machine: %s", problem.Show(job.ID), r.How(), r.Cause)
		}
	}}
	if failed := job.RunLocally(ctx, execution.Wish{}, told); failed != nil {
		err = failed
	}
	return how, err
}

// Tried says which job has succeeded on this machine, by the ledger beside pyproject.toml.
func (b *Beginning) Tried() string {
	file := b.Place.AbsFile()
	if !ledger.Exists(file) {
		return ""
	}
	book, err := ledger.Open(file, func(string) {})
	if err != nil {
		return ""
	}
	for _, job := range b.Project.Jobs {
		runs, _ := book.Runs(job.ID)
		if slices.ContainsFunc(runs, func(r schedule.Run) bool { return r.Success }) {
			return problem.Show(job.ID) + " ran on this machine"
		}
	}
	return ""
}

// patience is how long to wait for GitHub's answer, which is not essential.
const patience = 10 * time.Second

// Runs is how the jobs have run on GitHub.
type Runs struct {
	Green  string // where the newest green run is; "" if none is known
	Failed string // where the newest run is that is over, if it failed; else ""
}

// Runs asks GitHub about the newest runs.
func (b *Beginning) Runs(ctx context.Context, client *github.Client) (found Runs, _ error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	newest, _, _, err := client.Newest(ctx, b.Keeper.Branch, time.Time{}, 1)
	over := false
	for _, run := range newest {
		if !run.Over() || !slices.ContainsFunc(b.Jobs(), func(job pyproject.Job) bool { return job.File() == path.Base(run.File) }) {
			continue
		}
		if run.Succeeded() {
			found.Green = run.URL
			break
		}
		if !over && run.Failed() {
			found.Failed = run.URL
		}
		over = true
	}
	return found, err
}
