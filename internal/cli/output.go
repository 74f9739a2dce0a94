package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"golang.org/x/term"
)

// say writes a remark for people.
func (p *Program) say(remark string) {
	fmt.Fprintln(p.Stderr, remark)
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
	// A Log would break it up, and another value would be read.
	_, err := p.Stdout.Write(bytes.ReplaceAll(text.Bytes(), []byte("##["), []byte(`#\u0023[`)))
	return err
}

// table returns a writer that aligns tab-separated columns. Call Flush.
func table(w io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
}

// color reports whether w is a terminal whose owner wants colour.
// https://no-color.org
func (p *Program) color(w io.Writer) bool {
	return terminal(w) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

// terminal reports whether a stream is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// printNoJobs says that a project has no jobs, and how to add one.
func printNoJobs(w io.Writer, file string) error {
	_, err := fmt.Fprintf(w, "%s declares no job. Add a table such as\n\n"+
		"[tool.scheduled.clean-files]\nevery = \"day\"\nentrypoint = \"app.jobs:clean_files\"\n", file)
	return err
}

// getenv returns the value of an environment variable, "" if it is not set.
func (p *Program) getenv(name string) string {
	return python.Environ(p.Environ).Get(name)
}

// annotator returns a runner that writes errors for the pages of GitHub to w, wherever
// the program runs: it is for those who ask for that format.
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
	p.annotator(w).Errors(all, "the log of the step has all")
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

	Kept        []keptPin    `json:"kept"`         // pins that sync did not write and leaves in place of its own
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

// runner returns the runner of GitHub Actions; its commands go to w.
func (p *Program) runner(w io.Writer) *actions.Runner {
	return actions.New(w, p.getenv)
}
