package past

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// State returns the state of the current window, or why there is none, in words.
func (h History) State() schedule.State {
	if current, found := h.Current(); found {
		return current.State
	}
	return schedule.State(strings.ReplaceAll(string(h.Standing()), "-", " "))
}

// ByTrouble returns the histories, those first that people should look at.
func ByTrouble(histories []History) []History {
	trouble := func(h History) int {
		before, _ := h.Before()
		return 10*signOf(h.State()).trouble + signOf(before.State).trouble
	}
	return slices.SortedStableFunc(slices.Values(histories), func(a, b History) int { return trouble(b) - trouble(a) })
}

// Sum says how many jobs are in which state: "1 failed, 2 late, 9 confirmed".
func Sum(histories []History) string {
	var order []schedule.State
	jobs := map[schedule.State]int{}
	for _, h := range ByTrouble(histories) {
		state := h.State()
		if jobs[state]++; jobs[state] == 1 {
			order = append(order, state)
		}
	}
	var parts []string
	for _, state := range order {
		parts = append(parts, fmt.Sprintf("%d %s", jobs[state], state))
	}
	return strings.Join(parts, ", ")
}

// Needs says what somebody should look at, and where; "" if there is nothing.
func (h History) Needs() string {
	state, previous := h.State(), "the previous window"
	if h.Standing() == schedule.Ended {
		state, previous = schedule.StateDue, "its last window"
	}
	current, _ := h.Current()
	before, _ := h.Before()
	switch state {
	case schedule.StateFailed:
		return "failed: " + Link(current)
	case schedule.StateExpired:
		return "did not run before its slot became too old"
	case schedule.StateDue, schedule.StateRunning:
		switch before.State {
		case schedule.StateFailed:
			return "failed in " + previous + ": " + Link(before)
		case schedule.StateMissed, schedule.StateExpired:
			return "did not run in " + previous
		}
	}
	return ""
}

// Trigger returns the every, cron or run-at of a job, the first of several.
func Trigger(h History) string {
	trigger := h.Schedule.Trigger()
	if more := len(trigger) - 1; more > 0 {
		return fmt.Sprintf("%s and %d more", trigger[0], more)
	}
	return strings.Join(trigger, "")
}

// NextShort says in a cell when the job is next due, or why it is not. See Next.
func NextShort(h History) string {
	current, found := h.Current()
	switch next := h.Next(); {
	case h.Standing() == schedule.Disabled:
		return "disabled"
	case next.IsZero() && found:
		return "ends " + Minute(current.Window.End)
	default:
		return MinuteOrNone(next)
	}
}

// MinuteOrNone is Minute; "-" for the zero time.
func MinuteOrNone(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return Minute(t)
}
