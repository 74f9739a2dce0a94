package cli

import (
	"errors"
	"slices"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/operate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

func (p *Program) pauseCommand() *cobra.Command {
	return p.switchCommand(false, &cobra.Command{
		Use:   "pause JOB…",
		Short: "Pause jobs until they are resumed",
		Long: `pause disables the workflows of jobs on GitHub, at once and without a commit. The rescue
leaves them alone, and windows that pass meanwhile are not run later. To switch a job off
for good and with a review, set enabled = false instead.

Jobs that do not run on GitHub are paused by a mark in the ledger in .scheduled/.

` + actingHelp,
	})
}

func (p *Program) resumeCommand() *cobra.Command {
	return p.switchCommand(true, &cobra.Command{
		Use:   "resume JOB…",
		Short: "Resume paused jobs",
		Long: `resume enables the workflows of jobs on GitHub, whoever disabled them: pause, a person,
or GitHub after 60 days without activity in the repository. The windows that passed
meanwhile are paused, neither missed nor owed; ` + "`scheduled backfill`" + ` runs them. The one
in which a job is resumed is due. Of a job with catch-up = "all", check says how many windows
it left out.

` + actingHelp,
	})
}

func (p *Program) switchCommand(resume bool, cmd *cobra.Command) *cobra.Command {
	var jobs selection
	var flags acting
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.switchJobs(cmd.Name(), args, jobs, flags, resume)
	}
	jobs.register(cmd)
	flags.register(cmd, "report what would change, but change nothing")
	return cmd
}

func (p *Program) switchJobs(command string, ids []string, s selection, flags acting, resume bool) error {
	project, err := p.open()
	if err != nil {
		return err
	}
	jobs, err := project.selected(ids, s)
	if err != nil {
		return err
	}
	ctx, stop := withSignals()
	defer stop()
	origin := p.origin(ctx, project, flags.token)
	archive, err := p.archive(origin, project)
	if err != nil {
		return err
	}
	var hosted, local []operate.Job
	for _, job := range jobs {
		switch {
		case archive.Client == nil || job.Options.Serve:
			local = append(local, operatedJob(job))
		case job.Unhosted != nil:
			return job.Unhosted
		default:
			hosted = append(hosted, operatedJob(job))
		}
	}
	var switched []operate.Switched
	var failed error
	if len(hosted) > 0 {
		client, err := p.startingClient(command, origin)
		if err != nil {
			return err
		}
		engine, idle := p.engine(client, flags.dryRun)
		switched, failed = engine.Switch(ctx, hosted, resume)
		idle()
	}
	if len(local) > 0 {
		book := archive.Ledger
		if book == nil && !resume && !flags.dryRun {
			if book, err = ledger.Open(project.AbsFile(), p.say); err != nil {
				return errors.Join(explainActing(failed), err)
			}
		}
		marked, err := operate.SwitchLocally(book, local, resume, flags.dryRun, p.Now())
		switched, failed = append(switched, marked...), errors.Join(failed, err)
	}
	if switched == nil {
		return explainActing(failed)
	}
	inFile := func(s operate.Switched) int {
		return slices.IndexFunc(jobs, func(job pyproject.Job) bool { return job.ID == s.Job.ID })
	}
	slices.SortFunc(switched, func(a, b operate.Switched) int { return inFile(a) - inFile(b) })
	errs := []error{failed, p.printSwitched(switched, flags)}
	for _, s := range switched {
		errs = append(errs, s.Err)
	}
	p.note(remarks(switched, jobs, resume))
	return p.acted(errs...)
}

// remarks are what people should know about jobs that were resumed.
func remarks(switched []operate.Switched, jobs []pyproject.Job, resume bool) (remarks []string) {
	causes := map[string]string{
		"disabled_inactivity": "GitHub had disabled its workflow after 60 days without activity in the repository",
		"disabled_fork":       "GitHub had disabled its workflow, like every schedule of a fork",
	}
	for _, s := range switched {
		if cause := causes[s.Was]; resume && cause != "" {
			remarks = append(remarks, problem.Show(s.Job.ID)+": "+cause)
		}
	}
	for _, job := range jobs {
		if resume && job.Schedule.Spec().Disabled {
			remarks = append(remarks, problem.Show(job.ID)+": it stays off, because it has enabled = false")
		}
	}
	return remarks
}

func (p *Program) printSwitched(switched []operate.Switched, flags acting) error {
	if flags.asJSON {
		return p.printJSON(operate.ShowSwitched(switched))
	}
	t := p.table(p.Stdout, whole, whole, phrase)
	for _, s := range switched {
		words := "unchanged"
		switch {
		case s.Changed && flags.dryRun:
			words = "would change"
		case s.Changed:
			words = "changed"
		}
		t.Row(problem.Show(s.Job.ID), s.State, words)
	}
	return t.Flush()
}
