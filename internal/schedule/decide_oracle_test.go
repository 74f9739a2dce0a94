package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// slowly decides by the description alone: the decision's rows are written down once more, slot
// by slot, over a list of all slots around now.
type slowly struct {
	s     Schedule
	base  []time.Time // the declared slots
	slots []time.Time // those of the job, with what runs asked for
	gone  func(slot time.Time) bool
	runs  []Run
	now   time.Time
}

func newSlowly(s Schedule, runs []Run, now time.Time) *slowly {
	o := &slowly{s: s, runs: runs, now: now, gone: func(time.Time) bool { return false }}
	for slot := s.next(now.AddDate(0, 0, -60)); !slot.IsZero() && slot.Before(now.AddDate(0, 0, 50)); slot = s.next(slot) {
		o.base = append(o.base, slot)
	}
	if runs == nil {
		o.slots = o.base
		return o
	}
	var done []Run
	for _, r := range runs {
		if !r.Started.IsZero() {
			done = append(done, r)
		}
	}
	until := func(r Run) time.Time { // when what it asked for is over
		end := r.Next
		for _, other := range done {
			if other.Started.After(r.Started) && other.Started.Before(end) {
				end = other.Started
			}
		}
		return end
	}
	var spans []Window
	for _, r := range done {
		from := r.Started
		if _, next := at0(o.base, r.Slot); !r.Slot.IsZero() && next.After(r.Created) {
			from = r.Slot // no other slot came before the run
		}
		if r.Next.After(r.Started) {
			spans = append(spans, Window{from, until(r)})
		}
	}
	o.gone = func(slot time.Time) bool {
		return slices.ContainsFunc(spans, func(w Window) bool { return slot.After(w.Start) && slot.Before(w.End) })
	}
	for _, slot := range o.base {
		if !o.gone(slot) {
			o.slots = append(o.slots, slot)
		}
	}
	for _, r := range runs {
		if !r.Asked.IsZero() {
			o.slots = append(o.slots, r.Asked)
		}
		if !r.Started.IsZero() && r.Next.After(r.Started) && until(r).Equal(r.Next) {
			o.slots = append(o.slots, r.Next)
		}
	}
	slices.SortFunc(o.slots, time.Time.Compare)
	o.slots = slices.CompactFunc(o.slots, time.Time.Equal)
	return o
}

func at0(slots []time.Time, t time.Time) (slot, next time.Time) {
	for i, s := range slots[:len(slots)-1] {
		if !s.After(t) {
			slot, next = s, slots[i+1]
		}
	}
	return slot, next
}

// confirmed says whether a run executed between two times, or for a slot between them.
func (o *slowly) confirmed(from, to time.Time) bool {
	for _, r := range o.runs {
		shows := r.Started
		if r.Attempt > 1 {
			shows = r.Created
		}
		if !r.Slot.IsZero() {
			shows = r.Slot
		}
		if !r.Started.IsZero() && !shows.Before(from) && shows.Before(to) {
			return true
		}
	}
	return false
}

func (o *slowly) expired(slot, next time.Time) bool {
	age := o.s.spec.Expires
	switch {
	case o.s.spec.CatchUp && age == 0:
		return o.now.After(slot.AddDate(0, 0, 30))
	case o.s.spec.CatchUp:
		return o.now.After(slot.Add(age))
	case age == 0:
		return o.now.After(next)
	}
	return o.now.After(slot.Add(age)) || o.now.After(next)
}

// waits says what the needs mean for a slot: "", "waits" or "unknown".
func waits(needs []Need, known []*slowly, slot time.Time) (word string) {
	for i, n := range needs {
		o := known[i]
		from, to := at0(o.slots, slot)
		if !n.Schedule.spec.CatchUp {
			to = n.Known.AddDate(9000, 0, 0) // a later execution serves it, too
		}
		switch {
		case !n.Unknown && o.confirmed(from, to):
		case n.Unknown || from.Before(n.Known):
			return "unknown"
		default:
			word = "waits"
		}
	}
	return word
}

func (o *slowly) decide(t Tick) (reason Reason, run []time.Time) {
	now := t.Now
	if t.Lane {
		now = t.Slot
	}
	slot, next := at0(o.slots, now)
	base, baseNext := at0(o.base, now)
	moved := base.After(slot) && o.gone(base)
	if t.Lane && o.gone(base) {
		slot, next, moved = base, baseNext, true
	}
	from, to := slot, next
	if moved {
		from = base
		if baseNext.Before(next) {
			to = baseNext
		}
	}
	var owed []time.Time
	if o.s.spec.CatchUp && !t.Lane && !t.Unknown {
		for i, s := range o.slots[:len(o.slots)-1] {
			if next := o.slots[i+1]; !s.After(t.Now) && next.After(t.owedFrom(Window{slot, next}, t.settled())) && !slices.ContainsFunc(t.settled(), func(m Settled) bool { return m.Has(s) }) && !o.confirmed(s, next) && !o.expired(s, next) {
				owed = append(owed, s)
			}
		}
	} else if !moved && (t.Unknown || !o.confirmed(from, to)) && !o.expired(slot, next) {
		owed = []time.Time{slot}
	}
	if len(owed) == 0 {
		switch {
		case !t.Unknown && o.confirmed(from, to):
			return Confirmed, nil
		case moved:
			return Rescheduled, nil
		}
		return Expired, nil
	}
	reason = Unconfirmed
	if t.Unknown {
		reason = HistoryUnknown
	}
	var needs []*slowly
	for _, n := range t.Needs {
		needs = append(needs, newSlowly(n.Schedule, n.Runs, t.Now))
	}
	for _, s := range owed {
		switch waits(t.Needs, needs, s) {
		case "unknown":
			reason = HistoryUnknown
			run = append(run, s)
		case "":
			run = append(run, s)
		}
	}
	if run == nil {
		return Waiting, nil
	}
	return reason, run
}

