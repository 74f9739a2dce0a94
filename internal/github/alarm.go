package github

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// AlarmKey identifies what an issue is about. There is at most one open issue for each.
type AlarmKey struct {
	Project string // path of the pyproject.toml
	Job     string // its id
	Kind    schedule.Event
}

// Alarm is what a rescue says about a job in an issue. Failing and Over may both be set:
// then the issue is opened, if that was not done for its window, else closed.
type Alarm struct {
	AlarmKey
	Failing bool
	Over    bool
	Paused  bool                                    // the job was paused because of it: the issue stays open until it runs again
	Held    bool                                    // it is over because the job is paused
	Posted  bool                                    // its end is told elsewhere too, by the call that closes the issue
	Window  time.Time                               // for one of which each is told once, its slot; zero for any other
	First   time.Time                               // the slot of the first of such windows in a row, as far as that is known
	Title   string                                  // of the issue when it is opened, one line
	Sign    string                                  // of what the body says: it is made anew where that changed
	Body    func(context.Context, time.Time) string // of the issue while it is open, Markdown, given First, since the issue was opened
	End     string                                  // the same when it is closed
}

// Alarmed is an issue that was changed. Its number is 0 if that was not done.
type Alarmed struct {
	AlarmKey
	Number    int
	URL       string
	Operation Operation // Created, Updated or Closed
}

// Sounded is what became of the issues.
type Sounded struct {
	Changed []Alarmed
	Left    int               // issues that are left to the next call
	Heard   map[AlarmKey]bool // an issue is open that this call did not open
	Lost    map[AlarmKey]bool // another call closed the issue, and tells that; see Alarm.Posted
}

// alarmLabel is the label of our issues. Only people who may triage issues can add
// it to others.
const alarmLabel = "scheduled-failure"

const (
	openPages   = 50              // of our open issues; all have to be read before one is opened
	closedPages = 10              // of our closed issues, the last changed first
	settling    = 2 * time.Second // in which calls that close an issue at once have all done so
	alarmWrites = 20              // by one Alarm: a rescue also dispatches, and GitHub allows 80 writes a minute
)

// Alarm opens an issue for each failing job that has none, updates the open ones,
// and closes those of jobs that work again. An issue that a person closed stays
// closed until its job has recovered. After alarmWrites changes the rest is left to
// the next call. With more than openPages of open issues it opens none and returns an
// error. removed returns why an issue that is not among the alarms is closed: its body, ""
// to leave it alone. With dry it changes nothing and returns what it would. Any other
// error is a *Denied, a *Failure, or that of ctx.
func (c *Client) Alarm(ctx context.Context, alarms []Alarm, removed func(AlarmKey) string, dry bool) (Sounded, error) {
	patient, cancel := context.WithTimeoutCause(ctx, longPatience, fmt.Errorf("not done within %v", longPatience))
	defer cancel()
	a := alarming{client: c, closed: map[AlarmKey]string{}, alarms: alarms, removed: removed, dry: dry, done: Sounded{Heard: map[AlarmKey]bool{}, Lost: map[AlarmKey]bool{}}}
	err := a.reconcile(patient)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if failure, ok := errors.AsType[*Failure](err); ok && failure.status == http.StatusGone { // "Issues are disabled for this repo"
		err = &Denied{Lacks: Tracker, cause: failure}
	}
	return a.done, denied(Issues, err)
}

// alarming is the work of Alarm.
type alarming struct {
	client  *Client
	alarms  []Alarm
	removed func(AlarmKey) string
	dry     bool
	known   map[AlarmKey][]issue // the issues of a key: the open ones first, and of those the oldest
	done    Sounded
	closed  map[AlarmKey]string // the mark in the issue of an end that is told elsewhere
	cut     bool                // there are more open issues than were read
	unsure  error               // why an issue was not opened; nil if none is missing
}

