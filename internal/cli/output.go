package cli

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// printJSON writes a result for machines.
func (p *Program) printJSON(result any) error {
	encoder := json.NewEncoder(p.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}

// table returns a writer that aligns what is parted by tabs. Call Flush.
func table(w io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
}

// color reports whether w is a terminal whose owner wants colour.
// https://no-color.org
func (p *Program) color(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
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
