package main

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (a adapter) describe() (any, error) {
	version, err := exec.Command(a.program, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", a.program, err)
	}
	var name, word, number string
	fmt.Sscan(string(version), &name, &word, &number)
	return map[string]any{
		"name": "scheduled, history: " + a.where, "version": number, "cadences": a.history.cadences(),
		"capabilities": []string{"positions", "fixed-time", "manual", "durable", "lost-results", "unreadable-history", "long-executions"},
	}, nil
}

// list is what `scheduled list --json` prints.
type list struct {
	Jobs []struct {
		ID         string
		Every      string
		Entrypoint string
		Next       []time.Time
	}
}

type declaredJob struct {
	ID         string `json:"id"`
	Every      string `json:"every"`
	Entrypoint string `json:"entrypoint"`
	Supported  bool   `json:"supported"`
}

// beyondGitHub begins the message for a job that is right, but too frequent for GitHub.
const beyondGitHub = "GitHub Actions cannot run a job every minute: "

// read asks `validate` for the errors, and `list` for the jobs if there are none.
func (a adapter) read(r request) (any, error) {
	var validated struct {
		Errors []struct {
			Line    int    `json:"line"`
			Message string `json:"message"`
		}
	}
	var refused *exec.ExitError
	if err := call(command(a.program, r.Project, withoutPython, "validate", "--json"), &validated); err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	for _, e := range validated.Errors {
		if !strings.HasPrefix(e.Message, beyondGitHub) {
			return map[string]any{"valid": false, "errors": validated.Errors}, nil
		}
	}
	var listed list
	if err := call(command(a.program, r.Project, withoutPython, "list", "--json"), &listed); err != nil {
		return nil, err
	}
	jobs := []declaredJob{}
	for _, job := range listed.Jobs {
		jobs = append(jobs, declaredJob{job.ID, job.Every, job.Entrypoint, slices.Contains(a.history.cadences(), job.Every)})
	}
	return map[string]any{"valid": true, "jobs": jobs}, nil
}

// windows asks `list` for more and more slots, until all of the time asked for are there.
func (a adapter) windows(r request) (any, error) {
	for n := 16; ; n *= 4 {
		var listed list
		before := r.Begin.Add(-time.Second).Format(time.RFC3339)
		if err := call(command(a.program, r.Project, withoutPython, "list", "--json", "--now", before, "-n", strconv.Itoa(n)), &listed); err != nil {
			return nil, err
		}
		enough, windows := true, map[string][]time.Time{}
		for _, job := range listed.Jobs {
			windows[job.ID] = slices.DeleteFunc(job.Next, func(at time.Time) bool { return !at.Before(r.End) })
			enough = enough && len(windows[job.ID]) < n
		}
		if enough {
			return map[string]any{"windows": windows}, nil
		}
	}
}
