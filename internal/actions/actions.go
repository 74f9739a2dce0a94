// Package actions talks to the GitHub Actions runner: what started this run
// comes in; outputs, summaries and annotations go out.
package actions

import (
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"
)

// Runner is the runner that started this process. Outside Actions its methods
// do nothing.
type Runner struct {
	w      io.Writer
	action *githubactions.Action
	getenv func(string) string
}

// New returns a Runner configured from the environment. Workflow commands are
// written to w, below it if it is a Log: the runner reads them from stdout and stderr
// alike.
func New(w io.Writer, getenv func(string) string) *Runner {
	w = below(w)
	return &Runner{
		w:      w,
		action: githubactions.New(githubactions.WithWriter(unfailing{w}), githubactions.WithGetenv(getenv)),
		getenv: getenv,
	}
}

// unfailing hides that a log cannot be written, because its disk is full or its reader
// is gone. The library would panic, and the work counts for more than its log.
type unfailing struct{ w io.Writer }

func (u unfailing) Write(b []byte) (int, error) {
	u.w.Write(b)
	return len(b), nil
}

// On reports whether this process runs in GitHub Actions.
func (r *Runner) On() bool { return r.getenv("GITHUB_ACTIONS") == "true" }

// Outputs sets outputs of this step, each a name and a value, in that order.
func (r *Runner) Outputs(outputs ...[2]string) error {
	for _, o := range outputs {
		if err := r.set("output", o[0], o[1]); err != nil {
			return err
		}
	}
	return nil
}

// Env sets an environment variable of the steps after this one.
func (r *Runner) Env(name, value string) error { return r.set("env", name, value) }

func (r *Runner) set(file, name, value string) error {
	if r.getenv("GITHUB_"+strings.ToUpper(file)) == "" {
		return nil
	}
	// The library's own SetOutput ends values with a fixed line; a random one
	// cannot occur in a value.
	end := rand.Text()
	return r.issueFile(file, fmt.Sprintf("%s<<%s\n%s\n%s", name, end, value, end))
}

// Summary adds Markdown to the summary of this step.
func (r *Runner) Summary(markdown string) error {
	if r.getenv("GITHUB_STEP_SUMMARY") == "" {
		return nil
	}
	return r.issueFile("step-summary", "\n"+markdown) // the text before may end without a newline
}

// issueFile issues a command through its file. The library panics where the
// file cannot be written.
func (r *Runner) issueFile(name, message string) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("write %s of the step: %v", name, reason)
		}
	}()
	r.action.IssueFileCommand(&githubactions.Command{Name: name, Message: message})
	return nil
}

// Place is where in the repository an annotation belongs. The zero Place is
// nowhere.
type Place struct {
	File   string // relative to the repository's root, with slashes
	Line   int    // from 1
	Column int    // from 1; 0 for the whole line
}

// Warning shows a warning in the log and on the run's page.
func (r *Runner) Warning(message string) {
	if r.On() {
		r.action.Warningf("%s", cut(message))
	}
}

// Notice shows a remark on the run's page.
func (r *Runner) Notice(title, message string) {
	if r.On() {
		r.action.WithFieldsMap(map[string]string{"title": title}).Noticef("%s", cut(message))
	}
}

// Error marks a line of the repository with an error.
func (r *Runner) Error(at Place, title, message string) {
	if !r.On() {
		return
	}
	fields := map[string]string{"title": title}
	if at.File != "" {
		fields["file"], fields["line"] = at.File, strconv.Itoa(at.Line)
	}
	if at.Column > 0 {
		fields["col"] = strconv.Itoa(at.Column)
	}
	r.action.WithFieldsMap(fields).Errorf("%s", cut(message))
}

// Annotation is an error at a place.
type Annotation struct {
	At             Place
	Title, Message string
}

// Errors marks lines with errors. If there are more than GitHub shows, the last one
// says how many more, and rest says where to find them.
func (r *Runner) Errors(all []Annotation, rest string) {
	shown := all
	if len(all) > MaxErrors {
		shown = all[:MaxErrors-1]
	}
	for _, a := range shown {
		r.Error(a.At, a.Title, a.Message)
	}
	if more := len(all) - len(shown); more > 0 {
		r.Error(all[len(shown)].At, fmt.Sprintf("%d more", more), fmt.Sprintf("%d more errors like this one follow: %s", more, rest))
	}
}

// MaxErrors is how many errors of a step GitHub shows: "10 warning annotations,
// 10 error annotations, and 10 notice annotations per step".
// https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
const MaxErrors = 10

// maxMessage is how long the message of an annotation can be.
const maxMessage = 4096

// cut shortens a message to what an annotation can show.
func cut(message string) string {
	runes := []rune(message)
	if len(runes) <= maxMessage {
		return message
	}
	return string(runes[:maxMessage-1]) + "…"
}

// Group begins a part of the log that is folded, under a title of one line, until
// the returned function is called. Groups do not nest.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#grouping-log-lines
func (r *Runner) Group(title string) (end func()) {
	if !r.On() {
		return func() {}
	}
	r.action.Group(title)
	return r.action.EndGroup
}

// stopCommands makes the runner treat everything that follows as plain text
// until the returned function is called, so that other programs' text cannot issue
// workflow commands. The text must go to the same stream and end in a newline.
func (r *Runner) stopCommands() (resume func()) {
	if !r.On() {
		return func() {}
	}
	token := rand.Text()
	r.action.IssueCommand(&githubactions.Command{Name: "stop-commands", Message: token})
	return func() { r.action.IssueCommand(&githubactions.Command{Name: token}) }
}
