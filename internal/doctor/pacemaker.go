package doctor

import (
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// pacemaker looks for the environments behind whose timers a rescue starts the next one.
func (e *examination) pacemaker() (Check, bool) {
	if !e.Project.Rescue.Pacemaker {
		return Check{}, true
	}
	timers, err := e.Client.Timers(e.ctx)
	if err != nil {
		return fine("unknown: whether the environments of the pacemaker have wait timers: " + err.Error())
	}
	var wrong []string
	for _, wait := range schedule.PacemakerWaits {
		name := workflow.PacemakerEnvironment(wait)
		switch timer, found := timers.ByName[name]; {
		case !found:
			wrong = append(wrong, name+" does not exist")
		case timer != wait:
			wrong = append(wrong, name+" has a wait timer of "+problem.Count(int(timer/time.Minute), "minute"))
		}
	}
	if len(wrong) == 0 {
		return fine("the environments of the pacemaker have their wait timers")
	}
	hint := "run `scheduled init --pacemaker`"
	if e.standing.Private {
		hint += ", if the plan is GitHub Enterprise: other plans have wait timers in public repositories only; else set pacemaker = \"none\""
	}
	return bad("the pacemaker stands still, because of its environments: "+strings.Join(wrong, ", "), hint)
}
