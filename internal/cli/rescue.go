package cli

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/webhook"
	"github.com/spf13/cobra"
)

// rescueFlags are the flags of rescue.
type rescueFlags struct {
	dryRun bool
	asJSON bool
	token  string
}

func (p *Program) rescueCommand() *cobra.Command {
	var flags rescueFlags
	cmd := &cobra.Command{
		Use:   "rescue",
		Short: "Start due jobs that have no confirmed run",
		Long: `rescue looks for jobs whose window has begun without a confirmed run and that have
no run queued or in progress, and starts their workflows: at most ` + strconv.Itoa(rescue.MaxDispatches) + `, the
oldest windows first. The next rescue starts the rest. A run that it starts checks its
window before it executes anything. The workflow scheduled-rescue.yml runs it.

It tells people about jobs that fail as the options notify, webhook, notify-on and
notify-after say, and disables the workflow of a job as pause-after says. What it posted
to webhooks, whose URLs it reads from the environment, is in .scheduled/told.json.

With the option pacemaker it then starts the next rescue, which waits without a runner
until shortly before the next slot. It warns if something outside GitHub, such as
scheduled serve, used to start jobs at their slots and no longer does.

With the option pages it starts the workflow that publishes the page of the jobs, if
there is something new.

With --all-projects it starts no such rescue, and checks the jobs of all projects of the repository at once, within
the same limits.

The repository is $GITHUB_REPOSITORY, else that of the git remote origin. The token
needs actions: write, and issues: write if the option notify is "issue".`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.rescue(flags) },
	}
	p.registerAllProjects(cmd)
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show what would be started, paused and reported, but change nothing")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.token, "token", "", "token that may write Actions (default: $INPUT_TOKEN, then $GITHUB_TOKEN)")
	return cmd
}

func (p *Program) rescue(flags rescueFlags) error {
	projects, failed := p.projects(p.openAt)
	if len(projects) == 0 {
		return p.worst(failed...)
	}
	ctx, stop := withSignals()
	defer stop()
	origin := p.origin(ctx, projects[0], flags.token)
	client, err := p.startingClient("rescue", origin)
	if err != nil {
		return p.worst(append(failed, err)...)
	}
	trigger, err := p.runner(p.Stderr).Trigger()
	p.warn(p.runner(p.Stderr), err)
	engine := rescue.Rescue{Client: client, Branch: trigger.DefaultBranch, DryRun: flags.dryRun}
	for _, project := range projects {
		engine.Projects = append(engine.Projects, p.rescueProject(project))
	}
	engine.Pacemaker = p.pacemaker(projects, trigger)
	engine.Page = published(projects)
	p.warn(p.runner(p.Stderr), engine.Hook(p.getenv, func(i int) *webhook.Memory { return memory(projects[i].AbsFile(), flags.dryRun) }))
	report, err := engine.Run(ctx)
	if report != nil {
		told := func(project *rescue.Project) bool { return project.Memory != nil && project.Memory.Changed() }
		if slices.ContainsFunc(engine.Projects, told) {
			err = errors.Join(err, p.runner(p.Stderr).Outputs([2]string{"told", "changed"}))
		}
		p.warnOfRescue(report, origin.Repository)
		err = errors.Join(err, p.printRescue(report, flags.asJSON))
	}
	return p.worst(append(failed, explainRescue(err))...)
}

// published returns the page of the projects, as a rescue takes it; nil if none has one.
func published(projects []*project) *rescue.Page {
	for _, project := range projects {
		if project.Rescue.Pages {
			return &rescue.Page{All: project.Rescue.AllPages}
		}
	}
	return nil
}

