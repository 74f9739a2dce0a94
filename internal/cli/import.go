package cli

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
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
		Short: "Turn the scheduled jobs of other tools into jobs of pyproject.toml",
		Long: `import reads files and runs none of their code. PATH is a file, - for standard input, or
a folder: of a folder, it reads .github/workflows and the files that look like one of
the formats. It shows each job as TOML, and says line by line what is kept, what needs
glue, which is a small step by you, and what is lost. If anything is lost, the exit code
is 1.

--write adds the jobs to pyproject.toml, and makes one if there is none. It also removes
the schedule from the imported GitHub workflows, or both would run. Jobs that are in
pyproject.toml already are skipped. Values that look like passwords are never copied.`,
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
		return &exitError{exitUsage, problem.New("use one of "+strings.Join(migrate.Formats(), ", "), "--from %s is not a known format", problem.Quote(flags.from))}
	}
	if flags.timezone != "" && !schedule.KnownZone(flags.timezone) {
		hint := "write a name of the IANA database, as in --timezone Europe/Berlin"
		if meant := schedule.MeantZone(flags.timezone); meant != "" {
			hint = "did you mean --timezone " + meant + "?"
		}
		return &exitError{exitUsage, problem.New(hint, "--timezone is %s, which is not a known time zone", problem.Quote(flags.timezone))}
	}
	files, err := migrate.Open(paths, flags.from, p.Stdin)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	place, err := pyproject.FindOrNew(p.project, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	do := migrate.Import{Request: migrate.Request{Files: files, From: flags.from, Zone: flags.timezone, Ask: p.askPython}, Place: place}
	if err := p.doImport(&do, flags); err != nil {
		return err
	}
	if flags.asJSON {
		err = p.printJSON(importedJSON(do))
	} else {
		err = p.printImported(do, flags.dryRun)
	}
	if err == nil && do.Lost() {
		return &exitError{exitFindings, nil}
	}
	return err
}

// doImport imports as the flags say.
func (p *Program) doImport(do *migrate.Import, flags importFlags) (err error) {
	ctx := context.Background()
	defer p.progress(func() string { return "reading " + problem.Count(len(do.Request.Files), "file") })()
	switch {
	case flags.dryRun:
		err = do.Preview(ctx)
	case flags.write:
		err = do.Write(ctx, p.Now())
	default:
		err = do.Read(ctx)
	}
	return usage(err)
}

// importedJSON is the output of `import --json`.
func importedJSON(do migrate.Import) map[string]any {
	changed, _ := do.Files()
	return map[string]any{
		"jobs": append([]migrate.Job{}, do.Jobs...), "skipped": append([]migrate.Skipped{}, do.Skipped...),
		"changed": append([]string{}, changed...), "written": do.Written,
	}
}

// printImported prints the TOML, or the diff, on stdout, and what became of what on
// stderr.
func (p *Program) printImported(do migrate.Import, dryRun bool) error {
	changed, diff := do.Files()
	text := do.TOML()
	if dryRun {
		text = diff
	}
	w, end := p.runner(p.Stdout).Verbatim()
	_, err := io.WriteString(w, text)
	end()
	if err == nil {
		err = p.printFates(do.Result)
	}
	if err != nil || len(do.Jobs) == 0 {
		return err
	}
	switch {
	case do.Written:
		p.say("\nWritten: " + problem.Some(changed, problem.Show) + "\nNext: " + p.nextImport(do))
	case !dryRun:
		p.say("\nNothing is written. --write adds the jobs to " + do.Place.Path)
	}
	return nil
}

// nextImport says what is left to do once the jobs are written.
func (p *Program) nextImport(do migrate.Import) string {
	next := "`" + p.howToSync() + "`"
	if _, counts := do.Rows(); counts["glue"] > 0 {
		next = "do what needs glue, and then " + next
	}
	if len(do.Changes) > 0 {
		next += ". The old workflows no longer have a schedule: once the new ones have run, delete those that nothing else starts"
	}
	return next
}
