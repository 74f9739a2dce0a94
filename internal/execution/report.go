package execution

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Report is the content of the file of `run --report`. What does not apply is
// null.
type Report struct {
	Job       string             `json:"job"`
	Window    *schedule.Window   `json:"window"`
	Reason    *string            `json:"reason"` // why it ran or was skipped, as in `check --json`
	Missed    int                `json:"missed"`
	Trigger   string             `json:"trigger"`
	Status    string             `json:"status"`  // succeeded, failed or skipped
	Attempt   int                `json:"attempt"` // the last one; 0 if it was skipped
	Attempts  int                `json:"attempts"`
	Start     *time.Time         `json:"start"` // of the last attempt
	End       *time.Time         `json:"end"`
	Python    *string            `json:"python"` // its version
	Cause     *string            `json:"cause"`  // why it failed, on one line
	Hint      *string            `json:"hint"`
	Exception *reportedException `json:"exception"`
	Value     json.RawMessage    `json:"value"` // what the entrypoint returned
	Returned  *reportedStatus    `json:"returned"`
	Next      *time.Time         `json:"next"` // when it asked to be run next
}

type reportedException struct {
	Type      string        `json:"type"`
	Traceback string        `json:"traceback"`
	Place     *python.Frame `json:"place"`
}

// reportedStatus is the status of a returned value.
type reportedStatus struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// NewReport returns the report of a run.
func NewReport(job string, r Result) Report {
	out := Report{
		Job:      job,
		Reason:   optional(string(r.Reason)),
		Missed:   r.Missed,
		Trigger:  r.Trigger,
		Status:   "failed",
		Attempt:  r.Attempt,
		Attempts: r.Most,
		Python:   optional(r.Python),
		Cause:    optional(r.Cause),
		Hint:     optional(r.Hint),
	}
	if !r.Window.IsZero() {
		out.Window = &r.Window
	}
	switch {
	case r.Skipped:
		out.Status = "skipped"
	case r.OK:
		out.Status = "succeeded"
	}
	if !r.Started.IsZero() {
		out.Start, out.End = new(r.Started.UTC().Truncate(time.Millisecond)), new(r.Ended.UTC().Truncate(time.Millisecond))
	}
	if !r.Next.IsZero() {
		out.Next = new(r.Next.UTC())
	}
	if r.Exception != "" {
		out.Exception = &reportedException{r.Exception, r.Traceback, r.Frame}
	}
	if r.Returned != nil {
		out.Value = r.Returned.Value
		if r.Returned.Status != "" {
			out.Returned = &reportedStatus{r.Returned.Status, r.Returned.Message}
		}
	}
	return out
}

// optional returns nil for the empty text.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Write writes what became of a run, if there is a file.
func (f ReportFile) Write(job string, r Result) error {
	if f.path == "" {
		return nil
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(NewReport(job, r))
	if err == nil {
		err = f.write(content.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
