package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/table"
	"github.com/spf13/cobra"
)

// importFlags are the flags of `import`.
type importFlags struct {
	from   string
	asJSON bool
}

func (p *Program) importCommand() *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "import PATH…",
		Short: "Read the scheduled jobs of other tools, and show them as jobs of pyproject.toml",
		Long: `import reads files, and runs nothing of them. It shows each job as TOML, and a table of
what is kept, what needs glue, which is a small step by a person, and what is lost. With
anything lost it exits with 1.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("import needs a file or folder", cmd)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.importJobs(args, flags) },
	}
	cmd.Flags().StringVar(&flags.from, "from", "", "format of the files: "+strings.Join(migrate.Formats(), ", ")+" (default: by their content)")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	return cmd
}

func (p *Program) importJobs(paths []string, flags importFlags) error {
	request := migrate.Request{From: flags.from, Ask: p.askPython}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("read %s: %w", path, err)}
		}
		request.Files = append(request.Files, migrate.File{Path: path, Text: text, Dir: os.DirFS(filepath.Dir(path))})
	}
	result, err := migrate.Read(context.Background(), request)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if flags.asJSON {
		err = p.printJSON(importedJSON(result))
	} else {
		err = p.printImported(result)
	}
	if err == nil && result.Lost() {
		return &exitError{exitFindings, nil}
	}
	return err
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

func importedJSON(result migrate.Result) map[string]any {
	jobs := []importedJob{}
	for _, j := range result.Jobs {
		list := func(notes []migrate.Note) []migrate.Note { return append([]migrate.Note{}, notes...) }
		jobs = append(jobs, importedJob{j.ID, j.TOML(), j.From, list(j.Kept), list(j.Glue), list(j.Lost)})
	}
	return map[string]any{"jobs": jobs, "skipped": append([]migrate.Skipped{}, result.Skipped...)}
}

// printImported prints the TOML on stdout, and what became of what on stderr.
func (p *Program) printImported(result migrate.Result) error {
	t := table.New(p.Stderr)
	fmt.Fprintln(t, "JOB\tFROM\t\tWHAT")
	for i, j := range result.Jobs {
		if i > 0 {
			fmt.Fprintln(p.Stdout)
		}
		fmt.Fprint(p.Stdout, j.TOML())
		for _, notes := range []struct {
			word string
			all  []migrate.Note
		}{{"kept", j.Kept}, {"glue", j.Glue}, {"lost", j.Lost}} {
			for _, n := range notes.all {
				fmt.Fprintf(t, "%s\t%s:%d\t%s\t%s\n", problem.Show(j.ID), j.From.File, n.Line, notes.word, problem.Cut(n.What, 200))
			}
		}
	}
	for _, s := range result.Skipped {
		fmt.Fprintf(t, "\t%s:%d\tskipped\t%s\n", s.From.File, s.From.Line, problem.Cut(s.Why, 200))
	}
	return t.Flush()
}
