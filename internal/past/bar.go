package past

import (
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
