package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// askPython runs a script of ours with a Python that has not come with the project.
func (p *Program) askPython(ctx context.Context, script string, input []byte) ([]byte, error) {
	dir, err := os.Getwd()
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	return entrypoint.Ask(ctx, dir, dir, p.Environ, script, input)
}

// printFates prints the counts, and a row for each thing in the files, below its file.
func (p *Program) printFates(result migrate.Result) error {
	rows, counts := result.Rows()
	if len(result.Jobs) > 0 {
		p.say("")
	}
	skipped := ""
	if counts["skipped"] > 0 {
		skipped = fmt.Sprintf("%d skipped, ", counts["skipped"])
	}
	p.say(fmt.Sprintf("%s%s: %d lost, %d glue, %d kept", skipped, problem.Count(len(result.Jobs), "job"), counts["lost"], counts["glue"], counts["kept"]))
	t := p.table(p.Stderr, whole, whole, whole, phrase)
	file := ""
	for _, r := range rows {
		if r.From.File != file {
			file = r.From.File
			t.Row(printable(file))
		}
		jobs := ""
		if len(result.Jobs) > 1 {
			jobs = problem.Some(r.Jobs, problem.Show)
			if len(r.Jobs) > 2 {
				jobs = problem.Count(len(r.Jobs), "job")
			}
		}
		t.Row(fmt.Sprintf(":%d", r.From.Line), p.fate(r.Fate), jobs, printable(r.What))
	}
	return t.Flush()
}

var fateColors = map[string]string{"kept": "32", "glue": "33", "lost": "31", "skipped": "31"}

func (p *Program) fate(word string) string {
	if fateColors[word] == "" || !p.screen(p.Stderr).Color {
		return word
	}
	return "\x1b[" + fateColors[word] + "m" + word + "\x1b[0m"
}

// printable returns a remark as a cell of a table.
func printable(what string) string {
	what = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, problem.Cut(what, 200))
	return strings.Join(strings.Fields(what), " ")
}
