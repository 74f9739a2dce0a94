package cli

import (
	"fmt"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// conclude reports what became of a window, says how the entrypoint ended, and keeps the
// error if it failed.
func (r *run) conclude(result execution.Result) {
	r.id = result.RunID
	r.reports = append(r.reports, execution.NewReport(r.job.ID, result))
	r.warn(r.runner, r.report.Write(r.job.ID, result))
	r.warn(r.runner, r.runner.Outputs(result.Outputs()...))
	switch {
	case result.Skipped:
	case result.OK:
		r.succeeded(result)
	default:
		r.failed = append(r.failed, r.fail(result))
	}
}

// succeeded puts everything into one group of the log, because it is rarely needed.
func (r *run) succeeded(result execution.Result) {
	name := problem.Show(r.job.ID)
	if line := result.OutcomeLine(); line != "" {
		r.runner.Notice(name, line)
	}
	defer r.runner.Group("Outcome: succeeded")()
	r.log("job " + name + " " + result.How())
	r.logReturned(result)
	r.warn(r.runner, r.runner.Summary(result.Summary(name)))
}

// fail leaves everything open in the log.
func (r *run) fail(result execution.Result) error {
	name, e := problem.Show(r.job.ID), result.Execution
	at := actions.Place{File: r.project.Path, Line: r.job.Line}
	if e.Frame != nil {
		at = actions.Place{File: e.Frame.File, Line: e.Frame.Line}
	}
	r.logReturned(result)
	r.runner.Error(at, name+" "+result.How(), result.Message())
	r.warn(r.runner, r.runner.Summary(result.Summary(name)))
	return &exitError{exitFindings, problem.New(e.Hint, "job %s %s: %s", name, result.How(), e.Cause)}
}

// log writes a remark for people to the stream that logGroup writes to.
func (r *run) log(remark string) {
	if r.runner.On() {
		fmt.Fprintln(r.out, remark)
		return
	}
	r.say(remark)
}

// logReturned shows what the entrypoint returned, without effect on the runner's
// commands.
func (r *run) logReturned(result execution.Result) {
	text := result.ReturnedText()
	if text == "" {
		return
	}
	if !r.runner.On() {
		r.say(text)
		return
	}
	log, end := r.runner.Verbatim()
	defer end()
	fmt.Fprintln(log, strings.ReplaceAll(text, "##[", "# #["))
}
