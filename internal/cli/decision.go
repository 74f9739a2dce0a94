package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// decided is a decision in the output of `check --json`.
type decided struct {
	Job      string          `json:"job"`
	Run      bool            `json:"run"`
	Reason   schedule.Reason `json:"reason"`
	Window   decidedWindow   `json:"window"`
	Missed   int             `json:"missed"`
	Evidence *evidence       `json:"evidence"`
	Now      time.Time       `json:"now"`
}

type decidedWindow struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

type evidence struct {
	RunID     int64     `json:"run_id"`
	URL       string    `json:"url"`
	StartedAt time.Time `json:"started_at"`
}

func newDecided(job string, d schedule.Decision) decided {
	out := decided{
		Job:    job,
		Run:    d.Run,
		Reason: d.Reason,
		Window: decidedWindow{d.Window.Start, d.Window.End},
		Missed: d.Missed,
		Now:    d.Now.Truncate(time.Second),
	}
	if d.Evidence != nil {
		out.Evidence = &evidence{d.Evidence.ID, d.Evidence.URL, d.Evidence.Started.Truncate(time.Second)}
	}
	return out
}

// describe says a decision in one line. link writes a run that people can look at.
func describe(d schedule.Decision, link func(schedule.Run) string) string {
	window := fmt.Sprintf("window %s to %s", problem.Clock(d.Window.Start), problem.Clock(d.Window.End))
	switch d.Reason {
	case schedule.Confirmed:
		return fmt.Sprintf("%s is confirmed by %s, started %s: skipping", window, link(*d.Evidence), problem.Clock(d.Evidence.Started))
	case schedule.Forced:
		return window + " is forced, started by hand: running"
	case schedule.Rerun:
		return window + " is run again, by a re-run: running"
	case schedule.HistoryUnknown:
		return window + " is unknown, its history cannot be read: running"
	}
	parts := []string{window + " is unconfirmed"}
	if d.Last.IsZero() {
		parts = append(parts, "no earlier success is known")
	} else {
		parts = append(parts, "last success "+problem.Clock(d.Last))
	}
	if d.Missed == schedule.MaxMissed {
		parts = append(parts, fmt.Sprintf("%d windows or more missed", d.Missed))
	} else if d.Missed > 0 {
		parts = append(parts, problem.Count(d.Missed, "window")+" missed")
	}
	return strings.Join(parts, "; ") + ": running"
}

// verdict says a decision in a word.
func verdict(d schedule.Decision) string {
	if d.Run {
		return "run"
	}
	return "skip"
}

// plainLink names a run in a log.
func plainLink(r schedule.Run) string {
	if r.URL == "" {
		return fmt.Sprintf("run %d", r.ID)
	}
	return r.URL
}

// markdownLink names a run in a summary.
func markdownLink(r schedule.Run) string {
	if r.URL == "" {
		return fmt.Sprintf("run %d", r.ID)
	}
	return fmt.Sprintf("[run %d](%s)", r.ID, r.URL)
}

// setOutputs hands a decision to the later steps.
func setOutputs(runner *actions.Runner, job string, d schedule.Decision) error {
	start := d.Window.Start.Format(time.RFC3339)
	for _, output := range [][2]string{
		{"reason", string(d.Reason)},
		{"window-start", start},
		{"window-end", d.Window.End.Format(time.RFC3339)},
		{"scheduled-for", start},
		{"missed", strconv.Itoa(d.Missed)},
		{"key", d.Window.Key(job)},
		{"run", strconv.FormatBool(d.Run)}, // last: who reads it finds the others
	} {
		if err := runner.Output(output[0], output[1]); err != nil {
			return err
		}
	}
	return nil
}
