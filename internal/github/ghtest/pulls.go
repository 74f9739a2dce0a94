package ghtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Pull is a pull request.
type Pull struct {
	Number      int
	State       string // open or closed
	Merged      bool
	Title, Body string
	Head, Base  string // branches
	HeadSHA     string // follows the branch while it is open
	Draft       bool
	Labels      []string
	Assignees   []string
	Reviewers   []string // teams as owner/team
	Comments    []string
}

func (p Pull) clone() Pull {
	p.Labels, p.Assignees = slices.Clone(p.Labels), slices.Clone(p.Assignees)
	p.Reviewers, p.Comments = slices.Clone(p.Reviewers), slices.Clone(p.Comments)
	return p
}

// pulled is a pull request that the server has.
type pulled struct {
	Pull
	login                    string // of who opened it
	created, updated, closed time.Time
	merge                    string // the commit it was merged with
}

// pull returns a pull request, nil if there is none.
func (s *Server) pull(number int) *pulled {
	i := slices.IndexFunc(s.pulls, func(p *pulled) bool { return p.Number == number })
	if i < 0 {
		return nil
	}
	return s.pulls[i]
}

// pullOf returns the pull request that a request's path names, nil if none.
func (s *Server) pullOf(r *http.Request) *pulled {
	number, _ := strconv.Atoi(r.PathValue("number"))
	return s.pull(number)
}

// follow does what a push to a branch, or its deletion, does to pull requests.
func (s *Server) follow(branch string) {
	for _, p := range s.pulls {
		if p.State != "open" || p.Head != branch && p.Base != branch {
			continue
		}
		base, head := s.git.branch(p.Base), s.git.branch(p.Head)
		if head != "" && head != p.HeadSHA {
			p.HeadSHA, p.updated = head, s.clock()
		}
		switch {
		case head == "" || base == "":
			s.setState(p, "closed")
		case s.git.contains(base, head):
			p.Merged = p.Base == branch
			p.merge = base
			s.setState(p, "closed")
		}
	}
}

// setState closes or reopens a pull request.
func (s *Server) setState(p *pulled, state string) {
	p.State, p.updated, p.closed = state, s.clock(), time.Time{}
	if state == "closed" {
		p.closed = p.updated
	} else if head := s.git.branch(p.Head); head != "" {
		p.HeadSHA = head
	}
}

// unopenable returns GitHub's message about why a closed pull request cannot be
// reopened, "" if it can.
func (s *Server) unopenable(p *pulled) string {
	head := s.git.branch(p.Head)
	switch {
	case p.Merged:
		return "state cannot be changed. The pull request has been merged."
	case head == "":
		return "state cannot be changed. The " + p.Head + " branch has been deleted."
	case !s.git.contains(head, p.HeadSHA):
		return "state cannot be changed. The " + p.Head + " branch was force-pushed or recreated."
	case s.openPull(p.Head, p.Base) != nil:
		return "state cannot be changed. There is already an open pull request from " + p.Head + " to " + p.Base + "."
	}
	return ""
}

func (s *Server) openPull(head, base string) *pulled {
	for _, p := range s.pulls {
		if p.State == "open" && p.Head == head && p.Base == base {
			return p
		}
	}
	return nil
}

func (s *Server) listPulls(r *http.Request) answer {
	query := r.URL.Query()
	state := cmp.Or(query.Get("state"), "open")
	var matching []*pulled
	for _, p := range s.pulls {
		// GitHub ignores a head without its owner.
		head, base := query.Get("head"), query.Get("base")
		if (state == "all" || state == p.State) && (!strings.Contains(head, ":") || strings.EqualFold(head, label(p.Head))) && (base == "" || base == p.Base) {
			matching = append(matching, p)
		}
	}
	sort := cmp.Or(query.Get("sort"), "created")
	slices.SortStableFunc(matching, func(a, b *pulled) int {
		if sort == "updated" {
			return a.updated.Compare(b.updated)
		}
		return a.Number - b.Number
	})
	if direction := query.Get("direction"); direction == "desc" || direction == "" && sort == "created" {
		slices.Reverse(matching)
	}
	part, next := page(r, matching)
	list := []object{}
	for _, p := range part {
		list = append(list, s.pullObject(p))
	}
	return s.say(http.StatusOK, list).linked(r, next)
}

func (s *Server) getPull(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, s.fullPullObject(p))
}

