package schedule

import (
	"fmt"
	"testing"
	"time"
)

// TestRescueOfPolicies has the verdicts on a daily job on the 21st at noon.
func TestRescueOfPolicies(t *testing.T) {
	one := func(runs ...Run) Watch { return Watch{Schedule: daily, Runs: runs} }
	many := func(runs ...Run) Watch { return Watch{Schedule: catching, Runs: runs} }
	waits := func(need Watch, runs ...Run) Watch {
		w := one(runs...)
		w.Needs = map[string]Watch{"fetch": need}
		return w
	}
	parallel := func(w Watch) Watch {
		w.Parallel = true
		return w
	}
	number := func(id int64, r Run) Run {
		r.ID = id
		return r
	}
	bad := func(created, slot string) Run { return lane(number(7, failed(created)), slot) }
	wish := func(created, asked string) Run {
		return Run{Attempt: 1, Created: at(created), Updated: at(created), Success: true, Asked: at(asked)}
	}
	unread := Watch{Schedule: daily, Runs: []Run{number(5, skipped("21 11:00"))}, Unread: map[int64]bool{5: true}}
	hourly := declared(Spec{Every: "hour", Start: &Moment{Time: at("1 00:30"), Offset: true}})
	early := Watch{Schedule: declared(Spec{Every: "day", At: "10:00"}), Runs: []Run{skipped("21 10:05")}}
	for name, row := range map[string]struct {
		w     Watch
		why   Why
		slots []int // of a job that catches up
		more  string
	}{
		"caught up":                {many(executed("20 11:00"), executed("21 11:00")), Fulfilled, nil, "[]"},
		"an older slot":            {many(executed("18 11:00"), executed("20 11:00"), executed("21 11:00")), Due, []int{19}, "[]"},
		"the same, settled":        {many(executed("18 11:00"), settled(executed("21 11:00"), "21 10:37")), Fulfilled, nil, "[]"},
		"in a lane":                {many(executed("18 11:00"), executed("20 11:00"), executed("21 11:00"), lane(number(1, executed("21 11:30")), "19")), Fulfilled, nil, "[]"},
		"one fails, another waits": {many(executed("18 11:00"), bad("21 11:50", "19"), bad("21 11:55", "19"), bad("21 11:58", "19")), Due, []int{19, 20, 21}, "[]"},
		"the only one fails":       {many(executed("18 11:00"), executed("20 11:00"), executed("21 11:00"), bad("21 11:50", "19"), bad("21 11:55", "19")), Backoff, nil, "[]"},
		"an execution is active":   {many(executed("18 11:00"), active("21 11:50")), Running, nil, "[]"},

		"asked for later":        {one(asking("20 11:00", "22 12:00")), Why(Rescheduled), nil, "[]"},
		"asked for now":          {one(asking("20 11:00", "21 12:00")), Due, nil, "[]"},
		"dispatched for later":   {one(wish("20 11:00", "21 14:00"), executed("21 11:00")), Fulfilled, nil, "[]"},
		"dispatched for earlier": {one(wish("20 11:00", "21 11:30"), executed("21 11:00")), Due, nil, "[]"},

		"needs what is done":        {waits(one(executed("21 11:00"))), Due, nil, "[]"},
		"needs what is not done":    {waits(one(failed("21 11:00"))), Why(Waiting), nil, "[fetch]"},
		"needs what is not read":    {waits(unread), Due, nil, "[]"},
		"needs what is not listed":  {waits(Watch{Schedule: daily, Known: at("21 11:00")}), Due, nil, "[]"},
		"needs an earlier window":   {waits(early), Why(Waiting), nil, "[fetch]"},
		"needs a later window":      {waits(Watch{Schedule: hourly, Runs: []Run{executed("21 11:40")}}), Due, nil, "[]"},
		"needs no earlier window":   {waits(Watch{Schedule: hourly, Runs: []Run{executed("21 10:20")}}), Why(Waiting), nil, "[fetch]"},
		"needs a later one, asked":  {waits(Watch{Schedule: hourly, Runs: []Run{number(4, skipped("21 11:40"))}, Asked: map[int64]bool{4: true}}), Why(Waiting), nil, "[fetch]"},
		"needs a later one, not":    {waits(Watch{Schedule: hourly, Runs: []Run{number(4, skipped("21 11:10"))}}), Due, nil, "[]"},
		"and is done":               {waits(one(failed("21 11:00")), executed("21 11:30")), Fulfilled, nil, "[]"},
		"and a run is active":       {waits(one(failed("21 11:00")), active("21 11:30")), Running, nil, "[]"},
		"an old execution is still": {one(active("20 11:00")), Running, nil, "[]"},

		"an old one in parallel":     {parallel(one(number(1, active("20 11:00")))), Due, nil, "[]"},
		"a new one in parallel":      {parallel(one(number(1, active("21 11:00")))), Running, nil, "[]"},
		"a lane of it":               {parallel(many(executed("20 11:00"), lane(number(1, active("21 11:00")), "21"))), Running, nil, "[]"},
		"the lane of another window": {parallel(many(executed("18 11:00"), lane(number(1, active("21 11:00")), "19"), executed("20 11:00"))), Due, []int{19, 21}, "[]"},
	} {
		v := Rescue(row.w, at("21 12:00"))
		if v.Why != row.why || v.Dispatch != (v.Why == Due || v.Why == Unread) || fmt.Sprint(days(v.Slots)) != fmt.Sprint(row.slots) || fmt.Sprint(v.Needs) != row.more {
			t.Errorf("%s: %s, slots %v, waits for %v; want %s, %v, %s", name, v.Why, days(v.Slots), v.Needs, row.why, row.slots, row.more)
		}
	}
}

