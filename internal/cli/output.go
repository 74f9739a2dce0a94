package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// say writes a remark for people. The commands that it names are called as this one was.
func (p *Program) say(remark string) {
	fmt.Fprintln(p.Stderr, p.inWords(remark))
}

// inWords returns a text for people with the commands as they call them.
func (p *Program) inWords(text string) string {
	return strings.ReplaceAll(text, "`scheduled ", "`"+p.called()+" ")
}

// called returns how people call the program: gh starts an extension by the name of its
// repository.
func (p *Program) called() string {
	if strings.HasPrefix(filepath.Base(p.Name), "gh-scheduled") {
		return "gh scheduled"
	}
	return "scheduled"
}

// warn reports a non-fatal error, if there is one.
func (p *Program) warn(runner *actions.Runner, err error) {
	if err == nil {
		return
	}
	message := err.Error()
	if hint := problem.Hint(err); hint != "" {
		message += "\nhint: " + hint
	}
	if runner.On() {
		runner.Warning(message)
		return
	}
	p.say("warning: " + message)
}

// printJSON writes a result for machines.
func (p *Program) printJSON(result any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return err
	}
	// A Log would break it up, and change its value.
	_, err := p.Stdout.Write(bytes.ReplaceAll(text.Bytes(), []byte("##["), []byte(`#\u0023[`)))
	return err
}

// screen returns what w can show.
func (p *Program) screen(w io.Writer) table.Screen { return table.ScreenOf(w, p.getenv) }

// table returns a table that is written to w.
func (p *Program) table(w io.Writer, columns ...table.Column) *table.Table {
	return table.New(w, p.screen(w), columns...)
}

// The columns of tables without a header.
var (
	whole  = table.Column{}
	phrase = table.Column{Least: 24, Wrap: true}
)

// printNoJobs says that a project has no jobs, and how to add one.
func (p *Program) printNoJobs(file string) error {
	_, err := fmt.Fprintf(p.Stdout, p.inWords("%s declares no job. Add a table such as\n\n"+
		"[tool.scheduled.clean-files]\nevery = \"day\"\nentrypoint = \"app.jobs:clean_files\"\n\nor have `scheduled init` add an example\n"), file)
	return err
}

// getenv returns the value of an environment variable, "" if it is not set.
func (p *Program) getenv(name string) string {
	return python.Environ(p.Environ).Get(name)
}

// annotator returns a runner that writes errors for the pages of GitHub to w, wherever
// the program runs: it is for users who ask for that format.
func (p *Program) annotator(w io.Writer) *actions.Runner {
	return actions.New(w, func(name string) string {
		if name == "GITHUB_ACTIONS" {
			return "true"
		}
		return p.getenv(name)
	})
}

// annotateProblems marks what is wrong with the project's configuration or its
// entrypoints, if that is what the error says. inRepository returns the path of a
// file from the repository's root.
func (p *Program) annotateProblems(w io.Writer, title string, err error, inRepository func(file string) string) {
	problems, _ := errors.AsType[problem.Problems](err)
	var all []actions.Annotation
	for _, wrong := range problems {
		message := wrong.Message
		if wrong.Hint != "" {
			message += "\nhint: " + wrong.Hint
		}
		at := actions.Place{File: inRepository(wrong.File), Line: wrong.Line, Column: wrong.Column}
		all = append(all, actions.Annotation{At: at, Title: title, Message: message})
	}
	p.annotator(w).Errors(all, "the log of the step has all of them")
}

func paths(changes []workflow.Change) []string {
	paths := make([]string, 0, len(changes))
	for _, c := range changes {
		paths = append(paths, c.Path)
	}
	return paths
}

func jsonArray(paths []string) string {
	encoded, err := json.Marshal(paths)
	if err != nil {
		panic(err) // strings
	}
	return string(encoded)
}

// synced is the output of `sync --json`: paths relative to the repository's root.
type synced struct {
	Created   []string `json:"created"`
	Updated   []string `json:"updated"`
	Deleted   []string `json:"deleted"`
	Unchanged []string `json:"unchanged"`

	Kept        []keptPin    `json:"kept"`         // pins that sync did not write and keeps instead of its own
	PullRequest *pullRequest `json:"pull_request"` // null without one
}

type keptPin struct {
	Uses    string   `json:"uses"`
	Version string   `json:"version"`
	Files   []string `json:"files"`
}

func keptPins(plan workflow.Plan) []keptPin {
	pins := []keptPin{}
	for _, k := range plan.Kept() {
		pins = append(pins, keptPin{k.Uses.String(), k.Version, k.Files})
	}
	return pins
}

// pullRequest is what became of a pull request.
type pullRequest struct {
	Number    int              `json:"number"`
	URL       string           `json:"url"`
	Operation github.Operation `json:"operation"`
}

// pullOutputs returns the outputs of a step that keeps a pull request.
func pullOutputs(pull github.Pull) [][2]string {
	number := ""
	if pull.Number != 0 {
		number = strconv.Itoa(pull.Number)
	}
	return [][2]string{
		{"pull-request-number", number},
		{"pull-request-url", pull.URL},
		{"pull-request-operation", string(pull.Operation)},
		{"pull-request-head-sha", pull.Head},
	}
}

// runner returns the runner of GitHub Actions; its commands go to w.
func (p *Program) runner(w io.Writer) *actions.Runner {
	return actions.New(w, p.getenv)
}

// clockOrNone writes a time for people; "-" for none.
func clockOrNone(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return problem.Clock(t)
}

// painter returns a function that gives a text the colour of a state on w.
func (p *Program) painter(w io.Writer) func(state schedule.State, text string) string {
	color := p.screen(w).Color
	return func(state schedule.State, text string) string {
		code, known := stateColors[state]
		if !color || !known {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
}

var stateColors = map[schedule.State]string{
	schedule.StateConfirmed: "32", // green
	schedule.StateLate:      "33", // yellow
	schedule.StateRescued:   "33",
	schedule.StateRunning:   "36", // cyan
	schedule.StateFailed:    "31", // red
	schedule.StateMissed:    "31",
	schedule.StateExpired:   "31",
}

// note writes what people should know beside a result.
func (p *Program) note(remarks []string) {
	for _, remark := range remarks {
		p.say("note: " + remark)
	}
}

// shared lets several goroutines write to one stream.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// progress shows what goes on, every two seconds until stop is called.
func (p *Program) progress(what func() string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.Tick(2 * time.Second); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				p.say(what())
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
