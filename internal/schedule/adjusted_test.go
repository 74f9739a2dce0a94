package schedule

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asking is a run that executed and asked for the next execution.
func asking(started, next string) Run {
	r := executed(started)
	r.Next = at(next)
	return r
}

// TestAdjusted has the slots from the 5th on of a job that is due daily at 10:37.
func TestAdjusted(t *testing.T) {
	wish := func(created, asked string) Run {
		return Run{Attempt: 1, Created: at(created), Asked: at(asked), Success: true}
	}
	failing := asking("5 11:00", "8 12:00")
	failing.Started = time.Time{}
	far := asking("5 11:00", "5 12:00")
	far.Next = far.Next.AddDate(0, 0, 66)
	late := asking("6 10:38", "8 12:00")
	late.Lane, late.Slot, late.Created = true, at("5 10:37"), at("6 10:36")
	kept := executed("6 12:05")
	kept.Kept = at("6 12:00")
	for name, row := range map[string]struct {
		runs []Run
		want []string // at 10:37 where only a day is given
	}{
		"nothing":                     {nil, []string{"5", "6", "7", "8"}},
		"later":                       {[]Run{asking("5 11:00", "7 12:00")}, []string{"5", "7 12:00", "8", "9"}},
		"at a slot":                   {[]Run{asking("5 11:00", "7 10:37")}, []string{"5", "7", "8", "9"}},
		"sooner":                      {[]Run{asking("5 11:00", "5 12:00")}, []string{"5", "5 12:00", "6", "7"}},
		"a lane that began late":      {[]Run{late}, []string{"5", "8 12:00", "9", "10"}},
		"twice":                       {[]Run{asking("5 11:00", "7 12:00"), asking("7 12:05", "9 12:00")}, []string{"5", "7 12:00", "9 12:00", "10"}},
		"by hand in between":          {[]Run{asking("5 11:00", "9 12:00"), executed("7 12:00")}, []string{"5", "8", "9", "10"}},
		"by hand, and another":        {[]Run{asking("5 11:00", "9 12:00"), asking("7 12:00", "7 13:00")}, []string{"5", "7 13:00", "8", "9"}},
		"a failure asks for nothing":  {[]Run{failing}, []string{"5", "6", "7", "8"}},
		"before it began":             {[]Run{asking("6 11:00", "5 12:00")}, []string{"5", "6", "7", "8"}},
		"in 66 days":                  {[]Run{far}, []string{"5", "6", "7", "8"}},
		"in the future":               {[]Run{asking("29 11:00", "30 12:00")}, []string{"5", "6", "7", "8"}},
		"at a time it asked for":      {[]Run{kept}, []string{"5", "6", "6 12:00", "7"}},
		"by a person":                 {[]Run{wish("5 11:00", "6 12:00")}, []string{"5", "6", "6 12:00", "7"}},
		"by a person, twice the same": {[]Run{wish("5 11:00", "6 12:00"), wish("5 12:00", "6 12:00")}, []string{"5", "6", "6 12:00", "7"}},
		"by a person, for the past":   {[]Run{wish("6 13:00", "6 12:00")}, []string{"5", "6", "7", "8"}},
		"by a person, inside a wait":  {[]Run{wish("5 11:00", "6 12:00"), asking("5 11:00", "8 12:00")}, []string{"5", "6 12:00", "8 12:00", "9"}},
		"of another branch":           {[]Run{void(wish("5 11:00", "6 12:00"))}, []string{"5", "6", "7", "8"}},
	} {
		s := daily.Adjusted(row.runs, at("21 12:00"))
		var got, want []time.Time
		for slot := at("4 12:00"); len(got) < len(row.want); got = append(got, slot) {
			slot = s.Next(slot)
		}
		for _, w := range row.want {
			if len(w) < 3 {
				w += " 10:37"
			}
			want = append(want, at(w))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: slots (-want +got):\n%s", name, diff)
		}
		for i := range got[1:] {
			w := Window{got[i], got[i+1]}
			if s.Window(w.Start) != w || s.Window(w.End.Add(-1)) != w || s.Prev(w.Start.Add(-1)) != s.Adjusted(row.runs, at("21 12:00")).Prev(w.Start.Add(-1)) {
				t.Errorf("%s: %v is no window", name, w)
			}
		}
	}
}

// TestHands has a check hand on what an execution asked for, and what was confirmed last.
func TestHands(t *testing.T) {
	for want, d := range map[string]Decision{
		"":                     {Since: at("5 10:37")},
		"2026-11-09T12:00:00Z": {Next: at("9 12:00")},
		"2026-11-09T12:00:00Z, since 2026-11-05T10:37:00Z": {Next: at("9 12:00"), Since: at("5 10:37")},
	} {
		next, last := ParseHands(d.Hands())
		if d.Hands() != want || next != d.Next || !next.IsZero() && last != d.Since {
			t.Errorf("%q is read as %v, since %v; want %q", d.Hands(), next, last, want)
		}
	}
	handed := skipped("8 11:00")
	handed.Handed, handed.Since = at("9 12:00"), at("5 10:37")
	if d := Decide(daily, Tick{Now: at("9 12:01"), Runs: []Run{handed}}); d.Window.Start != at("9 12:00") || d.Since != handed.Since || d.Hands() != "2026-11-09T12:00:00Z" {
		t.Errorf("%v since %v, hands on %q", d.Window, d.Since, d.Hands())
	}
	kept := executed("9 12:05")
	kept.Kept = at("9 12:00")
	if d := Decide(daily, Tick{Now: at("10 11:00"), Runs: []Run{kept}}); d.Since != kept.Kept {
		t.Errorf("since %v, after an execution at a time that the job had asked for", d.Since)
	}
}

