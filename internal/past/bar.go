package past

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// recentWindows is how many windows Recent goes back.
const recentWindows = 16

// sign is how a state looks in a bar of windows, the better it ran, the higher, and how soon
// people want to see jobs in it: the most trouble first.
type sign struct {
	state        schedule.State
	block, ascii string
	trouble      int
}

var signs = []sign{
	{schedule.StateConfirmed, "▇", "#", 1},
	{schedule.StateLate, "▅", "+", 4},
	{schedule.StateRescued, "▃", "=", 3},
	{schedule.StateRunning, "►", ">", 2},
	{schedule.StateFailed, "✗", "x", 9},
	{schedule.StateDue, "○", "o", 5},
	{schedule.StateExpired, "▁", "_", 7},
	{schedule.StateMissed, "!", "!", 8},
	{schedule.StatePaused, "-", "-", 0},
	{schedule.StateUnknown, "?", "?", 6},
}

// signOf returns the sign of a state; one of no trouble for other words.
func signOf(state schedule.State) sign {
	if i := slices.IndexFunc(signs, func(s sign) bool { return s.state == state }); i >= 0 {
		return signs[i]
	}
	return sign{}
}

// Bar draws windows, of which the newest is the first, from the oldest to the newest, one
// sign each. paint gives a sign the colour of its state.
func Bar(windows []schedule.Account, ascii bool, paint func(state schedule.State, sign string) string) string {
	var bar strings.Builder
	for _, a := range slices.Backward(windows) {
		bar.WriteString(paint(a.State, signOf(a.State).draw(ascii)))
	}
	return bar.String()
}

// Key explains the signs in bars, as far as they have them.
func Key(bars [][]schedule.Account, ascii bool, paint func(state schedule.State, sign string) string) string {
	var key []string
	for _, s := range signs {
		has := func(a schedule.Account) bool { return a.State == s.state }
		if slices.ContainsFunc(bars, func(bar []schedule.Account) bool { return slices.ContainsFunc(bar, has) }) {
			key = append(key, paint(s.state, s.draw(ascii))+" "+string(s.state))
		}
	}
	return strings.Join(key, "  ")
}

func (s sign) draw(ascii bool) string {
	if ascii {
		return s.ascii
	}
	return s.block
}

// Recent returns the newest windows, the newest first: those in reach, and before them
// those of which all runs are known because the same request listed them. What became of
// these is what the list alone suggests: see schedule.Past.Likely.
func (h History) Recent() []schedule.Account {
	recent := slices.Clone(h.Accounts)
	from := schedule.Reach{Windows: recentWindows}.From(h.Schedule, h.Now)
	if h.Unread != nil || !from.Before(h.from) {
		return recent[:min(len(recent), recentWindows)]
	}
	for _, a := range h.past.Likely(h.from).Accounts(from, h.Now) {
		if a.Window.Start.Before(h.from) && !a.Window.Start.Before(h.Known) {
			recent = append(recent, a)
		}
	}
	return recent
}

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
