package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/scheduled-actions/scheduled/internal/actions"
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
	if hint := hint(err); hint != "" {
		message += "\nhint: " + hint
	}
	if runner.On() {
		runner.Warning(message)
		return
	}
	p.say("warning: " + message)
}

// talk is a stream for people in the log of GitHub Actions. Wherever "##["
// stands in a line the runner takes it for a command, so talk breaks it up.
// https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
type talk struct{ w io.Writer }

func (t talk) Write(b []byte) (int, error) {
	if _, err := t.w.Write(bytes.ReplaceAll(b, []byte("##["), []byte("# #["))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// printJSON writes a result for machines.
func (p *Program) printJSON(result any) error {
	encoder := json.NewEncoder(p.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
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