// TestRescueOfNeedsBefore asks for the window of a needed job that is over: only an answer
// of its runs says that it has no evidence.
func TestRescueOfNeedsBefore(t *testing.T) {
	need := Watch{Schedule: declared(Spec{Every: "hour", Start: &Moment{Time: at("1 00:30")}})}
	w := Watch{Schedule: daily, Needs: map[string]Watch{"fetch": need}}
	if v := Rescue(w, at("21 13:00")); v.Why != Why(Waiting) {
		t.Errorf("%s, although no run can have served the hour of the slot", v.Why)
	}
	need.Runs = []Run{skipped("21 10:40")}
	w.Needs["fetch"] = need
	if v := Rescue(w, at("21 13:00")); v.Why != Due {
		t.Errorf("%s, although a green run of that hour was not asked", v.Why)
	}
}

// TestAccountsOfPolicies has the states of the windows from the 21st back to the 15th.
func TestAccountsOfPolicies(t *testing.T) {
	short := declared(Spec{Every: "day", At: "10:37", CatchUp: true, Expires: 72 * time.Hour})
	for name, row := range map[string]struct {
		s    Schedule
		runs []Run
		want string
	}{
		"nothing is owed before the first run": {catching, []Run{failed("18 11:00")}, "[due due due failed missed missed missed]"},
		"those that are too old":               {short, []Run{executed("15 11:00")}, "[due due due expired expired expired confirmed]"},
		"lanes":                                {catching, []Run{executed("15 11:00"), lane(executed("20 11:00"), "16"), lane(executed("20 11:00"), "20"), lane(failed("20 11:00"), "17")}, "[due confirmed due due failed late confirmed]"},
		"settled":                              {catching, []Run{executed("15 11:00"), settled(skipped("20 11:00"), "18 10:37")}, "[due due due due missed missed confirmed]"},
		"moved":                                {daily, []Run{asking("16 11:00", "20 12:00")}, "[due missed confirmed missed]"},
		"moved ahead":                          {daily, []Run{executed("15 11:00"), asking("16 11:00", "24 12:00")}, "[confirmed confirmed]"},
	} {
		past := Past{Schedule: row.s, Runs: row.runs}
		var states []State
		for _, a := range past.Accounts(at("15 11:00"), at("21 12:00")) {
			states = append(states, a.State)
		}
		if got := fmt.Sprint(states); got != row.want {
			t.Errorf("%s: %s; want %s", name, got, row.want)
		}
	}
}
