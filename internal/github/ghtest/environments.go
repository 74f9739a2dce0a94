package ghtest

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"slices"
	"time"
)

// SetTimer makes an environment that waits so many minutes; 0 for one without a timer.
func (s *Server) SetTimer(name string, minutes int) {
	s.locked(func() { s.timers[name] = minutes })
}

// Timers returns the minutes that the environments wait, by their names.
func (s *Server) Timers() (timers map[string]int) {
	s.locked(func() { timers = maps.Clone(s.timers) })
	return timers
}

func (s *Server) listEnvironments(r *http.Request) answer {
	names := slices.Sorted(maps.Keys(s.timers))
	part, next := page(r, names)
	objects := []json.RawMessage{}
	for _, name := range part {
		objects = append(objects, s.environment(name))
	}
	return s.say(http.StatusOK, map[string]any{"total_count": len(names), "environments": objects}).linked(r, next)
}

// putEnvironment makes an environment. Plans other than Enterprise have no timers in private
// repositories.
func (s *Server) putEnvironment(r *http.Request) answer {
	name, asked := r.PathValue("name"), read[struct {
		Wait int `json:"wait_timer"`
	}](r)
	if s.standing.Fields["private"] == true && asked.Wait > 0 {
		return s.refuse(http.StatusUnprocessableEntity, "Failed to create the environment protection rule. Please ensure the billing plan supports the wait timer protection rule.")
	}
	s.timers[name] = asked.Wait
	return s.say(http.StatusOK, s.environment(name))
}

// environment returns an environment as it is in lists.
func (s *Server) environment(name string) json.RawMessage {
	id := crc32.ChecksumIEEE([]byte(name)) >> 1
	made := stamp(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC))
	rules := []map[string]any{}
	if minutes := s.timers[name]; minutes > 0 {
		rules = append(rules, map[string]any{"id": id, "node_id": fmt.Sprint("GA_", id), "type": "wait_timer", "wait_timer": minutes})
	}
	return marshal(map[string]any{
		"id": id, "node_id": fmt.Sprint("EN_", id), "name": name, "created_at": made, "updated_at": made,
		"url":              fmt.Sprintf("%s/repos/%s/environments/%s", s.URL, Repository, name),
		"html_url":         fmt.Sprintf("https://github.com/%s/deployments/activity_log?environments_filter=%s", Repository, name),
		"protection_rules": rules, "deployment_branch_policy": nil,
	})
}
