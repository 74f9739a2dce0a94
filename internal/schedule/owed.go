package schedule

import (
	"cmp"
	"slices"
	"time"
)

// MaxSlots is how many slots one run of a job that catches up serves.
const MaxSlots = 24

// lastOfCatchUp is how old the slots of a job that catches up may be, unless `expires`
// says it.
const lastOfCatchUp = 30 * day

// Owes returns the windows of a job that catches up which are neither confirmed nor too
// old, and not within a pause, the oldest first. They are owed from the oldest known run on, or from where a run
// found that all before is settled. Without such a mark, what is not known is not owed. Of
// any other job it is the current window, unless that is confirmed or too old.
func (t Tick) Owes(s Schedule) []Window {
	s = s.Adjusted(t.Runs, t.Now)
	w := s.Window(t.Now)
	switch {
	case s.standing(w, t.Now) != "":
		return nil
	case !s.spec.CatchUp && (s.Expired(w, t.Now) || evidence(w, t.Now, t.Runs) != nil):
		return nil
	case !s.spec.CatchUp:
		return []Window{w}
	}
	confirmed, marks := t.confirmed(s), t.settled()
	var owed []Window
	for _, w := range s.Windows(t.Now, t.owedFrom(w, marks), 0) {
		if s.Expired(w, t.Now) {
			break
		}
		settled := slices.ContainsFunc(marks, func(m Settled) bool { return m.Has(w.Start) })
		if !confirmed[w.Start] && !settled && !t.Pauses.Cover(w) {
			owed = append(owed, w)
		}
	}
	slices.Reverse(owed)
	return owed
}

// owedFrom returns a time in the oldest window that is owed, or before, given the current one
// and what is settled.
func (t Tick) owedFrom(current Window, marks []Settled) time.Time {
	var from time.Time
	for _, m := range marks { // whichever run says so: those before need not be known
		from = latest(from, m.from())
	}
	if !from.IsZero() {
		return from
	}
	from = current.Start
	for _, r := range t.Runs {
		if !r.Void && r.Created.Before(from) {
			from = r.Created
		}
	}
	return latest(from, t.Known)
}

// confirmed returns the slots of the windows with evidence.
func (t Tick) confirmed(s Schedule) map[time.Time]bool {
	slots := map[time.Time]bool{}
	for _, r := range t.Runs {
		if !r.Started.IsZero() && !r.Created.After(t.Now) && !r.Started.After(t.Now) {
			slots[s.Prev(r.belongs())] = true
		}
	}
	return slots
}

// first returns up to MaxSlots of the windows, the oldest first. Where there are more,
// those whose runs failed yield, the more of them the more: a slot that always fails must
// not hold up another. A slot that was owed before has perhaps failed, too. Where that says
// nothing, slots take turns: those after the newest that failed last come first.
func (t Tick) first(s Schedule, windows []Window) []Window {
	if len(windows) <= MaxSlots {
		return windows
	}
	failed, last, marks := map[time.Time]int{}, t.failedLast(s, windows), t.settled()
	for i, n := range tries(windows, t.Runs) {
		slot := windows[i].Start
		if failed[slot] = n; len(marks) > 0 && marks[0].open(slot) {
			failed[slot]++
		}
	}
	behind := func(w Window) int {
		if w.Start.After(last) {
			return 0
		}
		return 1
	}
	chosen := slices.SortedStableFunc(slices.Values(windows), func(a, b Window) int {
		return cmp.Or(cmp.Compare(failed[a.Start], failed[b.Start]), cmp.Compare(behind(a), behind(b)))
	})[:MaxSlots]
	slices.SortFunc(chosen, func(a, b Window) int { return a.Start.Compare(b.Start) })
	return chosen
}

// failedLast returns the newest of the slots that failed in the newest run with lanes,
// without those that were new to it: the newest that had come, as far as it executed all of
// them.
func (t Tick) failedLast(s Schedule, windows []Window) (slot time.Time) {
	newest, last := map[time.Time]bool{}, time.Time{}
	for _, r := range t.Runs {
		if !r.Lane || r.Active || looked(r).Before(last) {
			continue
		}
		if looked(r).After(last) {
			last = looked(r)
			clear(newest)
		}
		newest[r.Slot] = r.Success
	}
	came := s.Prev(last)
	for ; !came.IsZero(); came = s.Prev(came.Add(-1)) {
		if _, executed := newest[came]; !executed {
			break
		}
	}
	for _, w := range windows {
		if success, executed := newest[w.Start]; executed && !success && w.Start.Before(came) {
			slot = w.Start
		}
	}
	return slot
}

// looked returns when a run found out what to execute: not when it was created, as it may
// have waited for days.
func looked(r Run) time.Time { return latest(r.Created, r.Settled.Before) }

// tries returns how many runs of each window ended without success.
func tries(windows []Window, runs []Run) []int {
	n := make([]int, len(windows))
	lanes := lanesOf(runs)
	for _, r := range runs {
		if r.Active || r.Success || !r.Started.IsZero() || !r.Lane && lanes[r.ID] {
			continue
		}
		at := r.belongs()
		i, found := slices.BinarySearchFunc(windows, at, func(w Window, at time.Time) int { return w.Start.Compare(at) })
		if !found {
			i--
		}
		if i >= 0 && windows[i].Contains(at) {
			n[i]++
		}
	}
	return n
}

// lanesOf returns the IDs of the runs whose lanes are known: what they did is told by
// those. Runs of a local history have no IDs.
func lanesOf(runs []Run) map[int64]bool {
	var lanes map[int64]bool
	for i := range runs {
		if r := &runs[i]; r.Lane && r.ID != 0 {
			if lanes == nil {
				lanes = map[int64]bool{}
			}
			lanes[r.ID] = true
		}
	}
	return lanes
}
