package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// gitHub is the history that GitHub has of the runs of a workflow.
type gitHub struct{ program string }

// GitHub starts no workflow more often than every five minutes.
func (gitHub) cadences() []string { return []string{"hour", "day", "week", "month"} }

// start is a run of the job's workflow: the step that checks, and the one that executes.
func (g gitHub) start(r request, manual bool) (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := ghtest.Serve(listener)
	defer func() {
		server.Close()
		for _, violation := range server.Violations() {
			err = errors.Join(err, errors.New("fake GitHub: "+violation))
		}
	}()
	runs, err := readRuns(r.Project)
	if err != nil {
		return err
	}
	server.Add(runs...)
	server.SetNow(r.Now)
	if r.Blind {
		server.Break(ghtest.Fault{Status: http.StatusForbidden})
	}
	run := ghtest.Run{
		ID: int64(len(runs) + 1), Workflow: "scheduled-" + r.Job + ".yml", Job: r.Job, Event: "schedule",
		Status: "in_progress", Created: r.Now, Updated: r.Now,
	}
	event := map[string]any{"repository": map[string]any{"default_branch": "main"}}
	if manual {
		run.Event, event["inputs"] = "workflow_dispatch", map[string]any{"force": "true", "window": ""}
	}
	server.Add(run)
	variables, err := step(server, run, r.Project, event)
	if err != nil {
		return err
	}
	if err := g.play(r, &run, variables); err != nil {
		return err
	}
	return writeRuns(r.Project, append(runs, run))
}

// play plays the steps of a run, and writes down what GitHub then knows about it.
func (g gitHub) play(r request, run *ghtest.Run, variables []string) error {
	var decision struct {
		Run    bool
		Missed int
		Window struct{ Start string }
	}
	if err := call(command(g.program, r.Project, variables, "check", r.Job, "--json"), &decision); err != nil {
		return err
	}
	run.Status, run.Conclusion = "completed", "success"
	if !decision.Run {
		return nil
	}
	cmd := command(g.program, r.Project, variables, "run", r.Job, "--window", decision.Window.Start, "--missed", strconv.Itoa(decision.Missed))
	succeeded, err := execute(cmd, r)
	if err != nil {
		return err
	}
	if !r.Ends.IsZero() {
		run.Updated = r.Ends
	}
	entrypoint := ghtest.Step{Name: schedule.EvidenceStep, Conclusion: "success", Started: r.Now}
	switch {
	case r.Lose: // a runner that is gone leaves its step without an end
		run.Conclusion, entrypoint.Conclusion = "failure", ""
	case !succeeded:
		run.Conclusion, entrypoint.Conclusion = "failure", "failure"
	}
	run.Steps = []ghtest.Step{{Name: "Check window", Conclusion: "success", Started: r.Now}, entrypoint}
	return nil
}

// step returns the environment of the steps of a run.
func step(server *ghtest.Server, run ghtest.Run, project string, event any) ([]string, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(project, ".event.json")
	workflow := fmt.Sprintf("%s/.github/workflows/%s@refs/heads/main", ghtest.Repository, run.Workflow)
	return []string{
		"GITHUB_ACTIONS=true", "GITHUB_API_URL=" + server.URL, "GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_TOKEN=of-the-suite",
		"GITHUB_EVENT_NAME=" + run.Event, "GITHUB_EVENT_PATH=" + path, "GITHUB_WORKFLOW_REF=" + workflow,
		"GITHUB_RUN_ID=" + strconv.FormatInt(run.ID, 10), "GITHUB_RUN_ATTEMPT=1",
		"GITHUB_OUTPUT=" + filepath.Join(project, ".output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(project, ".summary"),
	}, os.WriteFile(path, payload, 0o600)
}

// The runs lie in the project between the requests, as they do on GitHub.

func runsFile(project string) string { return filepath.Join(project, ".runs.json") }

func readRuns(project string) (runs []ghtest.Run, err error) {
	content, err := os.ReadFile(runsFile(project))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &runs)
	}
	return runs, err
}

func writeRuns(project string, runs []ghtest.Run) error {
	content, err := json.Marshal(runs)
	if err != nil {
		return err
	}
	return os.WriteFile(runsFile(project), content, 0o600)
}