// reconcile makes all issues say what the alarms say.
func (a *alarming) reconcile(ctx context.Context) error {
	var err error
	if a.cut, err = a.list(ctx, "open", openPages); err != nil {
		return err
	}
	for key := range a.known {
		a.done.Heard[key] = true
	}
	if _, err := a.list(ctx, "closed", closedPages); err != nil {
		return err
	}
	all := slices.Concat(a.alarms, a.orphans())
	slices.SortStableFunc(all, func(x, y Alarm) int { return a.rank(x) - a.rank(y) })
	for _, alarm := range all {
		if err := a.reconcileOne(ctx, alarm); err != nil {
			return err
		}
	}
	if err := a.whoClosed(ctx); err != nil {
		return err
	}
	created := func(c Alarmed) bool { return c.Operation == Created }
	if a.dry || !slices.ContainsFunc(a.done.Changed, created) {
		return a.unsure
	}
	// Another rescue may have opened one at the same time. Both look again and keep
	// the older one.
	a.known = nil
	if _, err := a.list(ctx, "open", openPages); err != nil {
		return err
	}
	for _, alarm := range a.alarms {
		if err := a.closeDuplicates(ctx, alarm.AlarmKey); err != nil {
			return err
		}
	}
	a.done.Changed = slices.DeleteFunc(a.done.Changed, func(c Alarmed) bool {
		lost := created(c) && len(a.known[c.AlarmKey]) > 0 && a.known[c.AlarmKey][0].number != c.Number
		if lost {
			a.done.Heard[c.AlarmKey] = true
		}
		return lost
	})
	return nil
}

// rank says which alarms come first where not all can be told at once: those that are news.
// An update can wait.
func (a *alarming) rank(alarm Alarm) int {
	if last := a.last(alarm.AlarmKey); last == nil || last.state == "closed" || alarm.Over {
		return 0
	}
	return 1
}

// whoClosed looks again at the issues that this call closed and whose end is told elsewhere:
// of several calls that close one at once, the last is left in its note.
func (a *alarming) whoClosed(ctx context.Context) error {
	if len(a.closed) == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(settling):
	}
	before := a.known
	a.known = nil
	_, err := a.list(ctx, "closed", 1) // the last changed
	for key, mark := range a.closed {
		a.done.Lost[key] = slices.ContainsFunc(a.known[key], func(i issue) bool { return i.note.Closer != "" && i.note.Closer != mark }) &&
			!slices.ContainsFunc(a.known[key], func(i issue) bool { return i.note.Closer == mark })
	}
	a.known = before
	a.done.Changed = slices.DeleteFunc(a.done.Changed, func(c Alarmed) bool { return c.Operation == Closed && a.done.Lost[c.AlarmKey] })
	return err
}

// orphans returns what to say about removed jobs that have an open issue.
func (a *alarming) orphans() (orphans []Alarm) {
	for key, issues := range a.known {
		if body := a.removed(key); body != "" && issues[0].state == "open" {
			orphans = append(orphans, Alarm{AlarmKey: key, Over: true, End: body})
		}
	}
	slices.SortFunc(orphans, func(a, b Alarm) int { return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.Kind, b.Kind)) })
	return orphans
}

