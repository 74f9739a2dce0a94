package past

import (
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Shown is a job in the output of `history --json` and `status --json`, with null for
// what is not known.
type Shown struct {
	Job      string           `json:"job"`
	Project  string           `json:"project,omitzero"` // path of its pyproject.toml, among several projects
	Every    schedule.Cadence `json:"every"`
	Standing *schedule.Reason `json:"standing"`
	Next     *time.Time       `json:"next"`
	Workflow *string          `json:"workflow"`

	Deleted    []ShownGap `json:"deleted"`     // runs were created then that have been deleted since
	KnownSince *time.Time `json:"known_since"` // the others created since then are known; null if every run ever is
}

// ShownGap is the time between two runs.
type ShownGap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (h History) shown() Shown {
	gaps := []ShownGap{}
	for _, gap := range h.Deleted {
		gaps = append(gaps, ShownGap{gap.Start.UTC(), gap.End.UTC()})
	}
	return Shown{h.ID, h.Project, h.Schedule.Every(), known(h.Standing()), known(h.Next()), known(h.Workflow), gaps, known(h.Known.UTC().Truncate(time.Second))}
}

// ShownHistory is the output of `history --json`.
type ShownHistory struct {
	Shown
	Lateness Percentiles   `json:"lateness"`
	Windows  []ShownWindow `json:"windows"`
}

// ShownStatus is a job in the output of `status --json`.
type ShownStatus struct {
	Shown
	Current *ShownWindow `json:"current"`
	Last    *ShownWindow `json:"last"`
	Latency *Latency     `json:"latency,omitzero"` // of the dispatches of a resident loop

	Recent []schedule.State `json:"recent"` // of the newest windows, as History.Recent has them
}

// Percentiles are in seconds.
type Percentiles struct {
	P50 *int64 `json:"p50"`
	P95 *int64 `json:"p95"`
}

// ShownWindow is a window. Lateness is in seconds.
type ShownWindow struct {
	Start    time.Time      `json:"start"`
	End      time.Time      `json:"end"`
	State    schedule.State `json:"state"`
	Ran      *time.Time     `json:"ran"`
	Lateness *int64         `json:"lateness"`
	Attempt  *int           `json:"attempt"`
	RunID    *int64         `json:"run_id"`
	URL      *string        `json:"url"`
	Why      *string        `json:"why"` // nothing in it succeeded; null if something did
}

// Show shapes the history for JSON.
func (h History) Show() ShownHistory {
	late := schedule.Lateness(h.Accounts)
	shown := ShownHistory{h.shown(), Percentiles{seconds(late, 0.5), seconds(late, 0.95)}, []ShownWindow{}}
	for _, a := range h.Accounts {
		shown.Windows = append(shown.Windows, showWindow(a))
	}
	return shown
}

// ShowStatus shapes the current and the previous window for JSON.
func (h History) ShowStatus() ShownStatus {
	shown := ShownStatus{Shown: h.shown(), Recent: []schedule.State{}}
	for _, a := range h.Recent() {
		shown.Recent = append(shown.Recent, a.State)
	}
	if current, found := h.Current(); found {
		shown.Current = new(showWindow(current))
	}
	if before, found := h.Before(); found {
		shown.Last = new(showWindow(before))
	}
	return shown
}

func seconds(late []time.Duration, share float64) *int64 {
	at, known := schedule.NearestRank(late, share)
	if !known {
		return nil
	}
	return new(int64(at / time.Second))
}

func showWindow(a schedule.Account) ShownWindow {
	w := ShownWindow{Start: a.Window.Start, End: a.Window.End, State: a.State}
	if a.Served() {
		w.Ran = new(a.Run.Started.UTC().Truncate(time.Second))
		w.Lateness = new(int64(a.Lateness / time.Second))
	}
	if a.Run != nil {
		w.RunID, w.URL, w.Attempt = new(a.Run.ID), known(a.Run.URL), known(a.Run.Attempt)
	}
	w.Why = known(Why(a))
	return w
}

// known returns nil for the zero value.
func known[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// Late returns how late the execution of a window was, if there is one that counts. See
// schedule.Lateness: what ran after its window does not show how late the ticks come.
func (w ShownWindow) Late() (late time.Duration, counts bool) {
	if w.Ran == nil || w.Lateness == nil || !w.Ran.Before(w.End) {
		return 0, false
	}
	return time.Duration(*w.Lateness) * time.Second, true
}

// Measure takes the lateness from the windows.
func (h *ShownHistory) Measure() {
	var late []time.Duration
	for _, w := range h.Windows {
		if l, counts := w.Late(); counts {
			late = append(late, l)
		}
	}
	slices.Sort(late)
	h.Lateness = Percentiles{seconds(late, 0.5), seconds(late, 0.95)}
}
