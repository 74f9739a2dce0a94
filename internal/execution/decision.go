package execution

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Describe says a decision about a job of that schedule in one line. link writes a run
// that people can look at.
func Describe(s schedule.Schedule, d schedule.Decision, link func(schedule.Run) string) string {
	window := WindowWords(d.Window)
	switch d.Reason {
	case schedule.Forced:
		return window + " is forced, started by hand: running"
	case schedule.Rerun:
		return window + " is run again, by a re-run: running"
	case schedule.Disabled:
		return "the job is disabled: skipping"
	case schedule.NotStarted:
		return "the job has not started yet, " + slotWords("its first slot is", s.Next(d.Now)) + ": skipping"
	case schedule.Ended:
		return "the job has ended, " + slotWords("its last slot was", s.Prev(d.Now)) + ": skipping"
	case schedule.NotDue:
		return "the requested slot is not due yet: skipping"
	case schedule.Confirmed:
		return fmt.Sprintf("%s is confirmed by %s, started %s: skipping", window, link(*d.Evidence), problem.Clock(d.Evidence.Started))
	case schedule.Rescheduled:
		return "the job asked to be run next at " + problem.Clock(d.Window.End) + ": skipping"
	case schedule.Waiting:
		if len(d.Needs) == 0 {
			return "another run executes all that is owed: skipping"
		}
		return window + " waits for " + problem.Some(d.Needs, problem.Show) + ", not confirmed yet: skipping"
	case schedule.Expired:
		expired := fmt.Sprintf("%s expired at %s", window, problem.Clock(s.Expires(d.Window)))
		if d.Unknown {
			return expired + ", and it is unknown whether the job ran, because its history cannot be read: skipping"
		}
		return expired + " without a confirmed run: skipping"
	case schedule.HistoryUnknown:
		if !d.Unknown {
			return window + " may have to wait for another job, whose history cannot be read: running"
		}
		return window + " is unknown, its history cannot be read: running"
	}
	parts := []string{window + " is unconfirmed"}
	if len(d.Slots) > 1 {
		parts[0] = fmt.Sprintf("%s to catch up, the oldest %s", problem.Count(len(d.Slots), "slot"), problem.Clock(d.Slots[0].Start))
	}
	if d.Last.IsZero() {
		parts = append(parts, "no earlier success is known")
	} else {
		parts = append(parts, "last success "+problem.Clock(d.Last))
	}
	if d.Missed > 0 {
		missed := problem.Count(d.Missed, "window") + " missed"
		if d.More {
			missed = "at least " + missed
		}
		parts = append(parts, missed)
	}
	if d.Paused > 0 {
		parts = append(parts, problem.Count(d.Paused, "window")+" passed while it was paused")
	}
	return strings.Join(parts, "; ") + ": running"
}

// WindowWords says from when to when a window is.
func WindowWords(w schedule.Window) string {
	if w.IsZero() {
		return "a run outside of all windows"
	}
	return fmt.Sprintf("window %s to %s", problem.Clock(w.Start), problem.Clock(w.End))
}

// slotWords says when a slot is.
func slotWords(which string, at time.Time) string {
	if at.IsZero() {
		return "it has no slots"
	}
	return which + " " + problem.Clock(at)
}

// Unseen returns a warning if a slot expired while nobody could see whether it ran.
func Unseen(s schedule.Schedule, d schedule.Decision) error {
	if d.Reason != schedule.Expired || !d.Unknown {
		return nil
	}
	return errors.New(Describe(s, d, PlainLink))
}

// PlainLink names a run in a log.
func PlainLink(r schedule.Run) string {
	if r.URL == "" {
		return fmt.Sprintf("run %d", r.ID)
	}
	return r.URL
}

// MarkdownLink names a run in a summary.
func MarkdownLink(r schedule.Run) string {
	if r.URL == "" {
		return fmt.Sprintf("run %d", r.ID)
	}
	return fmt.Sprintf("[run %d](%s)", r.ID, r.URL)
}

// Decided is a decision in the output of `check --json`.
type Decided struct {
	Job      string           `json:"job"`
	Run      bool             `json:"run"`
	Reason   schedule.Reason  `json:"reason"`
	Window   *schedule.Window `json:"window"` // null if there is none
	Slots    []time.Time      `json:"slots"`  // what to run, the oldest first: one or none, or several of a job that catches up
	Needs    []string         `json:"needs"`  // the jobs that it waits for
	Missed   int              `json:"missed"`
	Evidence *evidence        `json:"evidence"`
	Now      time.Time        `json:"now"`
}

type evidence struct {
	RunID     int64     `json:"run_id"`
	URL       string    `json:"url"`
	StartedAt time.Time `json:"started_at"`
}

// NewDecided returns a decision about a job for the output of `check --json`.
func NewDecided(job string, d schedule.Decision) Decided {
	out := Decided{
		Job:    job,
		Run:    d.Run,
		Reason: d.Reason,
		Slots:  []time.Time{},
		Needs:  append([]string{}, d.Needs...),
		Missed: d.Missed,
		Now:    d.Now.Truncate(time.Second),
	}
	if !d.Window.IsZero() {
		out.Window = &d.Window
	}
	for _, w := range d.Slots {
		out.Slots = append(out.Slots, w.Start)
	}
	if d.Evidence != nil {
		out.Evidence = &evidence{d.Evidence.ID, d.Evidence.URL, d.Evidence.Started.Truncate(time.Second)}
	}
	return out
}

// Verdict returns a decision in one word.
func Verdict(d schedule.Decision) string {
	if d.Run {
		return "run"
	}
	return "skip"
}
