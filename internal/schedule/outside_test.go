package schedule

import (
	"testing"
	"time"
)

// beaten is an hourly job at minute 30, of which a source from outside started the slots from
// the first of the day to the last, a second late; a tick served the later ones 20 minutes
// late. It is the 29th, 12:45.
func beaten(first, last int) Watch {
	w := Watch{Schedule: declared(Spec{Cron: []string{"30 * * * *"}})}
	for hour := range 13 {
		slot := at("29 00:30").Add(time.Duration(hour) * time.Hour)
		r := Run{ID: int64(hour + 1), Created: slot.Add(20 * time.Minute), Success: true}
		if hour >= first && hour <= last {
			r.Created = slot.Add(time.Second)
			w.Outside = append(w.Outside, Outside{slot, r.Created})
		}
		if r.Created.Before(at("29 12:45")) {
			r.Updated = r.Created.Add(time.Minute)
			w.Runs = append(w.Runs, r)
		}
	}
	return w
}

func TestExternally(t *testing.T) {
	now := at("29 12:45")
	lateOnes := func(w Watch, by time.Duration) Watch {
		for i := range w.Outside {
			w.Outside[i].Created = w.Outside[i].Slot.Add(by)
		}
		return w
	}
	rows := []struct {
		name   string
		watch  Watch
		change func(*Watch)
		found  bool
		missed int
		silent bool
	}{
		{"it starts every slot", beaten(0, 12), nil, true, 0, false},
		{"it did not start the newest, which nothing has served yet", beaten(0, 11), nil, true, 0, false},
		{"nor the one before", beaten(0, 10), nil, true, 1, false},
		{"nor two of them", beaten(0, 9), nil, true, 2, true},
		{"nor many", beaten(2, 4), nil, true, 7, true},
		{"no source", beaten(1, 0), nil, false, 0, false},
		{"a person, once", beaten(3, 3), nil, false, 0, false},
		{"the same of several lists", beaten(3, 3), func(w *Watch) { w.Outside = append(w.Outside, w.Outside[0], w.Outside[0]) }, false, 0, false},
		{"never in time", lateOnes(beaten(0, 4), 3*time.Minute), nil, false, 0, false},
		{"just in time", lateOnes(beaten(0, 4), 2*time.Minute), nil, true, 7, true},
		{"a late start is a sign of life", beaten(0, 8), func(w *Watch) {
			w.Outside = append(w.Outside, Outside{at("29 10:30"), at("29 10:52")})
		}, true, 1, false},
		{"the older runs are not known", beaten(0, 4), func(w *Watch) { w.Known = at("29 10:00") }, true, 2, true},
		{"nor those of the windows before", beaten(0, 4), func(w *Watch) { w.Known = at("29 11:00") }, true, 1, false},
		{"the workflow is new", beaten(0, 4), func(w *Watch) { w.Since = at("29 11:00") }, true, 1, false},
		{"the job was paused", beaten(0, 4), func(w *Watch) { w.Resumed = at("29 11:00") }, true, 1, false},
		{"nothing ran, as in a job that was disabled", beaten(0, 4), func(w *Watch) { w.Runs = w.Runs[:5] }, true, 0, false},
		{"an execution was running all the time", beaten(0, 4), func(w *Watch) { w.Runs[4].Updated = at("29 12:31") }, true, 0, false},
		{"only backfills", beaten(0, 4), func(w *Watch) {
			for i := range w.Runs {
				w.Runs[i].Slot = at("29 00:30")
			}
		}, true, 0, false},
		{"the job has other slots now", beaten(0, 4), func(w *Watch) {
			w.Schedule = declared(Spec{Cron: []string{"31 * * * *"}})
		}, false, 0, false},
	}
	for _, row := range rows {
		if row.change != nil {
			row.change(&row.watch)
		}
		e, found := Externally([]Watch{row.watch}, now)
		if found != row.found || e.Missed != row.missed || e.Silent != row.silent {
			t.Errorf("%s: %+v, %v", row.name, e, found)
		}
	}
}

// TestExternallyForgets has a source that somebody took away.
func TestExternallyForgets(t *testing.T) {
	for _, row := range []struct {
		after  time.Duration
		silent bool
	}{{time.Hour, true}, {6 * 24 * time.Hour, true}, {8 * 24 * time.Hour, false}} {
		now := at("29 12:45").Add(row.after)
		if e, found := Externally([]Watch{beaten(0, 5)}, now); e.Silent != row.silent || found != row.silent {
			t.Errorf("%v later: %+v, %v", row.after, e, found)
		}
	}
}

// TestExternallyOfSeveral has jobs whose slots are together: one outage is one time, and a
// start of any of them is a sign of life.
func TestExternallyOfSeveral(t *testing.T) {
	now := at("29 12:45")
	if e, _ := Externally([]Watch{beaten(0, 10), beaten(0, 10), beaten(0, 10)}, now); e.Missed != 3 || e.Silent {
		t.Errorf("one outage: %+v", e)
	}
	if e, _ := Externally([]Watch{beaten(0, 4), beaten(0, 12)}, now); e.Silent {
		t.Errorf("it still starts one of them: %+v", e)
	}
	if e, _ := Externally([]Watch{beaten(0, 4), beaten(1, 0)}, now); e.Missed != 7 || !e.Silent {
		t.Errorf("a job that it never started does not count: %+v", e)
	}
	if e, _ := Externally([]Watch{beaten(0, 3), beaten(0, 4), beaten(0, 2)}, now); !e.Last.Equal(at("29 04:30")) {
		t.Errorf("last at %v", e.Last)
	}
}