// list reads our issues in that state into known, up to a number of pages. It
// reports whether there are more.
func (a *alarming) list(ctx context.Context, state string, pages int) (cut bool, _ error) {
	if a.known == nil {
		a.known = map[AlarmKey][]issue{}
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

// reconcileOne makes the issue of an alarm say what that says.
func (a *alarming) reconcileOne(ctx context.Context, alarm Alarm) error {
	if err := a.closeDuplicates(ctx, alarm.AlarmKey); err != nil {
		return err
	}
	last := a.last(alarm.AlarmKey)
	recovered := last == nil || last.state == "closed" && !last.note.Failing
	told := last != nil && !alarm.Window.IsZero() && !alarm.Window.After(last.note.Window)
	switch {
	case recovered && (!alarm.Failing || told):
		a.done.Lost[alarm.AlarmKey] = last != nil && alarm.Over && last.note.Closer != ""
		return nil
	case recovered && a.cut:
		a.unsure = fmt.Errorf("read issues of %s: more than %d open issues have the label %s; none was opened, because one may exist already",
			a.client.Repository(), openPages*perPage, alarmLabel)
		return nil
	case recovered:
		return a.open(ctx, alarm, 0)
	case alarm.Held && last.note.Paused:
		return nil
	case alarm.Over:
		note := last.note
		note.Failing, note.Sign, note.Sum = false, "", ""
		if alarm.Failing {
			note.Window = alarm.Window // the end is also that of a window since
		}
		if note.Closer = ""; alarm.Posted && !a.dry {
			note.Closer = rand.Text()
			a.closed[alarm.AlarmKey] = note.Closer
		}
		return a.write(ctx, alarm.AlarmKey, Closed, last.number, func() github.IssueRequest {
			return github.IssueRequest{Body: new(annotated(alarm.End, note)), State: new("closed"), StateReason: new("completed")}
		})
	case last.state == "closed": // by a person
		return nil
	case last.note.Sign == alarm.Sign && last.note.Sum == sum(last.body):
		return nil
	}
	if first := last.note.First; !first.IsZero() && first.Before(alarm.First) {
		alarm.First = first
	}
	return a.open(ctx, alarm, last.number)
}

// open opens an issue if the number is 0, else makes an open one say what the alarm says.
func (a *alarming) open(ctx context.Context, alarm Alarm, number int) error {
	operation := Updated
	if number == 0 {
		operation = Created
	}
	return a.write(ctx, alarm.AlarmKey, operation, number, func() github.IssueRequest {
		body := alarm.Body(ctx, alarm.First)
		note := alarmNote{Project: alarm.Project, Job: &alarm.Job, Kind: alarm.Kind, Failing: true, Paused: alarm.Paused, Window: alarm.Window, First: alarm.First, Sign: alarm.Sign, Sum: sum(body)}
		fields := github.IssueRequest{Body: new(annotated(body, note))}
		if number == 0 {
			fields.Title, fields.Labels = &alarm.Title, &[]string{alarmLabel}
		}
		return fields
	})
}

// last returns the issue of a key: the open one, else the last one; nil if there is
// none.
func (a *alarming) last(key AlarmKey) *issue {
	for i, issue := range a.known[key] {
		if !issue.note.Duplicate {
			return &a.known[key][i]
		}
	}
	return nil
}

// closeDuplicates closes all open issues of a key except the oldest.
func (a *alarming) closeDuplicates(ctx context.Context, key AlarmKey) error {
	if a.dry {
		return nil
	}
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
func (a *alarming) write(ctx context.Context, key AlarmKey, operation Operation, number int, fields func() github.IssueRequest) error {
	if len(a.done.Changed) == alarmWrites {
		a.done.Left++
		return nil
	}
	if a.dry {
		a.done.Changed = append(a.done.Changed, Alarmed{key, number, "", operation})
		return nil
	}
	written, err := a.client.writeIssue(ctx, number, fields())
	if err == nil {
		a.done.Changed = append(a.done.Changed, Alarmed{key, written.GetNumber(), a.client.page(written.GetHTMLURL()), operation})
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

// sum identifies the text of a body, which GitHub may return with other line ends.
func sum(body string) string {
	if i := strings.LastIndex(body, notePrefix); i >= 0 {
		body = body[:i]
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))))
	return fmt.Sprintf("%x", hash.Sum64())
}

// issue is an issue of ours.
type issue struct {
	number int
	state  string // open or closed
	body   string
	note   alarmNote
}

// alarmNote is what we remember about an issue, in an invisible comment in its body.
type alarmNote struct {
	Project   string         `json:"project"`
	Job       *string        `json:"job"`            // which may be empty
	Kind      schedule.Event `json:"kind,omitempty"` // "" in older issues, which are of jobs that failed
	Failing   bool           `json:"failing"`
	Paused    bool           `json:"paused,omitempty"`    // see Alarm
	Window    time.Time      `json:"window,omitzero"`     // see Alarm
	First     time.Time      `json:"first,omitzero"`      // see Alarm
	Sign      string         `json:"sign,omitempty"`      // see Alarm
	Sum       string         `json:"sum,omitempty"`       // of the body as we wrote it
	Closer    string         `json:"closer,omitempty"`    // the call that closed it; see Alarm.Posted
	Duplicate bool           `json:"duplicate,omitempty"` // we closed it because there is another
}

func (n alarmNote) key() AlarmKey {
	return AlarmKey{n.Project, *n.Job, cmp.Or(n.Kind, schedule.JobFailed)}
}