func (s *Server) createPull(r *http.Request) answer {
	asked := read[struct {
		Title, Body, Head, Base string
		Draft                   bool
	}](r)
	if s.rights.NoOpenedPull {
		return s.refuse(http.StatusForbidden, "GitHub Actions is not permitted to create or approve pull requests.")
	}
	asked.Head = ours(asked.Head)
	base, head := s.git.branch(asked.Base), s.git.branch(asked.Head)
	switch {
	case asked.Title == "":
		return s.invalid("PullRequest", "title", "missing_field", "")
	case head == "":
		return s.invalid("PullRequest", "head", "invalid", "")
	case base == "":
		return s.invalid("PullRequest", "base", "invalid", "")
	case s.openPull(asked.Head, asked.Base) != nil:
		return s.invalid("PullRequest", "", "custom", "A pull request already exists for "+label(asked.Head)+".")
	case s.git.contains(base, head):
		return s.invalid("PullRequest", "", "custom", fmt.Sprintf("No commits between %s and %s", asked.Base, asked.Head))
	case s.git.mergeBase(base, head) == "":
		return s.invalid("PullRequest", "", "custom", fmt.Sprintf("The %s branch has no history in common with %s", asked.Head, asked.Base))
	case tooLong(asked.Body):
		return s.bodyTooLong("PullRequest")
	}
	now := s.clock()
	p := &pulled{login: s.rights.login(), created: now, updated: now, Pull: Pull{
		Number: s.nextNumber(), State: "open", Title: asked.Title, Body: asked.Body,
		Head: asked.Head, Base: asked.Base, HeadSHA: head, Draft: asked.Draft,
	}}
	s.pulls = append(s.pulls, p)
	return s.say(http.StatusCreated, s.fullPullObject(p))
}

// edit is a change of a pull request, by its own path or as an issue.
type edit struct {
	Title, Body, State, Base *string
	Labels, Assignees        *[]string
}

func (s *Server) updatePull(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	if refusal := s.edit(p, read[edit](r)); refusal != nil {
		return *refusal
	}
	return s.say(http.StatusOK, s.fullPullObject(p))
}

// edit carries out a change. It returns the answer to one that is refused as a
// whole.
func (s *Server) edit(p *pulled, e edit) *answer {
	var refusal answer
	switch {
	case e.Title != nil && *e.Title == "":
		refusal = s.invalid("Issue", "title", "missing_field", "")
	case e.Body != nil && tooLong(*e.Body):
		refusal = s.bodyTooLong("Issue")
	case e.Base != nil && s.git.branch(*e.Base) == "":
		refusal = s.invalid("PullRequest", "base", "invalid", "")
	case e.State != nil && *e.State == "open" && p.State == "closed" && s.unopenable(p) != "":
		refusal = s.invalid("PullRequest", "state", "custom", s.unopenable(p))
	default:
		set(&p.Title, e.Title)
		set(&p.Body, e.Body)
		set(&p.Base, e.Base)
		set(&p.Labels, e.Labels)
		set(&p.Assignees, e.Assignees)
		p.updated = s.clock()
		if e.State != nil && *e.State != p.State {
			s.setState(p, *e.State)
		}
		return nil
	}
	return &refusal
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// tooLong reports whether GitHub refuses a body.
func tooLong(body string) bool { return utf8.RuneCountInString(body) > 65536 }

func (s *Server) bodyTooLong(resource string) answer {
	return s.invalid(resource, "body", "custom", "body is too long (maximum is 65536 characters)")
}

func (s *Server) pullCommits(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	part, next := page(r, s.commitsOf(p))
	return s.say(http.StatusOK, s.commitObjects(part)).linked(r, next)
}

// commitsOf returns the commits that a pull request brings, the oldest first.
func (s *Server) commitsOf(p *pulled) []string {
	base := s.git.branch(p.Base)
	if p.Merged {
		base = s.git.commit(p.merge).first()
	}
	return s.git.ahead(base, p.HeadSHA)
}

func (c Commit) first() string {
	if len(c.Parents) == 0 {
		return ""
	}
	return c.Parents[0]
}

func (s *Server) requestReviewers(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	asked := read[struct {
		Reviewers []string
		Teams     []string `json:"team_reviewers"`
	}](r)
	owner, _, _ := strings.Cut(Repository, "/")
	for _, team := range asked.Teams {
		asked.Reviewers = append(asked.Reviewers, owner+"/"+team)
	}
	p.Reviewers = union(p.Reviewers, asked.Reviewers)
	p.updated = s.clock()
	return s.say(http.StatusCreated, s.pullObject(p))
}

// union appends what is not in the list yet.
func union(list, more []string) []string {
	for _, item := range more {
		if !slices.Contains(list, item) {
			list = append(list, item)
		}
	}
	return list
}

// label returns a branch as GitHub names it in pull requests.
func label(branch string) string {
	owner, _, _ := strings.Cut(Repository, "/")
	return owner + ":" + branch
}
