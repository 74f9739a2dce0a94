package actions

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// Trigger is what started this run.
type Trigger struct {
	Event         string         // schedule, workflow_dispatch, …; "" outside Actions
	Force         bool           // started by hand, to run whatever the history says
	Window        string         // the `window` input as it was given
	Inputs        map[string]any // of a dispatch: each a string, or a boolean or json.Number
	Attempt       int            // 1 for the first, more for a re-run
	Workflow      string         // file name of the workflow, "" if unknown
	DefaultBranch string         // "" if unknown
}

// Trigger reads the environment and the event file. Where the file cannot be
// read it returns an error beside what is known, and a dispatch counts as
// forced: when in doubt, run.
func (r *Runner) Trigger() (Trigger, error) {
	t := Trigger{Event: r.getenv("GITHUB_EVENT_NAME"), Attempt: 1, Workflow: r.workflow()}
	if attempt, err := strconv.Atoi(r.getenv("GITHUB_RUN_ATTEMPT")); err == nil {
		t.Attempt = attempt
	}
	payload, err := r.payload()
	t.DefaultBranch = payload.Repository.DefaultBranch
	if t.Event == "schedule" && t.DefaultBranch == "" {
		// "Scheduled workflows will only run on the default branch."
		// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
		t.DefaultBranch = cmp.Or(r.getenv("GITHUB_REF_NAME"), strings.TrimPrefix(r.getenv("GITHUB_REF"), "refs/heads/"))
	}
	if t.Event == "workflow_dispatch" {
		t.Inputs = payload.Inputs
		t.Force = payload.Inputs.force()
		window, _ := payload.Inputs["window"].(string)
		t.Window = strings.TrimSpace(window)
	}
	return t, err
}

// workflow returns the file name in GITHUB_WORKFLOW_REF, which reads
// "owner/repo/.github/workflows/file.yml@refs/heads/main".
func (r *Runner) workflow() string {
	file, _, _ := strings.Cut(r.getenv("GITHUB_WORKFLOW_REF"), "@")
	if file == "" {
		return ""
	}
	return path.Base(file)
}

type payload struct {
	Inputs     inputs `json:"inputs"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
}

// inputs are those of a dispatch. GitHub has sent booleans as strings and as
// booleans.
type inputs map[string]any

// force is true unless the dispatch says otherwise, as in the workflow file.
func (in inputs) force() bool {
	switch value := in["force"].(type) {
	case bool:
		return value
	case string:
		return !strings.EqualFold(strings.TrimSpace(value), "false")
	}
	return true
}

// readEvent returns the content of the event file. It opens no pipe and no device, which
// an earlier step can put there: they may never end.
func readEvent(name string) ([]byte, error) {
	const most = 64 << 20 // bytes; GitHub sends at most 25 MB
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s is not a regular file of at most 64 MiB", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, info.Size())) // no more than there was: a file of /proc may never end
}

func (r *Runner) payload() (payload, error) {
	var p payload
	name := r.getenv("GITHUB_EVENT_PATH")
	if name == "" {
		return p, nil
	}
	content, err := readEvent(name)
	if err != nil {
		return p, fmt.Errorf("read event file: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // as text: a float would write 1000000 as 1e+06
	if err := decoder.Decode(&p); err != nil {
		return payload{}, fmt.Errorf("read event file %s: %w", name, err)
	}
	return p, nil
}
