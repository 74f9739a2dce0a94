package ghtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Registered is a workflow that the repository has.
type Registered struct {
	File    string    // "" is Workflow
	State   string    // "" is active
	Created time.Time // when it was registered; zero: at the start of 2026
	Updated time.Time // when it was last enabled or disabled; zero: when it was registered
	Inputs  []string  // of its dispatches, beside force and window
}

// Register adds workflows, or replaces those of the same file. Without any, the
// server has every workflow that it is asked for.
func (s *Server) Register(workflows ...Registered) {
	s.locked(func() {
		for _, w := range workflows {
			s.registered = slices.DeleteFunc(s.registered, func(r Registered) bool { return r.file() == w.file() })
			s.registered = append(s.registered, w)
		}
	})
}

// workflows answers with one page of the workflows of the repository.
func (s *Server) workflows(r *http.Request) answer {
	registered := s.registered
	if registered == nil {
		registered = []Registered{{}}
	}
	part, next := page(r, registered)
	objects := []json.RawMessage{}
	for _, w := range part {
		objects = append(objects, marshal(w.object(s.URL)))
	}
	return s.say(http.StatusOK, map[string]any{"total_count": len(registered), "workflows": objects}).linked(r, next)
}

// Workflows returns the states of the workflows, by their files.
func (s *Server) Workflows() map[string]string {
	states := map[string]string{}
	s.locked(func() {
		for _, w := range s.registered {
			states[w.file()] = cmp.Or(w.State, "active")
		}
	})
	return states
}

// registeredAs returns the index of a workflow; negative if there is none.
func (s *Server) registeredAs(r *http.Request) int {
	return slices.IndexFunc(s.registered, func(w Registered) bool { return w.file() == r.PathValue("file") })
}

func (s *Server) getWorkflow(r *http.Request) answer {
	if i := s.registeredAs(r); i >= 0 {
		return s.say(http.StatusOK, s.registered[i].object(s.URL))
	}
	return s.elsewhere(r)
}

// setWorkflow enables or disables a workflow.
func (s *Server) setWorkflow(state string) func(*http.Request) answer {
	return func(r *http.Request) answer {
		i := s.registeredAs(r)
		if i < 0 || s.registered[i].State == "deleted" {
			return s.elsewhere(r)
		}
		s.registered[i].State, s.registered[i].Updated = state, s.now
		return s.say(http.StatusNoContent, nil)
	}
}

// listOf answers with one page of the runs of a workflow, if there is one.
func (s *Server) listOf(r *http.Request) answer {
	if s.registered == nil {
		return s.list(r)
	}
	for _, w := range s.registered {
		if w.file() == r.PathValue("file") {
			return s.list(r)
		}
	}
	return s.elsewhere(r)
}

func (w Registered) file() string {
	if w.File == "" {
		return Workflow
	}
	return w.File
}

// object returns the workflow as it is in lists.
func (w Registered) object(api string) map[string]any {
	if w.State == "" {
		w.State = "active"
	}
	if w.Created.IsZero() {
		w.Created = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	id := crc32.ChecksumIEEE([]byte(w.file())) >> 1
	return map[string]any{
		"id": id, "node_id": fmt.Sprint("W_", id), "name": strings.TrimSuffix(w.file(), ".yml"),
		"path": ".github/workflows/" + w.file(), "state": w.State,
		"created_at": stamp(w.Created), "updated_at": stamp(cmp.Or(w.Updated, w.Created)),
		"url":       fmt.Sprintf("%s/repos/%s/actions/workflows/%d", api, Repository, id),
		"html_url":  fmt.Sprintf("https://github.com/%s/blob/main/.github/workflows/%s", Repository, w.file()),
		"badge_url": fmt.Sprintf("https://github.com/%s/workflows/x/badge.svg", Repository),
	}
}
