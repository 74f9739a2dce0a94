package cli

import (
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// pacemaker returns the pacemaker of a project, as a rescue takes it; nil if it has none. A
// chain belongs to the rescue of one project.
func (p *Program) pacemaker(projects []*project, trigger actions.Trigger) *rescue.Pacemaker {
	if p.allProjects || !projects[0].Rescue.Pacemaker {
		return nil
	}
	pacemaker := &rescue.Pacemaker{Workflow: workflow.RescueFile(projects[0].Path), Environment: workflow.PacemakerEnvironment}
	if trigger.Workflow != pacemaker.Workflow {
		return pacemaker // it may have inputs of these names, too
	}
	said := func(input string) string {
		if value, given := trigger.Inputs[input]; given {
			return fmt.Sprint(value)
		}
		return ""
	}
	if link, ok := schedule.ReadLink(said(schedule.WaitInput), said(schedule.AskedInput)); ok {
		pacemaker.Link = &link
	}
	return pacemaker
}
