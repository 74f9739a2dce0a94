package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Loop makes a report the page of the resident loop that serves its jobs: it renews itself,
// and has buttons.
type Loop struct {
	Problems []string // why not all jobs are started on time
	Remark   string   // about the history; "" for none
}

// Live is how a job is in that loop. As JSON it is a job on the board of `scheduled serve`,
// which is a contract. What is not known, or does not apply, is null.
type Live struct {
	ID      string      `json:"id"`
	Slug    *string     `json:"slug"`     // null for a job with errors
	Starts  string      `json:"executor"` // serve or github
	State   string      `json:"state"`    // scheduled, or one of liveStates
	Next    *time.Time  `json:"next"`     // slot
	Owed    []time.Time `json:"owed"`     // slots
	Running int         `json:"running"`
	Paused  bool        `json:"paused"`
	Refused *string     `json:"refused"` // why
	Last    *LiveRun    `json:"last"`
	Going   *LiveRun    `json:"current"`
}

// LiveRun is a run that the loop has started.
type LiveRun struct {
	Run     int64      `json:"run_id"`
	Slot    *time.Time `json:"slot"`
	Start   *time.Time `json:"start"`
	End     *time.Time `json:"end"`
	Late    float64    `json:"late"` // seconds from the slot to the start
	Outcome string     `json:"outcome"`
	Cause   *string    `json:"cause"`
	Log     *string    `json:"log"` // path on this server, or address of the run on GitHub
}

// idle is the state in the loop of a job that only waits for its next slot. How its windows
// went says more then.
const idle = "scheduled"

// liveStates are how else a job can be in the loop, the best first.
var liveStates = []string{"running", "off", "paused", "owed", "refused"}

const (
	renewEvery  = 20 * time.Second // by the script
	reloadEvery = 30 * time.Second // by the browser, without it
	mostCells   = 50_000           // of a page
)

// WindowsOf returns how many windows of each job the live page of some jobs shows: a browser
// has its limits.
func WindowsOf(jobs int) int { return max(1, min(Newest, mostCells/max(jobs, 1))) }

// head returns what a browser needs to know first. What a live page may ask for, the header
// of its server says. Without its script, it is read again as a whole.
func (l *Loop) head() node {
	if l == nil {
		return mark + element("meta", attrs{"http-equiv", "Content-Security-Policy", "content", policy})
	}
	return element("noscript", nil, element("meta", attrs{"http-equiv", "refresh", "content", fmt.Sprint(reloadEvery.Seconds())}))
}

// status returns where the script says what became of a press on a button, and that the
// loop is gone.
func (l *Loop) status() node {
	if l == nil {
		return ""
	}
	return element("p", attrs{"class", "status", "role", "status", "data-every", fmt.Sprint(renewEvery.Seconds())})
}

// column returns the head of the column with the buttons.
func (l *Loop) column() node {
	if l == nil {
		return ""
	}
	return `<th scope="col" class="acts">Actions</th>`
}

// liveFooter has no files beside it.
var liveFooter = element("footer", nil, element("p", nil, "Times are in UTC. ", element("a", attrs{"href", "/readyz"}, "/readyz"), " says whether all is well, ",
	element("a", attrs{"href", "/metrics"}, "/metrics"), " is for Prometheus, and this address has the jobs as JSON for programs."))

// unready says why not all is well; nothing if it is.
func (l *Loop) unready() node {
	if l == nil || len(l.Problems) == 0 {
		return ""
	}
	var items []node
	for _, why := range l.Problems {
		items = append(items, element("li", nil, isolated(why)))
	}
	return troubles("unready", "trouble unready", "Not ready", items, func(rest int) string { return fmt.Sprintf("%d more", rest) })
}

// standing returns the cell that says how a job is, in a word and in detail.
func (l *Live) standing(word string, now time.Time) node {
	about := []node{chip(word)}
	if len(l.Owed) > 0 {
		about = append(about, small(text(fmt.Sprintf("%d since ", len(l.Owed))), instant(l.Owed[0])))
	}
	if g := l.Going; g != nil && g.Start != nil {
		about = append(about, small(text("for "+past.Late(now.Sub(*g.Start))), l.link(g, "current")))
	}
	if l.Refused != nil {
		about = append(about, small(isolated(*l.Refused)))
	}
	if l.Last != nil {
		about = append(about, small("last ", element("span", attrs{"class", "outcome " + l.Last.Outcome}, text(l.Last.Outcome)), l.link(l.Last, "last")))
	}
	return element("td", attrs{"class", "now", "data-now", l.State}, about...)
}

// link leads to the log of a run, or to the run on GitHub.
func (l *Live) link(run *LiveRun, which string) node {
	if run.Log == nil {
		return ""
	}
	name := "log"
	if l.Starts == "github" {
		name = "run"
	}
	return ", " + element("a", attrs{"href", *run.Log, "aria-label", name + ", " + which + " of " + problem.Show(l.ID)}, text(name))
}

// buttons are forms, which work without a script. A job with errors has none.
func (l *Live) buttons() (forms []node) {
	if l.Slug == nil {
		return nil
	}
	names := []string{"trigger", "pause"}
	if l.Paused {
		names[1] = "resume"
	}
	for _, name := range names {
		title := strings.ToUpper(name[:1]) + name[1:]
		forms = append(forms, element("form", attrs{"method", "post", "action", "/jobs/" + *l.Slug + "/" + name},
			element("button", attrs{"aria-label", title + " " + problem.Show(l.ID)}, text(title))))
	}
	return forms
}