// history makes up the runs of a job until now.
func history(rng *rand.Rand, s Schedule, now time.Time, n int) (runs []Run) {
	span := int64(40 * day)
	if rng.IntN(2) == 0 {
		span = int64(3 * day)
	}
	for range n {
		created := now.Add(-time.Duration(rng.Int64N(span))).Truncate(time.Second)
		r := Run{ID: rng.Int64(), Attempt: 1, Created: created, Updated: created.Add(time.Hour)}
		switch rng.IntN(8) {
		case 0:
			r.Failed = true
		case 1:
			r.Success = true
		case 2:
			if at := created.Add(time.Duration(rng.Int64N(span/4)) + time.Second).Truncate(time.Second); rng.IntN(4) == 0 {
				r.Asked = at
			}
		default:
			r.Success, r.Started = true, created.Add(time.Duration(1+rng.IntN(1000))*time.Second)
			if r.Started.After(now) {
				r.Started = time.Time{}
			}
		}
		if rng.IntN(3) == 0 {
			r.Lane, r.Slot = true, s.Prev(created.Add(-time.Duration(rng.Int64N(int64(2*day)))))
		}
		if !r.Started.IsZero() && rng.IntN(12) == 0 {
			r.Next = r.Started.Add(time.Duration(rng.Int64N(span/8)) + time.Second).Truncate(time.Second)
		}
		if rng.IntN(10) == 0 {
			r.Attempt = 2
		}
		runs = append(runs, r)
	}
	return runs
}

// TestDecideSlowly compares decisions with those that are written down once more.
func TestDecideSlowly(t *testing.T) {
	rounds := 3000
	if testing.Short() {
		rounds = 150
	}
	specs := []Spec{{Every: "hour"}, {Every: "3 hours"}, {Every: "day"}, {Every: "day", At: "10:37"}, {Cron: []string{"5 6,18 * * 1-5", "0 9 * * *"}}, {Every: "2 days"}}
	pick := func(rng *rand.Rand, id string) Schedule {
		spec := specs[rng.IntN(len(specs))]
		spec.Project, spec.ID, spec.CatchUp = "acme", id, rng.IntN(2) == 0
		spec.Expires = []time.Duration{0, 0, time.Hour, 5 * time.Hour, 2 * day, 30 * day}[rng.IntN(6)]
		return declared(spec)
	}
	seen := map[Reason]int{}
	for seed := range uint64(rounds) {
		rng := rand.New(rand.NewPCG(seed, 13))
		now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.Int64N(int64(200 * day)))).Truncate(time.Second)
		s := pick(rng, "job")
		tick := Tick{Now: now, Attempt: 1, Runs: history(rng, s, now, rng.IntN(60))}
		for i := range rng.IntN(3) {
			need := pick(rng, fmt.Sprint("need-", i))
			n := Need{ID: fmt.Sprint("need-", i), Schedule: need, Runs: history(rng, need, now, rng.IntN(60)), Unknown: rng.IntN(8) == 0}
			if rng.IntN(4) == 0 {
				n.Known = now.Add(-time.Duration(rng.Int64N(int64(5 * day))))
			}
			tick.Needs = append(tick.Needs, n)
		}
		if rng.IntN(4) == 0 && len(tick.Runs) > 0 {
			tick.Runs[0].Settled.Before = s.Prev(now.Add(-time.Duration(rng.Int64N(int64(10 * day)))))
		}
		if rng.IntN(4) == 0 {
			tick.Known = now.Add(-time.Duration(rng.Int64N(int64(10 * day))))
		}
		tick.Unknown = rng.IntN(10) == 0
		if tick.Unknown {
			tick.Runs = nil
		}
		if rng.IntN(3) == 0 {
			tick.Lane, tick.Slot = true, s.Prev(now.Add(-time.Duration(rng.Int64N(int64(day)))))
		}
		reason, slots := newSlowly(s, tick.Runs, now).decide(tick)
		d := Decide(s, tick)
		seen[d.Reason]++
		var got []time.Time
		for _, w := range d.Slots {
			got = append(got, w.Start)
		}
		if len(slots) > MaxSlots { // those that failed yield: see TestPoisonedSlots
			if len(got) != MaxSlots || slices.ContainsFunc(got, func(slot time.Time) bool { return !slices.Contains(slots, slot) }) {
				t.Fatalf("seed %d: runs %v of %v", seed, got, slots)
			}
			slots = got
		}
		if d.Reason != reason || !slices.EqualFunc(got, slots, time.Time.Equal) || !slices.IsSortedFunc(got, time.Time.Compare) {
			t.Fatalf("seed %d, %s catching up %v, expires %v, now %v, lane %v %v: %s %v; want %s %v\n%s", seed, s, s.spec.CatchUp, s.spec.Expires, now, tick.Lane, tick.Slot,
				d.Reason, got, reason, slots, cmp.Diff(tick.Runs, nil))
		}
		if len(got) > 0 && d.Window.Start != got[0] || (len(d.Needs) > 0) != (d.Reason == Waiting) {
			t.Fatalf("seed %d: window %v and needs %v of %+v", seed, d.Window, d.Needs, got)
		}
	}
	for _, reason := range []Reason{Confirmed, Rescheduled, Expired, Waiting, HistoryUnknown, Unconfirmed} {
		if seen[reason] == 0 {
			t.Errorf("no decision is %s", reason)
		}
	}
}
