package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// conclude reports what became of a window, says how the entrypoint ended, and keeps the
// error if it failed.
func (r *run) conclude(result execution.Result) {
	r.reports = append(r.reports, execution.NewReport(r.job.ID, result))
	r.warn(r.runner, r.report.Write(r.job.ID, result))
	r.warn(r.runner, r.outputs(result))
	switch {
	case result.Skipped:
	case result.OK:
		r.succeeded(result)
	default:
		r.failed = append(r.failed, r.fail(result.Execution))
	}
}

// outputs hands the later steps of the run what becomes their names.
func (r *run) outputs(result execution.Result) error {
	var outputs [][2]string
	if !result.Next.IsZero() {
		outputs = append(outputs, [2]string{"next", result.Next.Format(time.RFC3339)})
	}
	if line := result.OutcomeLine(); line != "" {
		outputs = append(outputs, [2]string{"outcome", line})
	}
	return r.runner.Outputs(outputs...)
}

// succeeded puts everything into one group of the log, because it is rarely needed.
func (r *run) succeeded(result execution.Result) {
	e := result.Execution
	if line := result.OutcomeLine(); line != "" {
		r.runner.Notice(problem.Show(r.job.ID), line)
	}
	how := fmt.Sprintf("succeeded in %s%s", e.Ended.Sub(e.Started).Round(time.Millisecond), e.After())
	defer r.runner.Group("Outcome: succeeded")()
	if !result.Next.IsZero() {
		how += ", next run " + problem.Clock(result.Next)
	}
	r.log("job " + problem.Show(r.job.ID) + " " + how)
	r.logReturned(e.Returned)
	r.warn(r.runner, r.runner.Summary(markdown.Code(problem.Show(r.job.ID))+" "+how+summarised(e.Returned)))
}

// fail leaves everything open in the log.
func (r *run) fail(e python.Execution) error {
	name, how := problem.Show(r.job.ID), "failed"+e.After()
	at := actions.Place{File: r.project.Path, Line: r.job.Line}
	if e.Frame != nil {
		at = actions.Place{File: e.Frame.File, Line: e.Frame.Line}
	}
	r.logReturned(e.Returned)
	message := e.Cause
	if e.Hint != "" {
		message += "\nhint: " + e.Hint
	}
	r.runner.Error(at, name+" "+how, message)
	summary := fmt.Sprintf("%s %s: %s", markdown.Code(name), how, markdown.Code(e.Cause))
	if e.Hint != "" {
		summary += ". Hint: " + markdown.Code(e.Hint)
	}
	summary += summarised(e.Returned)
	if e.Traceback != "" {
		summary += markdown.Folded("Traceback", e.Traceback)
	}
	r.warn(r.runner, r.runner.Summary(summary))
	return &exitError{exitFindings, problem.New(e.Hint, "job %s %s: %s", name, how, e.Cause)}
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
func (r *run) logReturned(o *python.Returned) {
	if o == nil {
		return
	}
	status, text := statusLine(o), o.Text()
	var lines []string
	if status != "" {
		lines = append(lines, "returned status "+status)
	}
	switch {
	case text == "":
	case status != "":
		lines = append(lines, text)
	case strings.Contains(text, "\n"):
		lines = append(lines, "returned:\n"+text)
	default:
		lines = append(lines, "returned "+text)
	}
	if len(lines) == 0 {
		return
	}
	if !r.runner.On() {
		r.say(strings.Join(lines, "\n"))
		return
	}
	log, end := r.runner.Verbatim()
	defer end()
	fmt.Fprintln(log, strings.ReplaceAll(strings.Join(lines, "\n"), "##[", "# #["))
}

// statusLine returns the status and the message, if the cause of a failure has not
// said them already.
func statusLine(o *python.Returned) string {
	if o.Cause != "" {
		return ""
	}
	return o.StatusLine()
}

// summarised writes what the entrypoint returned as the rest of a line of
// Markdown, and below that, folded, what does not fit into one: 10 kB in all.
func summarised(o *python.Returned) string {
	if o == nil {
		return "\n"
	}
	const most, mostInLine = 10_000, 80 // bytes; characters
	line, title, text := "", "Returned value", o.Text()
	if status := statusLine(o); status != "" {
		line, title = ", returned status "+markdown.Code(status), "Output"
	}
	switch {
	case text == "":
		return line + "\n"
	case line == "" && utf8.RuneCountInString(text) <= mostInLine && !strings.Contains(text, "\n"):
		return ", returned " + markdown.Code(text) + "\n"
	}
	return line + markdown.FoldedHTML(title, o.HTML(most-len(line)-len(markdown.FoldedHTML(title, ""))))
}
