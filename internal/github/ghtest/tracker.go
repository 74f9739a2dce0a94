package ghtest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Issue is an issue, not a pull request.
type Issue struct {
	Number      int
	State       string // open or closed
	Reason      string // why it was closed
	Title, Body string
	Labels      []string
}

// tracked is an issue that the server has.
type tracked struct {
	Issue
	login                    string // of who opened it
	created, updated, closed time.Time
}

// Issues returns all issues, in the order of their numbers.
func (s *Server) Issues() (issues []Issue) {
	s.locked(func() {
		for _, i := range s.issues {
			i.Labels = slices.Clone(i.Labels)
			issues = append(issues, i.Issue)
		}
	})
	return issues
}

// Track adds issues, which it numbers.
func (s *Server) Track(issues ...Issue) {
	s.locked(func() {
		for _, i := range issues {
			i.Number = s.nextNumber()
			s.issues = append(s.issues, &tracked{Issue: i, login: s.rights.login(), created: s.clock(), updated: s.clock(), closed: s.clock()})
		}
	})
}

// EditIssue changes an issue, as a person would.
func (s *Server) EditIssue(number int, change func(*Issue)) {
	s.locked(func() {
		for _, i := range s.issues {
			if i.Number == number {
				change(&i.Issue)
				i.updated = s.clock()
			}
		}
	})
}

// nextNumber returns the number of the next issue or pull request.
func (s *Server) nextNumber() int { return len(s.pulls) + len(s.issues) + 1 }

// listIssues answers with one page of the issues, which include the pull requests.
func (s *Server) listIssues(r *http.Request) answer {
	type listed struct {
		object           object
		number           int
		created, updated time.Time
	}
	query := r.URL.Query()
	state := cmp.Or(query.Get("state"), "open")
	matches := func(its string, labels []string) bool {
		for _, label := range strings.Split(query.Get("labels"), ",") {
			if label != "" && !slices.ContainsFunc(labels, func(has string) bool { return strings.EqualFold(has, label) }) {
				return false
			}
		}
		return state == "all" || state == its
	}
	var all []listed
	for _, i := range s.issues {
		if matches(i.State, i.Labels) {
			all = append(all, listed{s.trackedObject(i), i.Number, i.created, i.updated})
		}
	}
	for _, p := range s.pulls {
		if matches(p.State, p.Labels) {
			all = append(all, listed{s.issueObject(p), p.Number, p.created, p.updated})
		}
	}
	slices.SortFunc(all, func(a, b listed) int {
		if query.Get("sort") == "updated" {
			return cmp.Or(b.updated.Compare(a.updated), b.number-a.number)
		}
		return b.number - a.number
	})
	if query.Get("direction") == "asc" {
		slices.Reverse(all)
	}
	part, next := page(r, all)
	list := []object{}
	for _, l := range part {
		list = append(list, l.object)
	}
	return s.say(http.StatusOK, list).linked(r, next)
}

func (s *Server) createIssue(r *http.Request) answer {
	asked := read[struct {
		Title, Body string
		Labels      []string
	}](r)
	switch {
	case s.rights.NoTracker:
		return s.refuse(http.StatusGone, "Issues are disabled for this repo")
	case asked.Title == "":
		return s.invalid("Issue", "title", "missing_field", "")
	case tooLong(asked.Body):
		return s.bodyTooLong("Issue")
	}
	i := &tracked{login: s.rights.login(), created: s.clock(), updated: s.clock(), Issue: Issue{
		Number: s.nextNumber(), State: "open", Title: asked.Title, Body: asked.Body, Labels: asked.Labels,
	}}
	s.issues = append(s.issues, i)
	s.labels = union(s.labels, i.Labels)
	return s.say(http.StatusCreated, s.trackedObject(i))
}

// editIssue changes an issue, or a pull request as the issue that it is, too.
func (s *Server) editIssue(r *http.Request) answer {
	number, _ := strconv.Atoi(r.PathValue("number"))
	n := slices.IndexFunc(s.issues, func(i *tracked) bool { return i.Number == number })
	if n < 0 {
		return s.updateIssue(r)
	}
	i := s.issues[n]
	e := read[struct {
		Title, Body, State *string
		Reason             *string `json:"state_reason"`
		Labels             *[]string
	}](r)
	if e.Body != nil && tooLong(*e.Body) {
		return s.bodyTooLong("Issue")
	}
	set(&i.Title, e.Title)
	set(&i.Body, e.Body)
	set(&i.Labels, e.Labels)
	set(&i.Reason, e.Reason)
	i.updated = s.clock()
	if e.State != nil && *e.State != i.State {
		i.State, i.closed = *e.State, time.Time{}
		if i.State == "closed" {
			i.closed = i.updated
		}
	}
	return s.say(http.StatusOK, s.trackedObject(i))
}

// trackedObject returns an issue as GitHub does.
func (s *Server) trackedObject(i *tracked) object {
	number := strconv.Itoa(i.Number)
	issue := s.api("/issues/" + number)
	return fixtures.Issue.with(map[string]any{
		"id": 1_000_000 + i.Number, "node_id": nodeID("I", number), "number": i.Number,
		"url": issue, "html_url": html("/issues/" + number), "repository_url": s.api(""), "labels_url": issue + "/labels{/name}",
		"comments_url": issue + "/comments", "events_url": issue + "/events", "timeline_url": issue + "/timeline",
		"state": i.State, "state_reason": orNull(i.Reason), "title": i.Title, "body": orNull(i.Body), "user": user(i.login),
		"labels": s.labelObjects(i.Labels), "pull_request": Absent, "draft": Absent,
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": orNull(stamp(i.closed)),
	})
}
