package schedule

import "testing"

func TestCancels(t *testing.T) {
	active := func(id int64, created string) Run {
		return Run{ID: id, Attempt: 1, Created: at(created), Updated: at(created), Active: true}
	}
	lane := func(id int64, created, slot string) Run {
		r := active(id, created)
		r.Lane, r.Slot = true, at(slot)
		return r
	}
	over := lane(2, "21 10:38", "21 10:37")
	over.Active = false
	own, undecided := active(1, "21 10:38"), active(2, "21 10:37")
	undecided.Undecided = true
	for name, row := range map[string]struct {
		runs []Run
		want bool
	}{
		"alone":                              {[]Run{own}, true},
		"one that did not say what it does":  {[]Run{own, active(2, "20 10:38")}, false},
		"yesterday's execution":              {[]Run{own, active(2, "20 10:38"), lane(2, "20 10:38", "20 10:37")}, true},
		"one that has not looked yet":        {[]Run{own, undecided}, true},
		"a spare tick":                       {[]Run{own, active(2, "21 10:37")}, false},
		"two ticks at once, as the older":    {[]Run{own, active(2, "21 10:39")}, false},
		"one that began for an older slot":   {[]Run{own, active(2, "21 10:38"), lane(2, "21 10:38", "19 10:37")}, true},
		"a tick that came before the slot":   {[]Run{own, active(2, "21 10:36")}, false},
		"the same, executing the last one":   {[]Run{own, active(2, "21 10:36"), lane(2, "21 10:36", "20 10:37")}, true},
		"an old run that waited for so long": {[]Run{own, active(2, "20 10:38"), lane(2, "20 10:38", "21 10:37")}, false},
		"several slots, this one among them": {[]Run{own, lane(2, "20 10:38", "20 10:37"), lane(2, "20 10:38", "21 10:37")}, false},
		"a later window":                     {[]Run{own, active(2, "20 10:38"), lane(2, "20 10:38", "22 10:37")}, false},
		"the lane of one that is over":       {[]Run{own, over}, true},
		"its own lanes":                      {[]Run{own, lane(1, "21 10:38", "21 10:37")}, true},
	} {
		if got := Cancels(daily.Window(at("21 12:00")), 1, row.runs); got != row.want {
			t.Errorf("%s: cancels %v, want %v", name, got, row.want)
		}
	}
}