func TestAdjustedBounds(t *testing.T) {
	s := declared(Spec{Every: "day", At: "10:37", Start: &Moment{Time: at("2 00:00")}, Until: &Moment{Time: at("8 00:00")}})
	s = s.Adjusted([]Run{asking("5 11:00", "9 12:00")}, at("21 12:00"))
	if next := s.Next(at("5 12:00")); !next.IsZero() {
		t.Errorf("the next slot is %v, after the last one", next)
	}
	once := declared(Spec{RunAt: []Moment{{Time: at("5 10:37"), Offset: true}}})
	once = once.Adjusted([]Run{asking("5 11:00", "20 12:00")}, at("5 12:00"))
	if w := once.Window(at("21 12:00")); w.Start != at("20 12:00") || w.End != at("27 12:00") {
		t.Errorf("a single time that asked for another has the window %v", w)
	}
}

// TestFrom has the windows from times that check hands over.
func TestFrom(t *testing.T) {
	daily := declared(Spec{Every: "day", At: "10:37", Start: &Moment{Time: at("2 00:00")}, Until: &Moment{Time: at("8 00:00")}})
	once := declared(Spec{RunAt: []Moment{{Time: at("5 10:37"), Offset: true}}})
	for _, row := range []struct {
		schedule         Schedule
		slot, start, end string
	}{
		{daily, "5 10:37", "5 10:37", "6 10:37"},
		{daily, "5 12:00", "5 12:00", "6 10:37"},
		{daily, "7 12:00", "7 12:00", "8 10:37"},
		{daily.Adjusted([]Run{asking("5 11:00", "5 13:00")}, at("5 12:00")), "5 12:00", "5 12:00", "6 10:37"},
		{once, "20 12:00", "20 12:00", "27 12:00"},
	} {
		want := Window{at(row.start), at(row.end)}
		if got := row.schedule.From(at(row.slot)); got != want {
			t.Errorf("from %s: %v, want %v", row.slot, got, want)
		}
	}
	if w := daily.From(at("1 12:00")); !w.IsZero() {
		t.Errorf("before the start: %v", w)
	}
}

// TestTakes asks jobs of every kind for times to come: one that is taken is run then, and
// one that is not would never be.
func TestTakes(t *testing.T) {
	now := at("5 10:00")
	for i, spec := range kinds {
		s := declared(spec.from(at("1 00:00")))
		for _, ahead := range []time.Duration{0, time.Second, time.Hour, 9*day + 7*time.Minute, MaxAhead, MaxAhead + time.Second, 60 * day} {
			then := now.Add(ahead)
			asked := []Run{{ID: 1, Attempt: 1, Created: now, Updated: now, Asked: then, Success: true}}
			d := Decide(s, Tick{Now: then.Add(time.Second), Runs: asked})
			runs := ahead > 0 && ahead <= MaxAhead && d.Run && d.Window.Start.Equal(then)
			if got := s.Takes(then, now); got != runs {
				t.Errorf("kind %d (%v), %v ahead: takes it: %t, and is then %s in %v", i, spec, ahead, got, d.Reason, d.Window)
			}
		}
	}
}

// TestNumber numbers the slots of every kind, each after the other. Where clocks are
// changed, and with dates without slots, it may not.
func TestNumber(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/Santiago"} {
		for _, spec := range kinds {
			day := time.Date(2024, 3, 20, 0, 0, 0, 0, time.UTC)
			spec = spec.from(day)
			spec.Project, spec.ID, spec.Fallback = "acme", "job", zone
			s, flaws := Parse(spec)
			if len(flaws) > 0 {
				t.Fatalf("%s: %v", describe(spec), flaws)
			}
			for slot := s.Next(day); ; {
				next := s.Next(slot)
				if next.IsZero() || next.After(day.AddDate(0, 9, 0)) {
					break
				}
				quiet := zone == "UTC" || periodOf(slot, s.zone).start.Equal(periodOf(next, s.zone).start) && !slot.Before(periodOf(slot, s.zone).start.Add(2*time.Hour))
				if s.Number(next) != s.Number(slot)+1 && quiet && len(spec.Except) == 0 {
					t.Fatalf("%s: %v has the number %d, and then %v has %d", describe(spec), slot, s.Number(slot), next, s.Number(next))
				}
				if slot = next; next.Sub(s.prev(next.Add(-1))) < time.Hour {
					slot = s.prev(slot.Add(5 * time.Hour))
				}
			}
		}
	}
}

func TestLane(t *testing.T) {
	s := declared(Spec{Every: "day", At: "10:37"})
	if lanes := []int{s.Lane(at("5 10:37"), 3), s.Lane(at("6 10:37"), 3), s.Lane(at("7 10:37"), 3)}; slices.Max(lanes) != 2 || slices.Min(lanes) != 0 {
		t.Errorf("three days are in the lanes %v of 3", lanes)
	}
	if early := at("5 10:37").AddDate(-100, 0, 0); s.Lane(early, 7) < 0 || New(Hour, "acme", "fuzz").Lane(early, 7) < 0 {
		t.Error("a lane is negative")
	}
	if s.Lane(at("5 10:37"), 3) != s.Lane(at("5 12:37"), 3) || s.Lane(at("5 10:37"), 0) != 0 {
		t.Error("a slot that a run asked for is not in the lane of the one before")
	}
}

func BenchmarkNumber(b *testing.B) {
	for _, crons := range [][]string{{"* * * * *"}, {"*/7 9-17 * * 1-5", "0 0 1 * *", "30 22 L * *"}} {
		s := declared(Spec{Cron: crons})
		b.Run(crons[0], func(b *testing.B) {
			for b.Loop() {
				s.Number(at("30 10:37"))
			}
		})
	}
}
