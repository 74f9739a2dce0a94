package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/spf13/cobra"
)

// importFlags are the flags of `import`.
type importFlags struct {
	from     string
	timezone string
	write    bool
	dryRun   bool
	asJSON   bool
}

func (p *Program) importCommand() *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "import PATH…",
		Short: "Read the scheduled jobs of other tools, and show them as jobs of pyproject.toml",
		Long: `import reads files, and runs nothing of them. PATH is a file, - for standard input, or
a folder: then the files in it that look like one of the formats are read, and its
.github/workflows. It shows each job as TOML, and what is kept, what needs glue, which
is a small step by a person, and what is lost. With anything lost it exits with 1.

--write adds the jobs to pyproject.toml, and makes one where there is none. It also
removes the schedule from GitHub workflows that were imported, or both would run.
Values that look like passwords are never copied.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("import needs a file or folder", cmd)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.importJobs(args, flags) },
	}
	cmd.Flags().StringVar(&flags.from, "from", "", "format of the files: "+strings.Join(migrate.Formats(), ", ")+" (default: by their content)")
	cmd.Flags().StringVar(&flags.timezone, "timezone", "", "time zone of the machine that a crontab or timer is from, such as Europe/Berlin")
	cmd.Flags().BoolVar(&flags.write, "write", false, "add the jobs to pyproject.toml, and remove the schedule from imported workflows")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "write nothing; show what --write would change")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	return cmd
}

func (p *Program) importJobs(paths []string, flags importFlags) error {
	if flags.from != "" && !slices.Contains(migrate.Formats(), flags.from) {
		return &exitError{exitUsage, problem.New("use one of "+strings.Join(migrate.Formats(), ", "), "--from is %s, which is no format", problem.Quote(flags.from))}
	}
	if flags.timezone != "" && !schedule.KnownZone(flags.timezone) {
		return &exitError{exitUsage, problem.New(schedule.ZoneHint(flags.timezone), "--timezone is %s, which is not a known time zone", problem.Quote(flags.timezone))}
	}
	files, err := migrate.Open(paths, flags.from, p.Stdin)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	place, err := pyproject.FindOrNew(p.project, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	imported, err := p.importInto(place, files, flags)
	switch {
	case err != nil:
		return err
	case flags.asJSON:
		err = p.printJSON(imported.json())
	default:
		err = p.printImported(imported)
	}
	if err == nil && imported.result.Lost() {
		return &exitError{exitFindings, nil}
	}
	return err
}

// imported is what became of an import.
type imported struct {
	place   pyproject.Place
	result  migrate.Result
	change  pyproject.Change // of pyproject.toml
	diff    string           // of all files
	files   []string         // that --write changes
	written bool
	shown   bool // the diff is what was asked for
}

// importInto reads the jobs for a project, and writes them if the flags say so.
func (p *Program) importInto(place pyproject.Place, files []migrate.File, flags importFlags) (*imported, error) {
	done := &imported{place: place, shown: flags.dryRun}
	request := migrate.Request{Files: files, From: flags.from, Zone: flags.timezone, Project: os.DirFS(place.Dir), Ask: p.askPython}
	read := func(content []byte) (err error) {
		request.Taken = taken(place, content)
		done.result, err = migrate.Read(context.Background(), request)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		return nil
	}
	edit := func(e *pyproject.Edit) error {
		if err := read(e.Bytes()); err != nil || len(done.result.Jobs) == 0 {
			return err
		}
		return e.Append(done.toml())
	}
	if !flags.write && !flags.dryRun {
		content, _ := os.ReadFile(place.AbsFile())
		return done, read(content)
	}
	if err := read(nil); err != nil {
		return nil, err
	}
	preview := flags.dryRun
	apply := func() (err error) {
		done.change, err = p.edit(place, edit, preview)
		return err
	}
	changes := done.result
	if preview {
		changes = migrate.Result{}
	}
	if err := changes.Apply(files, apply); err != nil {
		return nil, err
	}
	done.written = !preview
	done.compare(files)
	return done, nil
}

// taken returns whether a project has a job of that id.
func taken(place pyproject.Place, content []byte) func(id string) bool {
	project, err := place.Parse(content)
	if err != nil {
		return nil
	}
	return func(id string) bool {
		_, _, found := project.Job(id)
		return found || slices.ContainsFunc(project.Broken, func(b pyproject.Broken) bool { return b.ID == id })
	}
}

// toml returns the tables of all jobs.
func (i *imported) toml() string {
	var tables []string
	for _, j := range i.result.Jobs {
		tables = append(tables, j.TOML())
	}
	return strings.Join(tables, "\n")
}

// compare lists the files that change, and how.
func (i *imported) compare(files []migrate.File) {
	add := func(path string, c pyproject.Change) {
		if c.Changed() {
			i.files = append(i.files, path)
			i.diff += c.Diff(path)
		}
	}
	add(i.place.Path, i.change)
	for _, c := range i.result.Changes {
		for _, f := range files {
			if f.Path == c.Path {
				add(filepath.ToSlash(c.Path), pyproject.Change{Before: f.Text, After: c.Content})
			}
		}
	}
}

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

// importedJob is a job in the output of `import --json`.
type importedJob struct {
	ID   string         `json:"id"`
	TOML string         `json:"toml"`
	From migrate.Place  `json:"from"`
	Kept []migrate.Note `json:"kept"`
	Glue []migrate.Note `json:"glue"`
	Lost []migrate.Note `json:"lost"`
}

func (i *imported) json() map[string]any {
	jobs := []importedJob{}
	for _, j := range i.result.Jobs {
		list := func(notes []migrate.Note) []migrate.Note { return append([]migrate.Note{}, notes...) }
		jobs = append(jobs, importedJob{j.ID, j.TOML(), j.From, list(j.Kept), list(j.Glue), list(j.Lost)})
	}
	return map[string]any{
		"jobs": jobs, "skipped": append([]migrate.Skipped{}, i.result.Skipped...),
		"changed": append([]string{}, i.files...), "written": i.written,
	}
}

// printImported prints the TOML, or the diff, on stdout, and what became of what on
// stderr.
func (p *Program) printImported(i *imported) error {
	text := i.toml()
	if i.shown {
		text = i.diff
	}
	w, end := p.runner(p.Stdout).Verbatim()
	_, err := io.WriteString(w, text)
	if end(); err != nil {
		return err
	}
	var counts [3]int
	var rows bytes.Buffer
	for _, j := range i.result.Jobs {
		for n, notes := range [][]migrate.Note{j.Kept, j.Glue, j.Lost} {
			counts[n] += len(notes)
			for _, note := range notes {
				fmt.Fprintf(&rows, "%s\t%s:%d\t%s\t%s\n", problem.Show(j.ID), j.From.File, note.Line, p.fate(n), printable(note.What))
			}
		}
	}
	for _, s := range i.result.Skipped {
		fmt.Fprintf(&rows, "\t%s:%d\tskipped\t%s\n", s.From.File, s.From.Line, printable(s.Why))
	}
	if len(i.result.Jobs) > 0 {
		p.say("")
	}
	p.say(fmt.Sprintf("%s: %d kept, %d glue, %d lost; %d skipped", problem.Count(len(i.result.Jobs), "job"), counts[0], counts[1], counts[2], len(i.result.Skipped)))
	t := table.New(p.Stderr)
	if rows.Len() > 0 {
		fmt.Fprintln(t, "JOB\tFROM\t\tWHAT")
		t.Write(rows.Bytes())
	}
	if err := t.Flush(); err != nil || len(i.result.Jobs) == 0 {
		return err
	}
	switch {
	case i.written:
		p.say("\nwritten: " + strings.Join(i.files, ", ") + "\nNext: do what needs glue, and then run `" + p.howToSync() + "`")
	case !i.shown:
		p.say("\nNothing is written; --write adds the jobs to " + i.place.Path)
	}
	return nil
}

// fates are what becomes of something, and their colours.
var fates = []struct{ word, color string }{{"kept", "32"}, {"glue", "33"}, {"lost", "31"}}

func (p *Program) fate(n int) string {
	if !p.color(p.Stderr) {
		return fates[n].word
	}
	return "\x1b[" + fates[n].color + "m" + fates[n].word + "\x1b[0m"
}

// printable returns a remark as a cell of a table.
func printable(what string) string {
	return strings.Join(strings.Fields(problem.Cut(what, 200)), " ")
}
