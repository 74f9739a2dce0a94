package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

type decidedWindow struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
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
