package cli

import (
	"fmt"
	"path/filepath"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/report"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

// reportFlags are the flags of `report`.
type reportFlags struct {
	output, token string
	days          int
	dryRun        bool
	asJSON        bool
}

// reportDays is for how long GitHub keeps runs at most.
const reportDays = 400

func (p *Program) reportCommand() *cobra.Command {
	var flags reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a page that shows what became of the windows, and badges",
		Long: `report writes a page for a browser: the windows of each job in the colours of their
states, what was missed and why, how late jobs started, and what is next. It needs no
server and loads nothing from elsewhere. Beside it are data.json, with what --json prints, and
for each job and for all of them a badge: badges/JOB.svg, and badges/JOB.json for
shields.io.

A later report in the same folder keeps what the earlier one knew of windows whose runs
GitHub has deleted since, and asks less.

` + past.States + `

` + sourcesHelp,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case flags.output == "" && !flags.asJSON:
				return &exitError{exitUsage, problem.New("use --output DIR for the page, or --json for its data", "report does not know where to write the page")}
			case flags.output == "" && flags.dryRun:
				return usageError("--dry-run is for --output", cmd)
			case flags.days < 1 || flags.days > reportDays:
				return usageError(fmt.Sprintf("--days %d is not between 1 and %d", flags.days, reportDays), cmd)
			}
			return p.writeReport(flags)
		},
	}
	cmd.Flags().StringVar(&flags.output, "output", "", "folder to write the page to")
	cmd.Flags().IntVar(&flags.days, "days", 90, "number of days to look back")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "write nothing; show which files --output would write")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print the data of the page as JSON")
	registerToken(cmd, &flags.token)
	p.registerAllProjects(cmd)
	return cmd
}

func (p *Program) writeReport(flags reportFlags) error {
	folder := report.Folder{Path: flags.output}
	var earlier report.Report
	if flags.output != "" {
		var remark string
		var err error
		if earlier, remark, err = folder.Earlier(); err != nil {
			return &exitError{exitUsage, err}
		}
		if remark != "" {
			p.note([]string{remark})
		}
	}
	projects, failed := p.projects(p.openAt)
	if len(projects) == 0 {
		return p.worst(failed...)
	}
	made, err := p.readReport(projects, earlier, flags)
	if made == nil {
		return p.worst(append(failed, err)...)
	}
	files, wrong := made.Files()
	switch {
	case wrong != nil:
	case flags.output == "":
	case flags.dryRun:
		for _, file := range files {
			p.tell(flags.asJSON, "would write "+filepath.Join(flags.output, filepath.FromSlash(file.Name)))
		}
	default:
		if wrong = folder.Write(files); wrong == nil {
			p.tell(flags.asJSON, fmt.Sprintf("wrote %s, with %s", filepath.Join(flags.output, files[0].Name), problem.Count(len(made.Jobs), "job")))
			wrong = p.runner(p.Stderr).Outputs([2]string{"page", "written"})
		}
	}
	if wrong == nil && flags.asJSON {
		wrong = p.printJSON(made)
	}
	return p.worst(append(failed, err, wrong)...)
}

// tell prints a result for people, which is talk beside JSON.
func (p *Program) tell(asJSON bool, line string) {
	if asJSON {
		p.say(line)
		return
	}
	fmt.Fprintln(p.Stdout, line)
}

// readReport reads the history of the jobs. The error may come with a report: it says which jobs
// could not be read.
func (p *Program) readReport(projects []*project, earlier report.Report, flags reportFlags) (made *report.Report, err error) {
	var declared []*pyproject.Project
	for _, project := range projects {
		declared = append(declared, project.Project)
	}
	reach := func(jobs []past.Job) schedule.Reach {
		earlier.Tell(jobs)
		return report.Reach(len(jobs), flags.days)
	}
	err = p.recallAll(projects, flags.token, reach, func(archive *past.Archive, histories []past.History) error {
		made = report.Make(archive, histories, declared)
		made.Complete(earlier, declared)
		p.note(made.Notes)
		return past.Unread(histories)
	})
	return made, err
}
