package execution

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// OutcomeLine says on one line of at most 200 characters how an execution ended: "failed: "
// and the cause, or what status and message it returned. It is "" after a success that
// said nothing.
func (r Result) OutcomeLine() string {
	const most = 200
	switch {
	case r.Skipped:
		return ""
	case !r.OK:
		return problem.Cut("failed: "+r.Cause, most)
	case r.Returned == nil || r.Returned.Status == "" || r.Returned.Message == "":
		return ""
	}
	return problem.Cut(r.Returned.StatusLine(), most)
}

// Outputs are those of the step, which become the names of later ones.
func (r Result) Outputs() (outputs [][2]string) {
	if !r.Next.IsZero() {
		outputs = append(outputs, [2]string{"next", r.Next.Format(time.RFC3339)})
	}
	if line := r.OutcomeLine(); line != "" {
		outputs = append(outputs, [2]string{"outcome", line})
	}
	return outputs
}

// How says how an execution ended, without its cause: "succeeded in 2s".
func (r Result) How() string {
	if !r.OK {
		return "failed" + r.After()
	}
	how := fmt.Sprintf("succeeded in %s%s", r.Ended.Sub(r.Started).Round(time.Millisecond), r.After())
	if !r.Next.IsZero() {
		how += ", next run " + problem.Clock(r.Next)
	}
	return how
}

// Summary is what people read about an execution of the job, in Markdown.
func (r Result) Summary(job string) string {
	summary := markdown.Code(job) + " " + r.How()
	if r.OK {
		return summary + summarised(r.Returned)
	}
	summary += ": " + markdown.Code(r.Cause)
	if r.Hint != "" {
		summary += ". Hint: " + markdown.Code(r.Hint)
	}
	summary += summarised(r.Returned)
	if r.Traceback != "" {
		summary += markdown.Folded("Traceback", r.Traceback)
	}
	return summary
}

// Message is why an execution failed, and what to do about it, if that is known.
func (r Result) Message() string {
	if r.Hint == "" {
		return r.Cause
	}
	return r.Cause + "\nhint: " + r.Hint
}

// ReturnedText is what people read in a log about what the entrypoint returned; "" if there
// is nothing to read.
func (r Result) ReturnedText() string {
	if r.Returned == nil {
		return ""
	}
	status, text := statusLine(r.Returned), r.Returned.Text()
	switch {
	case status != "" && text != "":
		return "returned status " + status + "\n" + text
	case status != "":
		return "returned status " + status
	case strings.Contains(text, "\n"):
		return "returned:\n" + text
	case text != "":
		return "returned " + text
	}
	return ""
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
