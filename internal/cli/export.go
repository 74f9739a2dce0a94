package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/export"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/spf13/cobra"
)

// exportFlags are the flags of `export`.
type exportFlags struct {
	jobs   selection
	output string
	dryRun bool
	asJSON bool
}

func (p *Program) exportCommand() *cobra.Command {
	var flags exportFlags
	cmd := &cobra.Command{
		Use:   "export FORMAT [JOB…]",
		Short: "Write the jobs for another scheduler, or files that run `scheduled serve`",
		Long: `export writes the jobs of the project in the format of another program, or the files with
which a machine runs ` + "`scheduled serve`" + `. FORMAT is one of

` + export.Help() + `
Files go to stdout, or to the folder of --output. There it overwrites only files that
export has written before.`,
		ValidArgs: export.Formats(),
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usageError("export needs a format: "+strings.Join(export.Formats(), ", "), cmd)
			case !export.Known(args[0]):
				return &exitError{exitUsage, problem.New("use one of "+strings.Join(export.Formats(), ", "), "%s is not a format of export", problem.Quote(args[0]))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.export(args[0], args[1:], flags) },
	}
	flags.jobs.register(cmd)
	cmd.Flags().StringVar(&flags.output, "output", "", "folder to write the files to (default: stdout)")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "write nothing; show what --output would change")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	return cmd
}

func (p *Program) export(format string, ids []string, flags exportFlags) error {
	project, err := p.open()
	if err != nil {
		return err
	}
	chosen := len(ids) > 0 || flags.jobs.group != ""
	if chosen && export.Whole(format) {
		return &exitError{exitUsage, problem.New("leave out the jobs; set enabled = false on those that are not to run", "export %s is for all jobs of the project", format)}
	}
	flags.jobs.all = flags.jobs.all || !chosen
	exported := *project.Project
	if exported.Jobs, err = project.selected(ids, flags.jobs); err != nil {
		return err
	}
	origin := p.origin(context.Background(), project, "")
	result, err := export.Make(format, export.Project{
		Project: &exported, Place: project.Place, Program: p.Path, Repository: origin.Repository, APIURL: origin.APIURL,
		Version: p.Version, Now: p.Now(), Some: len(exported.Jobs) < len(project.Jobs),
	})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	written := []export.Written{}
	if flags.output != "" {
		if written, err = result.Write(flags.output, flags.dryRun); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	switch {
	case flags.asJSON:
		err = p.printJSON(struct {
			export.Result
			Written []export.Written `json:"written"` // by --output, or what it would write
		}{result, written})
	case flags.output != "":
		err = p.printWritten(written, flags.dryRun)
	default:
		err = p.printExported(result)
	}
	p.note(result.Notes)
	return err
}

// printExported prints the files, and their names if they are several.
func (p *Program) printExported(result export.Result) error {
	w, end := p.runner(p.Stdout).Verbatim()
	defer end()
	for i, file := range result.Files {
		if len(result.Files) > 1 {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "==> %s <==\n", file.Name)
		}
		if _, err := io.WriteString(w, file.Content); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) printWritten(written []export.Written, dryRun bool) error {
	t := p.table(p.Stdout, whole, whole)
	for _, file := range written {
		state := file.State
		if dryRun && state != "unchanged" {
			state = "would be " + state
		}
		t.Row(state, file.Path)
	}
	return t.Flush()
}
