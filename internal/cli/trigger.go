package cli

import (
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/operate"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// triggerFlags are the flags of trigger.
type triggerFlags struct {
	selection
	acting
	window, kwargs, at, in string
	wait                   bool
}

func (p *Program) triggerCommand() *cobra.Command {
	var flags triggerFlags
	cmd := &cobra.Command{
		Use:   "trigger JOB…",
		Short: "Start jobs now, or at a later time",
		Long: `trigger starts the workflows of jobs on GitHub, whether or not their windows are
confirmed. If a dispatched run of the same window is queued or in progress, it starts none
and names that run.

With --at or --in, the job gets one more slot at that time. The run that starts at once only
records the request; the rescue starts the job when the time has come.

` + actingHelp,
		RunE: func(cmd *cobra.Command, args []string) error { return p.trigger(cmd, args, flags) },
	}
	flags.selection.register(cmd)
	flags.acting.register(cmd, "report what would be started, but start nothing")
	cmd.Flags().StringVar(&flags.window, "window", "", "slot of the job to serve, as in 2026-11-21T10:37:00Z (default: the current window)")
	cmd.Flags().StringVar(&flags.kwargs, "kwargs", "", `values for the inputs of the jobs, as in '{"days": 7}'`)
	cmd.Flags().StringVar(&flags.at, "at", "", "later time at which to run the jobs: RFC 3339, or local to the job's time zone")
	cmd.Flags().StringVar(&flags.in, "in", "", "delay after which to run the jobs, as in 5d or 90m")
	cmd.Flags().BoolVar(&flags.wait, "wait", false, "follow the runs to their end; exit with 1 if one fails")
	return cmd
}

func (p *Program) trigger(cmd *cobra.Command, ids []string, flags triggerFlags) error {
	project, err := p.open()
	if err != nil {
		return err
	}
	jobs, err := p.startable(project, ids, flags.selection)
	if err != nil {
		return err
	}
	wishes, err := flags.wishes(cmd, jobs)
	if err != nil {
		return err
	}
	ctx, stop := withSignals()
	defer stop()
	origin := p.origin(ctx, project, flags.token)
	if origin.Repository == "" {
		return &exitError{exitUsage, problem.New("use `scheduled run --force` to run jobs on this machine, or set GITHUB_REPOSITORY to owner/name", "trigger: no repository on GitHub")}
	}
	client, err := p.startingClient("trigger", origin)
	if err != nil {
		return err
	}
	engine, idle := p.engine(client, flags.dryRun)
	runs, bound, err := engine.Trigger(ctx, wishes)
	idle()
	for _, r := range runs {
		if r.Pending && flags.kwargs != "" {
			r.Err = r.Unheeded()
		}
	}
	if flags.wait && err == nil && !flags.dryRun {
		if err = engine.Follow(ctx, runs); err != nil {
			p.say("note: no longer waiting; the runs go on")
		}
	}
	if runs == nil {
		return explainActing(err)
	}
	var unstarted error
	if bound != "" {
		p.say("note: not all jobs were started: " + bound)
		unstarted = problem.New("start the others again later", "%s not started", problem.Count(left(runs), "job"))
	}
	return p.acted(append(operate.Errors(runs), err, unstarted, p.printRuns(runs, flags.acting))...)
}

// startable returns the selected jobs, as far as GitHub can start them.
func (p *Program) startable(project *project, ids []string, s selection) (jobs []pyproject.Job, err error) {
	selected, err := project.selected(ids, s)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, err := project.job(id, true); err != nil {
			return nil, err
		}
	}
	var serving, broken []string
	for _, job := range selected {
		switch {
		case job.Hosted():
			jobs = append(jobs, job)
		case job.Options.Serve:
			serving = append(serving, job.ID)
		default:
			broken = append(broken, job.ID)
		}
	}
	if len(jobs) == 0 {
		return nil, &exitError{exitUsage, problem.New("use `scheduled run --force` on the machine that runs them", "GitHub runs none of these jobs")}
	}
	if len(serving) > 0 {
		p.note([]string{"left out " + problem.Some(serving, problem.Show) + ", which GitHub does not run; `scheduled run --force` does on the machine that runs them"})
	}
	p.leaveOut(broken, "which GitHub cannot run")
	return jobs, nil
}

// wishes reads what the flags want of the jobs.
func (f triggerFlags) wishes(cmd *cobra.Command, jobs []pyproject.Job) (wishes []operate.Wish, err error) {
	when := 0
	for _, flag := range []string{"window", "at", "in"} {
		if cmd.Flags().Changed(flag) {
			when++
		}
	}
	later := cmd.Flags().Changed("at") || cmd.Flags().Changed("in")
	switch {
	case when > 1:
		return nil, usageError("--window, --at and --in cannot be combined", cmd)
	case later && f.kwargs != "":
		return nil, usageError("--kwargs cannot be combined with --at or --in: the run that starts then has the values of pyproject.toml", cmd)
	}
	kwargs := map[string]any{}
	if f.kwargs != "" {
		if kwargs, err = operate.ParseKwargs(f.kwargs); err != nil {
			return nil, &exitError{exitUsage, err}
		}
	}
	for _, job := range jobs {
		wish := operate.Wish{Job: operatedJob(job)}
		switch {
		case cmd.Flags().Changed("window") && len(jobs) != 1:
			return nil, usageError("--window is a slot of one job", cmd)
		case cmd.Flags().Changed("window"):
			wish.Slot, err = operate.ParseSlot(f.window, wish.Job)
		case later && job.Schedule.Spec().Disabled:
			err = problem.New("remove enabled = false, or start it now", "job %s is disabled, so it cannot be run later", problem.Show(job.ID))
		case cmd.Flags().Changed("at"):
			wish.At, err = operate.ParseTime(f.at, wish.Job)
		case cmd.Flags().Changed("in"):
			if wish.In, err = parseAge(f.in); err != nil || wish.In <= 0 {
				return nil, usageError(fmt.Sprintf("--in %q is not a time such as 5d or 90m", f.in), cmd)
			}
		}
		if err == nil {
			wish.Inputs, err = operate.Inputs(job, kwargs)
		}
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		wishes = append(wishes, wish)
	}
	return wishes, nil
}

// left counts the runs that are left to another call.
func left(runs []*operate.Run) (left int) {
	for _, r := range runs {
		if r.Left {
			left++
		}
	}
	return left
}

// printRuns prints the runs that were started, or would be, and those that were pending.
func (p *Program) printRuns(runs []*operate.Run, flags acting) error {
	t := p.table(p.Stdout, whole, whole, phrase)
	var shown []*operate.Run
	for _, r := range runs {
		if !r.Started && !r.Pending && (!flags.dryRun || r.Err != nil) {
			continue
		}
		if flags.asJSON && r.Pending {
			p.say("note: " + problem.Show(r.Job.ID) + ": " + r.Words())
		}
		shown = append(shown, r)
		t.Row(problem.Show(r.Job.ID), clockOrNone(r.Window), r.Words())
	}
	if flags.asJSON {
		return p.printJSON(operate.Show(shown))
	}
	return t.Flush()
}
