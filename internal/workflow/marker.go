package workflow

import (
	"bytes"
	"encoding/json"
	"strings"
)

// marker is the machine-readable line that identifies our own files: those of jobs,
// of their services, and of Keeper.
type marker struct {
	Version  int     `json:"version"`
	Project  string  `json:"project"`            // path of pyproject.toml in the repository
	Job      *string `json:"job,omitempty"`      // id of the job whose file it is, which may be empty
	Workflow string  `json:"workflow,omitempty"` // what the workflow does, in a file that belongs to no job
}

const markerPrefix = "# scheduled: "

// The purposes of workflows that belong to no job.
const (
	Keeps     = "sync"   // keeps the files up to date: the workflow of Keeper
	Rescues   = "rescue" // starts due jobs that have no confirmed run
	Publishes = "pages"  // publishes the page of the jobs
)

// line returns the marker as written in the file, without a newline.
func (m marker) line() string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		panic(err) // strings and an int
	}
	return markerPrefix + strings.TrimSuffix(b.String(), "\n")
}

// readMarker finds the marker in the comment that a file starts with: the last one, because
// a job's description comes before it and may look like one.
func readMarker(content []byte) (m marker, ours bool) {
	for line := range bytes.Lines(content) {
		line = bytes.TrimRight(line, "\r\n")
		if !bytes.HasPrefix(line, []byte("#")) {
			break
		}
		if text, found := bytes.CutPrefix(line, []byte(markerPrefix)); found {
			m = marker{}
			err := json.Unmarshal(text, &m)
			ours = err == nil && m.Version == 1 && (m.Job != nil) != (m.Workflow != "")
		}
	}
	return m, ours
}
