package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pullrequest"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

// syncFlags are the flags of `sync`.
type syncFlags struct {
	check    bool
	format   string // of --check: text or github
	exitCode bool
	asJSON   bool
	action   string
	pull     pullFlags
}

// The values of --output-format.
const (
	textFormat   = "text"
	githubFormat = "github"
)

func (p *Program) syncCommand() *cobra.Command {
	var flags syncFlags
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Write the workflow files that the jobs need",
		Long: `sync writes a workflow file for each job, and one that rescues them, and deletes
those that nobody needs any more. A file is written only if its meaning changed.

With --pull-request it works on GitHub alone, whatever is checked out: it reads
pyproject.toml and the workflow files from the repository's default branch and
opens a pull request with the changes, updates the one that is open, or closes it
when nothing is left to change. It needs GITHUB_REPOSITORY, as in Actions, and a
token that may write contents, pull requests and workflows.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.validate(cmd); err != nil {
				return err
			}
			uses, err := p.action(flags.action)
			if err != nil {
				return err
			}
			if flags.pull.on {
				return p.syncByPullRequest(flags, uses)
			}
			project, err := p.openHosted()
			if err != nil {
				if flags.format == githubFormat {
					p.annotateProblems(p.Stdout, configurationTitle, err, fromRoot)
				}
				return err
			}
			return p.sync(project, uses, flags)
		},
	}
	cmd.Flags().BoolVar(&flags.check, "check", false, "change nothing, and exit with 1 if files differ")
	cmd.Flags().BoolVar(&flags.exitCode, "exit-code", false, "exit with 1 if files were changed, as a hook has to before a commit")
	cmd.Flags().StringVar(&flags.format, "output-format", textFormat, "with --check: text, or github for errors at the lines of pyproject.toml")
	cmd.Flags().BoolVar(&flags.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.action, "action", "", "how the files refer to our action, as in 'owner/repo@commit # v1.2.3'")
	flags.pull.register(cmd)
	return cmd
}

// validate refuses flags that make no sense, or none together.
func (f *syncFlags) validate(cmd *cobra.Command) error {
	switch {
	case f.format != textFormat && f.format != githubFormat:
		return usageError(fmt.Sprintf("--output-format is %s or %s, not %q", textFormat, githubFormat, f.format), cmd)
	case f.format == githubFormat && f.asJSON:
		return usageError("--json and --output-format github are two outputs: choose one", cmd)
	case f.format == githubFormat && !f.check:
		return usageError("--output-format is for --check", cmd)
	case f.pull.on && (f.check || f.exitCode):
		return usageError("--check and --exit-code are about files that are here, and --pull-request is not", cmd)
	}
	return f.pull.check(cmd)
}

func (p *Program) sync(project *project, action workflow.Uses, flags syncFlags) error {
	repo, err := os.OpenRoot(project.root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	target := workflow.Target{Project: project.Project, Path: project.path, Action: action, Exact: flags.action != ""}
	plan, err := target.Plan(repo.FS())
	if err = project.placed(err); err != nil {
		if flags.format == githubFormat {
			p.annotateProblems(p.Stdout, configurationTitle, err, func(string) string { return project.path })
		}
		return &exitError{code: exitUsage, err: err}
	}
	for _, kept := range plan.Kept() {
		p.say(kept.Words())
	}
	if !flags.check {
		if err := plan.Apply(repo, p.Now()); err != nil {
			return err
		}
	}
	if err := p.printPlan(project.Project, plan, nil, flags); err != nil {
		return err
	}
	if flags.check && flags.format == githubFormat {
		if err := p.annotateDrift(pullrequest.Describe(target, plan, p.Now())); err != nil {
			return err
		}
	}
	var unproven error
	if flags.check {
		unproven = p.checkEntrypoints(project, flags.format)
	}
	switch changes := len(plan.Changes()); {
	case changes > 0 && flags.check:
		p.report(unproven)
		return &exitError{exitFindings, fmt.Errorf("%s out of step with %s", problem.Count(changes, "workflow file"), project.path),
			fmt.Sprintf("run `%s` and commit the files", p.mending())}
	case changes > 0 && flags.exitCode:
		return &exitError{exitFindings, fmt.Errorf("%s changed", problem.Count(changes, "workflow file")),
			"add what changed to the commit: git add " + workflow.Dir}
	}
	return unproven
}

// synced is the output of `sync --json`: paths relative to the repository's root.
type synced struct {
	Created   []string `json:"created"`
	Updated   []string `json:"updated"`
	Deleted   []string `json:"deleted"`
	Unchanged []string `json:"unchanged"`

	Kept        []keptPin    `json:"kept"`         // pins that sync did not write and leaves in place of its own
	PullRequest *pullRequest `json:"pull_request"` // null without one
}

type keptPin struct {
	Uses    string   `json:"uses"`
	Version string   `json:"version"`
	Files   []string `json:"files"`
}

func keptPins(plan workflow.Plan) []keptPin {
	pins := []keptPin{}
	for _, k := range plan.Kept() {
		pins = append(pins, keptPin{k.Uses.String(), k.Version, k.Files})
	}
	return pins
}

// pullRequest is what became of a pull request.
type pullRequest struct {
	Number    int              `json:"number"`
	URL       string           `json:"url"`
	Operation github.Operation `json:"operation"`
}

// printPlan writes what was done or, for --check, what is to be done.
func (p *Program) printPlan(project *pyproject.Project, plan workflow.Plan, pull *pullRequest, flags syncFlags) error {
	result := synced{paths(plan.Created), paths(plan.Updated), paths(plan.Deleted), paths(plan.Unchanged), keptPins(plan), pull}
	runner := p.runner(p.Stdout)
	err := errors.Join(
		runner.Output("created", jsonArray(result.Created)),
		runner.Output("updated", jsonArray(result.Updated)),
		runner.Output("deleted", jsonArray(result.Deleted)),
	)
	switch {
	case err != nil:
		return err
	case flags.asJSON:
		return p.printJSON(result)
	case flags.check:
		defer runner.StopCommands()() // what the files hold may be anything
		_, err := io.WriteString(p.Stdout, plan.Diff())
		return err
	}
	return p.printSynced(project, plan)
}

// printSynced writes what was done as a table.
func (p *Program) printSynced(project *pyproject.Project, plan workflow.Plan) error {
	assigned := map[string]string{}
	for _, job := range project.Jobs {
		assigned[job.ID] = job.Schedule.String()
	}
	t := table(p.Stdout)
	for _, list := range []struct {
		verb    string
		changes []workflow.Change
	}{{"created", plan.Created}, {"updated", plan.Updated}, {"deleted", plan.Deleted}} {
		for _, c := range list.changes {
			when := assigned[c.Job]
			if c.Does == workflow.Rescues {
				when = "rescue " + project.Rescue.Rounds.String()
				if c.New == nil {
					when = "rescue"
				}
			}
			fmt.Fprintf(t, "%s\t%s\t%s\n", list.verb, c.Path, when)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "%d created, %d updated, %d deleted, %d unchanged\n",
		len(plan.Created), len(plan.Updated), len(plan.Deleted), len(plan.Unchanged))
	return err
}

func paths(changes []workflow.Change) []string {
	paths := make([]string, 0, len(changes))
	for _, c := range changes {
		paths = append(paths, c.Path)
	}
	return paths
}

func jsonArray(paths []string) string {
	encoded, err := json.Marshal(paths)
	if err != nil {
		panic(err) // strings
	}
	return string(encoded)
}

// mending returns the command that brings the files in step, as a person
// would type it.
func (p *Program) mending() string {
	if p.project == "" || p.project == "." {
		return "scheduled sync"
	}
	return fmt.Sprintf("scheduled --project %q sync", p.project)
}
