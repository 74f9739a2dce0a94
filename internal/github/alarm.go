package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"
)

// Alarm is what a rescue says about a job in an issue. A job has at most one open
// issue.
type Alarm struct {
	Project string // path of the pyproject.toml
	Job     string // its id
	Failing bool   // else its window is confirmed again
	Title   string // of the issue when it is opened, one line
	Body    string // of the issue, Markdown
}

// Alarmed is an issue that was changed.
type Alarmed struct {
	Job       string
	Number    int
	URL       string
	Operation Operation // Created, Updated or Closed
}

// alarmLabel is the label of our issues. Only people who may triage issues can add
// it to others.
const alarmLabel = "scheduled-failure"

const (
	openPages   = 50 // of our open issues; all have to be read before one is opened
	closedPages = 10 // of our closed issues, the last changed first
	alarmWrites = 20 // by one Alarm: a rescue also dispatches, and GitHub allows 80 writes a minute
)

// Alarm opens an issue for each failing job that has none, updates the open ones,
// and closes those of jobs that work again. An issue that a person closed stays
// closed until its job has recovered. After alarmWrites changes the rest is left to
// the next call; left says how many. With more than openPages of open issues it
// opens none and returns an error. removed returns why the issue of a job that is not
// among the alarms is closed: its body, "" to leave it alone. Any other error is a
// *Denied, a *Failure, or that of ctx.
func (c *Client) Alarm(ctx context.Context, alarms []Alarm, removed func(project, job string) string) (changed []Alarmed, left int, _ error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("not done within %v", longPatience))
	defer cancel()
	a := alarming{client: c, alarms: alarms, removed: removed}
	err := a.reconcile(patient)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if failure, ok := errors.AsType[*Failure](err); ok && failure.status == http.StatusGone { // "Issues are disabled for this repo"
		err = &Denied{Lacks: Tracker, cause: failure}
	}
	return a.changed, a.left, denied(Issues, err)
}

// alarming is the work of Alarm.
type alarming struct {
	client  *Client
	alarms  []Alarm
	removed func(project, job string) string
	known   map[alarmKey][]issue // the issues of a job: the open ones first, and of those the oldest
	changed []Alarmed
	left    int
	cut     bool  // there are more open issues than were read
	unsure  error // why an issue was not opened; nil if none is missing
}

