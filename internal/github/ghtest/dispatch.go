package ghtest

import (
	"fmt"
	"net/http"
	"strconv"
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
		Ref     string
		Inputs  map[string]any
		Details *bool `json:"return_run_details"`
	}](r)
	file := r.PathValue("file")
	i := s.registeredAs(r)
	ref := strings.TrimPrefix(asked.Ref, "refs/heads/")
	switch {
	case s.old && asked.Details != nil:
		return s.refuse(http.StatusBadRequest, `Invalid request. "return_run_details" is not a permitted key.`)
	case s.registered != nil && i < 0:
		return s.elsewhere(r)
	case i >= 0 && s.registered[i].State != "" && s.registered[i].State != "active":
		return s.refuse(http.StatusUnprocessableEntity, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
	case ref != defaultBranch && s.git.branch(ref) == "":
		return s.refuse(http.StatusUnprocessableEntity, "No ref found for: "+asked.Ref)
	}
	inputs := map[string]string{"force": "true", "window": ""}
	if i >= 0 {
		for _, name := range s.registered[i].Inputs {
			inputs[name] = ""
		}
	}
	for name, value := range asked.Inputs {
		if _, known := inputs[name]; !known {
			return s.refuse(http.StatusUnprocessableEntity, fmt.Sprintf("Unexpected inputs provided: [%q]", name))
		}
		inputs[name] = fmt.Sprint(value)
	}
	s.lastID++
	run := Run{ID: s.lastID, Workflow: file, Event: "workflow_dispatch", Title: strings.TrimSuffix(file, ".yml") + ": " + runName(inputs),
		Branch: ref, Status: "queued", Created: s.clock(), Updated: s.clock(), Actor: s.rights.login()}
	if wait := inputs["wait"]; wait != "" && wait != "0" {
		run.Title, run.Status = fmt.Sprintf("%s%s min from %s", schedule.PacemakerMark, wait, inputs["asked-at"]), "waiting"
	}
	s.runs[run.ID] = s.write(run)
	s.dispatches = append(s.dispatches, Dispatch{file, asked.Ref, inputs, run.ID})
	if asked.Details == nil || !*asked.Details {
		return s.say(http.StatusNoContent, nil)
	}
	return s.say(http.StatusOK, map[string]any{"workflow_run_id": run.ID,
		"run_url":  fmt.Sprintf("%s/repos/%s/actions/runs/%d", s.URL, Repository, run.ID),
		"html_url": fmt.Sprintf("https://github.com/%s/actions/runs/%d", Repository, run.ID)})
}

// SetOld makes the server an older GitHub Enterprise Server, which refuses
// return_run_details.
func (s *Server) SetOld() { s.locked(func() { s.old = true }) }

// SetPlay has f change each run before it is read alone, as a runner does meanwhile.
func (s *Server) SetPlay(f func(*Run)) { s.locked(func() { s.play = f }) }

// Cancelled returns the runs that were cancelled since the last call.
func (s *Server) Cancelled() (runs []int64) {
	s.locked(func() { runs, s.cancelled = s.cancelled, nil })
	return runs
}

// asked returns the run that a request names; nil if there is none.
func (s *Server) asked(r *http.Request) *listed {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	return s.runs[id]
}

func (s *Server) getRun(r *http.Request) answer {
	run := s.asked(r)
	if run == nil {
		return s.elsewhere(r)
	}
	if s.play != nil {
		played := run.Run
		s.play(&played)
		run = s.write(played)
		s.runs[played.ID] = run
	}
	return s.say(http.StatusOK, run.run)
}

func (s *Server) cancel(r *http.Request) answer {
	run := s.asked(r)
	switch {
	case run == nil:
		return s.elsewhere(r)
	case run.Status == "completed":
		return s.refuse(http.StatusConflict, "Cannot cancel a workflow run that is completed.")
	}
	cancelled := run.Run
	cancelled.Status, cancelled.Conclusion, cancelled.Updated = "completed", "cancelled", s.clock()
	s.runs[run.ID] = s.write(cancelled)
	s.cancelled = append(s.cancelled, run.ID)
	return s.say(http.StatusAccepted, map[string]any{})
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
