package pullrequest

import (
	"fmt"
	"path"

	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Drift says how the workflow file of a job, or of a service, differs from what it
// should be.
func Drift(e workflow.Effect) string {
	file, whose, needless := markdown.Clean(path.Base(e.Path)), problem.Show(e.Job), "no job has it any more"
	switch e.Does {
	case workflow.Rescues:
		whose, needless = "rescue", "the project has no rescue"
	case workflow.Publishes:
		whose, needless = "page", "the project publishes none"
	}
	switch e.Kind {
	case "created":
		return fmt.Sprintf("%s: %s is missing; assigned time: %s", whose, file, Assigned(e))
	case "deleted":
		return fmt.Sprintf("%s: %s is not needed: %s", whose, file, needless)
	}
	return fmt.Sprintf("%s: %s does not match; assigned time: %s", whose, file, Assigned(e))
}
