package ghtest

import (
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// updateIssue changes a pull request as the issue that it is, too.
func (s *Server) updateIssue(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	e := read[edit](r)
	e.Base = nil // no field of issues
	if refusal := s.edit(p, e); refusal != nil {
		return *refusal
	}
	s.labels = union(s.labels, p.Labels)
	return s.say(http.StatusOK, s.issueObject(p))
}

func (s *Server) listComments(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	list := []object{}
	for i := range p.Comments {
		list = append(list, s.commentObject(p, i))
	}
	part, next := page(r, list)
	return s.say(http.StatusOK, part).linked(r, next)
}

func (s *Server) createComment(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	body := read[struct{ Body string }](r).Body
	switch {
	case body == "":
		return s.invalid("IssueComment", "body", "custom", "Body cannot be blank")
	case tooLong(body):
		return s.bodyTooLong("IssueComment")
	}
	p.Comments = append(p.Comments, body)
	p.updated = s.clock()
	return s.say(http.StatusCreated, s.commentObject(p, len(p.Comments)-1))
}

func (s *Server) commentObject(p *pulled, i int) object {
	id := p.Number*1000 + i
	number := strconv.Itoa(p.Number)
	return fixtures.Comment.with(map[string]any{
		"id": id, "url": s.api("/issues/comments/" + strconv.Itoa(id)), "body": p.Comments[i],
		"html_url":  html("/pull/" + number + "#issuecomment-" + strconv.Itoa(id)),
		"issue_url": s.api("/issues/" + number), "user": user(p.login),
		"created_at": stamp(p.updated), "updated_at": stamp(p.updated),
	})
}

// addLabels adds labels to a pull request, and to the repository those it does
// not have, as GitHub does.
func (s *Server) addLabels(r *http.Request) answer {
	p := s.pullOf(r)
	if p == nil {
		return s.elsewhere(r)
	}
	asked := read[struct{ Labels []string }](r).Labels
	p.Labels = union(p.Labels, asked)
	s.labels = union(s.labels, asked)
	p.updated = s.clock()
	return s.say(http.StatusOK, s.labelObjects(p.Labels))
}

func (s *Server) listLabels(r *http.Request) answer {
	part, next := page(r, s.labels)
	return s.say(http.StatusOK, s.labelObjects(part)).linked(r, next)
}

func (s *Server) createLabel(r *http.Request) answer {
	name := read[struct{ Name string }](r).Name
	if slices.ContainsFunc(s.labels, func(label string) bool { return strings.EqualFold(label, name) }) {
		return s.invalid("Label", "name", "already_exists", "")
	}
	s.labels = append(s.labels, name)
	return s.say(http.StatusCreated, s.labelObjects([]string{name})[0])
}

func (s *Server) labelObjects(names []string) []object {
	list := []object{}
	for _, name := range names {
		list = append(list, fixtures.Label.with(map[string]any{"id": hash(name), "name": name, "url": s.api("/labels/" + name)}))
	}
	return list
}

// hash returns a number for what has no other id.
func hash(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum32()
}
