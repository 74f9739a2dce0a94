package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// reported is the content of the file of `run --report`. What does not apply is
// null.
type reported struct {
	Job       string             `json:"job"`
	Window    decidedWindow      `json:"window"`
	Missed    int                `json:"missed"`
	Trigger   string             `json:"trigger"`
	Status    string             `json:"status"`  // succeeded, failed or skipped
	Attempt   int                `json:"attempt"` // the last one; 0 if it was skipped
	Attempts  int                `json:"attempts"`
	Start     *time.Time         `json:"start"` // of the last attempt
	End       *time.Time         `json:"end"`
	Python    *string            `json:"python"` // its version
	Cause     *string            `json:"cause"`  // why it failed, in one line
	Hint      *string            `json:"hint"`
	Exception *reportedException `json:"exception"`
	Value     json.RawMessage    `json:"value"` // what the entrypoint returned
	Returned  *reportedStatus    `json:"returned"`
}

type reportedException struct {
	Type      string        `json:"type"`
	Traceback string        `json:"traceback"`
	Place     *python.Frame `json:"place"`
}

// reportedStatus is what a value that has a status says by itself.
type reportedStatus struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// reportSkip writes the file of --report, if asked for, where there was no need
// to run.
func (r run) reportSkip(d schedule.Decision) error {
	return r.writeReport(reported{
		Job:      r.job.ID,
		Window:   decidedWindow{d.Window.Start, d.Window.End},
		Missed:   d.Missed,
		Trigger:  "local",
		Status:   "skipped",
		Attempts: r.job.Options.Attempts,
	})
}

// reportExecution writes the file of --report, if asked for.
func (r run) reportExecution(v variables, e python.Execution) error {
	out := reported{
		Job:      r.job.ID,
		Window:   decidedWindow{v.window.Start, v.window.End},
		Missed:   v.missed,
		Trigger:  v.trigger,
		Status:   "failed",
		Attempt:  e.Attempt,
		Attempts: e.Most,
		Python:   optional(e.Python),
		Cause:    optional(e.Cause),
		Hint:     optional(e.Hint),
	}
	if e.OK {
		out.Status = "succeeded"
	}
	if !e.Started.IsZero() {
		start, end := e.Started.UTC().Truncate(time.Millisecond), e.Ended.UTC().Truncate(time.Millisecond)
		out.Start, out.End = &start, &end
	}
	if e.Exception != "" {
		out.Exception = &reportedException{e.Exception, e.Traceback, e.Frame}
	}
	if e.Returned != nil {
		out.Value = e.Returned.Value
		if e.Returned.Status != "" {
			out.Returned = &reportedStatus{e.Returned.Status, e.Returned.Message}
		}
	}
	return r.writeReport(out)
}

func (r run) writeReport(out reported) error {
	if r.report.path == "" {
		return nil
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(out)
	if err == nil {
		err = r.report.write(content.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
