package cli

import (
	"fmt"
	"io"

	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// printPlan writes what was done or, with --check or --dry-run, what should be done.
// assigned has the times of what it writes, by path.
func (p *Program) printPlan(assigned map[string]string, plan workflow.Plan, pull *pullRequest, flags syncFlags) error {
	result := synced{paths(plan.Created), paths(plan.Updated), paths(plan.Deleted), paths(plan.Unchanged), keptPins(plan), pull}
	runner := p.runner(p.Stdout)
	err := runner.Outputs(
		[2]string{"created", jsonArray(result.Created)},
		[2]string{"updated", jsonArray(result.Updated)},
		[2]string{"deleted", jsonArray(result.Deleted)},
	)
	switch {
	case err != nil:
		return err
	case flags.asJSON:
		return p.printJSON(result)
	case flags.check || flags.dryRun:
		w, end := runner.Verbatim() // files may contain anything
		defer end()
		_, err := io.WriteString(w, plan.Diff())
		return err
	}
	return p.printSynced(assigned, plan)
}

// services names the workflows that belong to no job, where one is deleted.
var services = map[string]string{workflow.Rescues: "rescue", workflow.Publishes: "page"}

// printSynced writes what was done as a table.
func (p *Program) printSynced(assigned map[string]string, plan workflow.Plan) error {
	t := p.table(p.Stdout, whole, whole, phrase)
	for _, list := range []struct {
		verb    string
		changes []workflow.Change
	}{{"created", plan.Created}, {"updated", plan.Updated}, {"deleted", plan.Deleted}} {
		for _, c := range list.changes {
			when := assigned[c.Path]
			if c.New == nil {
				when = services[c.Does]
			}
			t.Row(list.verb, c.Path, when)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "%d created, %d updated, %d deleted, %d unchanged\n",
		len(plan.Created), len(plan.Updated), len(plan.Deleted), len(plan.Unchanged))
	return err
}
