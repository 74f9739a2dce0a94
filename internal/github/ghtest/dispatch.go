package ghtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Dispatch is a request to start a run.
type Dispatch struct {
	File   string
	Ref    string
	Inputs map[string]string
	Run    int64 // the id of the run it became
}

// Dispatches returns the dispatches since the last call.
func (s *Server) Dispatches() (dispatches []Dispatch) {
	s.locked(func() { dispatches, s.dispatches = s.dispatches, nil })
	return dispatches
}

// Finish ends runs now with that conclusion. If it is a success, the entrypoint
// started when the run was created.
func (s *Server) Finish(conclusion string, ids ...int64) {
	s.locked(func() {
		for _, id := range ids {
			run := s.runs[id].Run
			run.Status, run.Conclusion, run.Updated = "completed", conclusion, s.clock()
			if conclusion == "success" {
				run.Started = run.Created
			}
			s.runs[id] = s.write(run)
		}
	})
}

// dispatch queues a run of a workflow.
func (s *Server) dispatch(r *http.Request) answer {
	asked := read[struct {
		Ref    string
		Inputs map[string]any
	}](r)
	file := r.PathValue("file")
	i := slices.IndexFunc(s.registered, func(w Registered) bool { return w.file() == file })
	ref := strings.TrimPrefix(asked.Ref, "refs/heads/")
	switch {
	case s.registered != nil && i < 0:
		return s.elsewhere(r)
	case i >= 0 && s.registered[i].State != "" && s.registered[i].State != "active":
		return s.refuse(http.StatusUnprocessableEntity, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
	case ref != defaultBranch && s.git.branch(ref) == "":
		return s.refuse(http.StatusUnprocessableEntity, "No ref found for: "+asked.Ref)
	}
	inputs := map[string]string{"force": "true", "window": ""}
	for name, value := range asked.Inputs {
		if _, known := inputs[name]; !known {
			return s.refuse(http.StatusUnprocessableEntity, fmt.Sprintf("Unexpected inputs provided: [%q]", name))
		}
		inputs[name] = fmt.Sprint(value)
	}
	s.lastID++
	run := Run{ID: s.lastID, Workflow: file, Event: "workflow_dispatch", Title: strings.TrimSuffix(file, ".yml") + ": " + runName(inputs),
		Branch: ref, Status: "queued", Created: s.clock(), Updated: s.clock()}
	s.runs[run.ID] = s.write(run)
	s.dispatches = append(s.dispatches, Dispatch{file, asked.Ref, inputs, run.ID})
	return s.say(http.StatusNoContent, nil)
}

// runName returns the end of the name that a generated workflow gives to a run.
func runName(inputs map[string]string) string {
	forced, window := inputs["force"] == "true", inputs["window"]
	switch {
	case forced && window != "":
		return schedule.BackfillMark + window
	case window != "":
		return schedule.RescueMark + window
	case forced:
		return "by hand"
	}
	return "by hand, if the window is not confirmed"
}
