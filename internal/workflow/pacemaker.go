package workflow

import (
	"strconv"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// A pacemaker is a rescue that starts its own workflow again, behind the wait timer of an
// environment: "delay a job for a specific amount of time after the job is initially
// triggered", "Wait time will not count towards your billable time".
// https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments#wait-timer
//
// Its runs, the links of a chain, are in a concurrency group of their own: one waits or
// looks, and the one that it starts is pending until it has ended. A further one, which a
// rescue may start by mistake, takes the place of the pending one, so that a chain is
// never two. The ticks of the rescue are in their usual group, and wait for no link.

// PacemakerEnvironment returns the name of the environment whose timer waits that long.
func PacemakerEnvironment(wait time.Duration) string {
	return waitPrefix + strconv.Itoa(minutes(wait))
}

const waitPrefix = "scheduled-wait-"

// waiting is the condition of a link, as opposed to any other rescue.
const waiting = "inputs." + schedule.WaitInput + " > 0"

// pacemakerGuard excludes what can have no timer. "If you are on a GitHub Free, GitHub Pro,
// or GitHub Team plan, other deployment protection rules, such as a wait timer or required
// reviewers, are only available for public repositories", and the events of an enterprise
// name it:
// https://docs.github.com/webhooks/webhook-events-and-payloads
const pacemakerGuard = waiting + " && github.ref == format('refs/heads/{0}', github.event.repository.default_branch)" +
	" && !github.event.repository.fork && (!github.event.repository.private || github.event.enterprise)"

// linkInputs are those of the workflow. GitHub takes no other choice, so that no dispatch
// can name another environment.
func linkInputs() *yaml.Node {
	choices := []string{"0"}
	for _, wait := range schedule.PacemakerWaits {
		choices = append(choices, strconv.Itoa(minutes(wait)))
	}
	return mapping(
		schedule.WaitInput, mapping(
			"description", plain("Minutes to wait for the rescue, without a runner; 0 for a rescue at once"),
			"type", plain("choice"),
			"options", texts(choices),
			"default", text("0"),
		),
		schedule.AskedInput, mapping(
			"description", plain("When it was started; the pacemaker sets this"),
			"type", plain("string"),
			"default", text(""),
		),
	)
}

// linkName is the name of a link, which a rescue looks for in the list of runs. "If
// run-name is omitted or is only whitespace, then the run name is set to event-specific
// information",
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#run-name
const linkName = "${{ " + waiting + " && format('" + schedule.PacemakerMark + "{0} min from {1}', inputs." + schedule.WaitInput + ", inputs." + schedule.AskedInput + ") || '' }}"

// pacemakerJob returns the head of the job of a link. It waits and then does the work of a
// rescue itself, so that a link takes a runner once.
func pacemakerJob() *yaml.Node {
	return mapping(
		"name", plain("Wait, then rescue"),
		"if", plain(pacemakerGuard),
		"environment", mapping(
			"name", text(waitPrefix+"${{ inputs."+schedule.WaitInput+" }}"),
			"deployment", comment(plain("false"), "leaves no record, and the timer still applies; actionlint 1.7.12 does not know this key yet"),
		),
	)
}

// newest has a link read the jobs as they are after its wait: a run has the commit of the
// time when it was dispatched.
var newest = input{"ref", plain("${{ github.event.repository.default_branch }}")}