// reconcile makes all issues say what the alarms say.
func (a *alarming) reconcile(ctx context.Context) error {
	var err error
	if a.cut, err = a.list(ctx, "open", openPages); err != nil {
		return err
	}
	if _, err := a.list(ctx, "closed", closedPages); err != nil {
		return err
	}
	for _, alarm := range slices.Concat(a.alarms, a.orphans()) {
		if err := a.reconcileJob(ctx, alarm); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(a.changed, func(c Alarmed) bool { return c.Operation == Created }) {
		return a.unsure
	}
	// Another rescue may have opened one at the same time. Both look again and keep
	// the older one.
	a.known = nil
	if _, err := a.list(ctx, "open", openPages); err != nil {
		return err
	}
	for _, alarm := range a.alarms {
		if err := a.closeDuplicates(ctx, alarm.key()); err != nil {
			return err
		}
	}
	return nil
}

// orphans returns what to say about removed jobs that have an open issue.
func (a *alarming) orphans() (orphans []Alarm) {
	for key, issues := range a.known {
		if body := a.removed(key.project, key.job); body != "" && issues[0].state == "open" {
			orphans = append(orphans, Alarm{Project: key.project, Job: key.job, Body: body})
		}
	}
	slices.SortFunc(orphans, func(a, b Alarm) int { return cmp.Compare(a.Job, b.Job) })
	return orphans
}

// list reads our issues in that state into known, up to a number of pages. It
// reports whether there are more.
func (a *alarming) list(ctx context.Context, state string, pages int) (cut bool, _ error) {
	if a.known == nil {
		a.known = map[alarmKey][]issue{}
	}
	listed := map[int]bool{} // an issue can be on two pages if the list changes while it is read
	more := true
	for page := 1; more && page <= pages; page++ {
		list, resp, err := call(ctx, a.client, "read issues", func(ctx context.Context) ([]*github.Issue, *github.Response, error) {
			return a.client.api.Issues.ListByRepo(ctx, a.client.owner(), a.client.name(), &github.IssueListByRepoOptions{
				Labels: []string{alarmLabel}, State: state, Sort: "updated", Direction: "desc",
				ListOptions: github.ListOptions{PerPage: perPage, Page: page},
			})
		})
		if err != nil {
			return false, err
		}
		for _, i := range list {
			if n := annotation[alarmNote](i.GetBody()); n.Job != nil && !i.IsPullRequest() && !listed[i.GetNumber()] {
				listed[i.GetNumber()] = true
				a.known[n.key()] = append(a.known[n.key()], issue{i.GetNumber(), i.GetState(), i.GetBody(), n})
			}
		}
		more = resp.NextPage != 0 && len(list) > 0
	}
	for _, issues := range a.known {
		slices.SortFunc(issues, func(a, b issue) int {
			if a.state != b.state {
				return -cmp.Compare(a.state, b.state) // open before closed
			}
			if a.state == "open" {
				return a.number - b.number
			}
			return b.number - a.number
		})
	}
	return more, nil
}

// reconcileJob makes the issue of a job say what the alarm says.
func (a *alarming) reconcileJob(ctx context.Context, alarm Alarm) error {
	if err := a.closeDuplicates(ctx, alarm.key()); err != nil {
		return err
	}
	note := alarmNote{Project: alarm.Project, Job: &alarm.Job, Failing: alarm.Failing}
	fields := github.IssueRequest{Body: new(annotated(alarm.Body, note))}
	last := a.last(alarm.key())
	recovered := last == nil || last.state == "closed" && !last.note.Failing
	switch {
	case recovered && alarm.Failing && a.cut:
		a.unsure = fmt.Errorf("read issues of %s: more than %d open issues have the label %s; none was opened, because one may exist already",
			a.client.repository, openPages*perPage, alarmLabel)
		return nil
	case recovered && alarm.Failing:
		fields.Title, fields.Labels = &alarm.Title, &[]string{alarmLabel}
		return a.write(ctx, alarm.Job, Created, 0, fields)
	case recovered, last.state == "closed" && alarm.Failing: // by a person
		return nil
	case !alarm.Failing:
		fields.State, fields.StateReason = new("closed"), new("completed")
		return a.write(ctx, alarm.Job, Closed, last.number, fields)
	case same(last.body, annotated(alarm.Body, note)):
		return nil
	}
	return a.write(ctx, alarm.Job, Updated, last.number, fields)
}

// last returns the issue of a job: the open one, else the last one; nil if there is
// none.
func (a *alarming) last(key alarmKey) *issue {
	for i, issue := range a.known[key] {
		if !issue.note.Duplicate {
			return &a.known[key][i]
		}
	}
	return nil
}

// closeDuplicates closes all open issues of a job except the oldest.
func (a *alarming) closeDuplicates(ctx context.Context, key alarmKey) error {
	issues := a.known[key]
	for n := 1; n < len(issues) && issues[n].state == "open"; n++ {
		note := issues[n].note
		note.Duplicate = true
		body := annotated(fmt.Sprintf("Another rescue opened #%d at the same time.", issues[0].number), note)
		_, err := a.client.writeIssue(ctx, issues[n].number,
			github.IssueRequest{Body: &body, State: new("closed"), StateReason: new("not_planned")})
		if err != nil {
			return err
		}
		issues[n].state, issues[n].note = "closed", note
	}
	return nil
}

// write changes an issue, or opens one if the number is 0, or leaves that to the
// next call.
func (a *alarming) write(ctx context.Context, job string, operation Operation, number int, fields github.IssueRequest) error {
	if len(a.changed) == alarmWrites {
		a.left++
		return nil
	}
	written, err := a.client.writeIssue(ctx, number, fields)
	if err == nil {
		a.changed = append(a.changed, Alarmed{job, written.GetNumber(), a.client.page(written.GetHTMLURL()), operation})
	}
	return err
}

// writeIssue changes an issue, or opens one if the number is 0.
func (c *Client) writeIssue(ctx context.Context, number int, fields github.IssueRequest) (*github.Issue, error) {
	what := "update issue"
	if number == 0 {
		what = "create issue"
	}
	written, _, err := call(ctx, c, what, func(ctx context.Context) (*github.Issue, *github.Response, error) {
		if number == 0 {
			return c.api.Issues.Create(ctx, c.owner(), c.name(), &fields)
		}
		return c.api.Issues.Edit(ctx, c.owner(), c.name(), number, &fields)
	})
	return written, err
}

// same compares bodies, which GitHub may return with other line ends.
func same(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// issue is an issue of ours.
type issue struct {
	number int
	state  string // open or closed
	body   string
	note   alarmNote
}

// alarmKey identifies a job.
type alarmKey struct{ project, job string }

func (a Alarm) key() alarmKey { return alarmKey{a.Project, a.Job} }

// alarmNote is what we remember about an issue, in an invisible comment in its body.
type alarmNote struct {
	Project   string  `json:"project"`
	Job       *string `json:"job"` // which may be empty
	Failing   bool    `json:"failing"`
	Duplicate bool    `json:"duplicate,omitempty"` // we closed it because there is another
}

func (n alarmNote) key() alarmKey { return alarmKey{n.Project, *n.Job} }
