package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/spf13/cobra"
)

func (p *Program) syncCommand() *cobra.Command {
	var check, asJSON bool
	var action string
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Write the workflow files that the jobs need",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			uses, err := p.action(action)
			if err != nil {
				return err
			}
			project, err := p.openHosted()
			if err != nil {
				return err
			}
			return p.sync(project, uses, action != "", check, asJSON)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing, and exit with 1 if files differ")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&action, "action", "", "how the files refer to our action, as in 'owner/repo@commit # v1.2.3'")
	return cmd
}

func (p *Program) sync(project *project, action workflow.Uses, exact, check, asJSON bool) error {
	repo, err := os.OpenRoot(project.root)
	if err != nil {
		return fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	target := workflow.Target{Project: project.Project, Path: project.path, Action: action, Exact: exact}
	plan, err := target.Plan(repo.FS())
	if err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	if !check {
		if err := plan.Apply(repo, p.Now()); err != nil {
			return err
		}
	}
	if err := p.printPlan(project, plan, check, asJSON); err != nil {
		return err
	}
	if changes := len(plan.Changes()); check && changes > 0 {
		return &exitError{exitFindings, fmt.Errorf("%s out of step with %s", count(changes, "workflow file"), project.path),
			fmt.Sprintf("run `%s` and commit the files", p.mending())}
	}
	return nil
}

// synced is the output of `sync --json`: paths relative to the repository's root.
type synced struct {
	Created   []string `json:"created"`
	Updated   []string `json:"updated"`
	Deleted   []string `json:"deleted"`
	Unchanged []string `json:"unchanged"`
}

// printPlan writes what was done or, for --check, what is to be done.
func (p *Program) printPlan(project *project, plan workflow.Plan, check, asJSON bool) error {
	result := synced{paths(plan.Created), paths(plan.Updated), paths(plan.Deleted), paths(plan.Unchanged)}
	runner := p.runner(p.Stdout)
	err := errors.Join(
		runner.Output("created", jsonArray(result.Created)),
		runner.Output("updated", jsonArray(result.Updated)),
		runner.Output("deleted", jsonArray(result.Deleted)),
	)
	switch {
	case err != nil:
		return err
	case asJSON:
		return p.printJSON(result)
	case check:
		defer runner.StopCommands()() // what the files hold may be anything
		_, err := io.WriteString(p.Stdout, plan.Diff())
		return err
	}
	return p.printSynced(project, plan)
}

// printSynced writes what was done as a table.
func (p *Program) printSynced(project *project, plan workflow.Plan) error {
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
			fmt.Fprintf(t, "%s\t%s\t%s\n", list.verb, c.Path, assigned[c.Job])
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
