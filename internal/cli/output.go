package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

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

// count writes "1 job" or "2 jobs".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
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

// clock writes a time for people, in UTC to the minute.
func clock(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// show writes a job's id for people: quoted where it could be misread or
// could play tricks on a terminal, and cut where it is very long.
func show(id string) string {
	const most = 60
	if runes := []rune(id); len(runes) > most {
		id = string(runes[:most-1]) + "…"
	}
	if quoted := strconv.Quote(id); id == "" || strings.TrimSpace(id) != id || quoted != `"`+id+`"` {
		return quoted
	}
	return id
}