// rescueProject returns what a rescue has to know about a project, without its webhooks.
func (p *Program) rescueProject(project *project) *rescue.Project {
	known := &rescue.Project{Path: project.Path, Notify: project.Rescue.Notify}
	for _, job := range p.hosted(project) {
		rescued := rescueJob(job)
		if project.Rescue.Pacemaker {
			rescued.Patience = 0
		}
		known.Jobs = append(known.Jobs, rescued)
	}
	for _, job := range project.Broken {
		known.Others = append(known.Others, job.ID)
	}
	for _, job := range project.Jobs {
		if job.Unhosted != nil {
			known.Others = append(known.Others, job.ID)
		}
	}
	return known
}

// printRescue prints the report, as JSON or as a table, and adds it to the summary of
// the step.
func (p *Program) printRescue(r *rescue.Report, asJSON bool) error {
	runner := p.runner(p.Stderr)
	p.warn(runner, runner.Summary(r.Summary()))
	if asJSON {
		return p.printJSON(r.Show())
	}
	t := p.table(p.Stdout, whole, whole, whole, phrase)
	unconfirmed, _ := r.ByNeed()
	for _, job := range unconfirmed {
		folder := ""
		if p.allProjects {
			folder = path.Dir(job.Project.Path)
		}
		t.Row(folder, problem.Show(job.ID), clockOrNone(job.Schedule.Prev(r.Now)), r.Words(job))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.Stdout, strings.Join(append([]string{r.Sum()}, r.Notes()...), "\n"))
	return err
}

// warnOfRescue warns about what people have to act on, in one annotation: GitHub shows
// ten for each step.
func (p *Program) warnOfRescue(r *rescue.Report, repository string) {
	if r.IssuesLeft > 0 {
		p.say(fmt.Sprintf("the issues of %s are left to the next rescue", problem.Count(r.IssuesLeft, "job")))
	}
	remarks := []error{r.Unposted}
	p.warn(p.runner(p.Stderr), r.Beat.Warning()) // these have hints of their own
	p.warn(p.runner(p.Stderr), r.Silence())
	p.warn(p.runner(p.Stderr), r.Publication.Warning())
	for _, job := range r.Jobs {
		state := job.Workflow
		if job.State() == rescue.Paused {
			state = "" // intended
		}
		on := past.Job{ID: job.ID, File: job.File, Schedule: job.Schedule}
		if p.allProjects {
			on.Project = job.Project.Path
		}
		for _, remark := range past.Setup(on, state, repository, job.Schedule.Window(r.Now), p.retention()) {
			remarks = append(remarks, errors.New(remark))
		}
	}
	if left := r.Left(); left > 0 {
		remark := problem.Count(left, "due job") + " left to the next rescue"
		if r.Bound != "" {
			remark += ": " + r.Bound
		}
		remarks = append(remarks, errors.New(remark))
	}
	p.warn(p.runner(p.Stderr), errors.Join(remarks...))
}

// cannotStart is the hint for a token that may not start workflows.
const cannotStart = "add `actions: write` to the `permissions:` of the rescue's job, as `scheduled sync` does: the token may not start workflows; " +
	"a fine-grained token needs Actions: read and write, a classic one the scope repo"

// rescueHints are the hints for what a token or the repository lacks.
var rescueHints = map[github.Right]string{
	github.Valid:       "use another token: this one is not valid, or has expired",
	github.Actions:     "give the token the permissions `actions: read`, to read runs, and `actions: write`, to start jobs",
	github.Dispatching: cannotStart,
	github.Issues:      "add `issues: write` to the `permissions:` of the rescue's job, as `scheduled sync` does, or set notify = \"none\": the token may not write issues",
	github.Tracker:     "turn issues on in Settings > General, or set notify = \"none\": the repository has none",
}

// explainRescue gives an exit code and a hint to the error of a missing right.
func explainRescue(err error) error {
	if _, hidden := errors.AsType[rescue.Hidden](err); hidden {
		return &exitError{exitDenied, problem.WithHint(err, cannotStart)}
	}
	if denied, ok := errors.AsType[*github.Denied](err); ok {
		return &exitError{exitDenied, problem.WithHint(err, rescueHints[denied.Lacks])}
	}
	return err
}
