package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// dispatched is a run that a rescue started; waited one that its concurrency group
// kept waiting.
func dispatched(started string) Run {
	r := executed(started)
	r.Rescue = true
	return r
}

func waited(created, started string) Run {
	r := executed(started)
	r.Created = at(created)
	return r
}

// displaced is a pending run that another took the place of.
func displaced(created string) Run {
	return Run{Attempt: 1, Created: at(created), Updated: at(created)}
}

// unread is a success whose jobs could not be read.
func unread(created string) Run {
	r := skipped(created)
	r.ID = lost
	return r
}

const lost = 4711

// void is a run that cannot be evidence: of another branch, say.
func void(r Run) Run {
	r.Void = true
	return r
}

// between is a time in which runs were deleted.
func between(start, end string) []Window { return []Window{{at(start), at(end)}} }

func until(ended string, r Run) Run {
	r.Updated = at(ended)
	return r
}

func again(r Run) Run {
	r.Attempt = 2
	return r
}

// TestAccounts looks at noon of the 21st back to the window of the 18th: 18 10:37
// to 19 10:37, and so on.
func TestAccounts(t *testing.T) {
	rows := []struct {
		name string
		past Past
		want string // the states of the windows of the 18th, 19th, 20th and 21st
	}{
		// Of one run a window.
		{"nothing", Past{}, "missed missed missed due"},
		{"executed", Past{Runs: []Run{executed("18 10:40")}}, "confirmed missed missed due"},
		{"executed on the slot", Past{Runs: []Run{executed("19 10:37")}}, "missed confirmed missed due"},
		{"executed a minute before the slot", Past{Runs: []Run{executed("19 10:36")}}, "late missed missed due"},
		{"executed an eighth of the day later", Past{Runs: []Run{executed("19 13:37")}}, "missed confirmed missed due"},
		{"executed later than that", Past{Runs: []Run{executed("19 13:38")}}, "missed late missed due"},
		{"rescued", Past{Runs: []Run{dispatched("19 10:40"), dispatched("20 23:00")}}, "missed rescued rescued due"},
		{"dispatched at the slot", Past{Runs: []Run{dispatched("19 10:37"), dispatched("20 10:38")}}, "missed confirmed rescued due"},
		{"failed", Past{Runs: []Run{failed("19 11:00"), failed("21 11:00")}}, "missed failed missed failed"},
		{"active", Past{Runs: []Run{active("20 11:00"), active("21 11:00")}}, "missed missed running running"},
		{"skipped", Past{Runs: []Run{skipped("19 11:00"), skipped("21 11:00")}}, "missed missed missed due"},
		{"skipped on evidence that is gone", Past{Gaps: between("19 10:38", "19 11:00"), Runs: []Run{skipped("19 11:00"), skipped("20 11:00")}}, "missed unknown missed due"},
		{"skipped on evidence that is gone, in the current window", Past{Gaps: between("21 10:30", "21 11:00"), Runs: []Run{skipped("21 11:00")}}, "missed missed unknown unknown"},
		{"deleted", Past{Gaps: between("19 12:00", "20 12:00"), Runs: []Run{failed("20 12:00")}}, "missed unknown failed due"},
		{"deleted, in windows with evidence", Past{Gaps: between("18 12:00", "20 12:00"), Runs: []Run{executed("18 12:00"), executed("20 12:00")}}, "confirmed unknown confirmed due"},
		{"deleted in the current window only", Past{Gaps: between("21 11:00", "21 11:30")}, "missed missed missed due"},
		{"skipped on evidence of the next window", Past{Runs: []Run{until("20 10:37", skipped("19 11:00"))}}, "missed missed missed due"},
		{"displaced", Past{Runs: []Run{displaced("19 11:00"), displaced("21 11:00")}}, "missed missed missed due"},

		// Of several.
		{"the first of two counts", Past{Runs: []Run{executed("19 20:00"), executed("19 10:40")}}, "missed confirmed missed due"},
		{"executed, then forced and failed", Past{Runs: []Run{executed("19 10:40"), failed("19 20:00")}}, "missed confirmed missed due"},
		{"failed, then executed", Past{Runs: []Run{failed("19 10:40"), executed("19 20:00")}}, "missed late missed due"},
		{"failed, then rescued", Past{Runs: []Run{failed("19 10:40"), dispatched("19 11:00")}}, "missed rescued missed due"},
		{"rescued after it was confirmed", Past{Runs: []Run{executed("19 10:40"), dispatched("19 11:00")}}, "missed confirmed missed due"},
		{"failed, then skipped on evidence of the next window", Past{Runs: []Run{failed("19 10:40"), until("20 10:40", skipped("19 11:00"))}}, "missed failed missed due"},
		{"failed, then displaced", Past{Runs: []Run{failed("19 10:40"), displaced("19 11:00")}}, "missed failed missed due"},
		{"failed, and active again", Past{Runs: []Run{failed("21 10:40"), active("21 11:00")}}, "missed missed missed running"},
		{"executed, and active again", Past{Runs: []Run{executed("21 10:40"), active("21 11:00")}}, "missed missed missed confirmed"},

		// Not in the window in which it was created.
		{"waited for its turn", Past{Runs: []Run{waited("19 10:30", "19 10:40")}}, "missed confirmed missed due"},
		{"run again a day later", Past{Runs: []Run{rerun("19 11:00", "20 12:00")}}, "missed late missed due"},
		{"run again, without success", Past{Runs: []Run{{Attempt: 2, Created: at("19 11:00"), Updated: at("20 12:00"), Failed: true}}}, "missed failed missed due"},
		{"backfill", Past{Runs: []Run{serving("19 10:37", "21 11:00")}}, "missed late missed due"},
		{"backfill of a time in the window", Past{Runs: []Run{serving("19 20:00", "21 11:00")}}, "missed late missed due"},
		{"backfill, failed", Past{Runs: []Run{{Attempt: 1, Created: at("21 11:00"), Slot: at("19 10:37"), Failed: true}}}, "missed failed missed due"},
		{"backfill of a window that cannot be read", Past{Runs: []Run{{Attempt: 1, Created: at("21 11:00"), Started: at("21 11:00"), Slot: time.Unix(0, 0)}}}, "missed missed missed due"},

		// What they did could not be read.
		{"unread", Past{Runs: []Run{unread("19 11:00")}}, "missed unknown missed due"},
		{"unread, and a failure", Past{Runs: []Run{unread("19 11:00"), failed("19 12:00")}}, "missed unknown missed due"},
		{"unread, and evidence", Past{Runs: []Run{unread("19 11:00"), executed("19 10:40")}}, "missed confirmed missed due"},
		{"unread in the current window", Past{Runs: []Run{unread("21 11:00")}}, "missed missed missed unknown"},
		{"unread, and ended in the next window", Past{Runs: []Run{until("20 10:40", unread("19 11:00"))}}, "missed unknown unknown due"},
		{"unread re-run", Past{Runs: []Run{again(until("20 10:40", unread("19 11:00")))}}, "missed unknown missed due"},

		// What they did does not count.
		{"void", Past{Runs: []Run{void(skipped("19 11:00")), void(skipped("21 11:00"))}}, "missed unknown missed unknown"},
		{"void, and evidence", Past{Runs: []Run{void(skipped("19 11:00")), executed("19 12:00")}}, "missed confirmed missed due"},
		{"void, and ended in the next window", Past{Runs: []Run{void(until("20 10:40", failed("19 11:00")))}}, "missed unknown unknown due"},
		{"void, and active", Past{Runs: []Run{void(active("21 11:00"))}}, "missed missed missed unknown"},

		// Where it begins.
		{"young", Past{Since: at("19 12:00")}, "missed due"},
		{"registered on the slot", Past{Since: at("19 10:37")}, "missed missed due"},
		{"registered just now", Past{Since: at("21 11:00")}, "due"},
		{"registered by a clock ahead of ours", Past{Since: at("23 11:00")}, "due"},
		{"a run before that", Past{Since: at("20 12:00"), Runs: []Run{executed("19 10:40")}}, "confirmed due"},

		// Where the history ends.
		{"gone", Past{Known: at("20 10:37")}, "unknown unknown missed due"},
		{"gone in part", Past{Known: at("20 10:38")}, "unknown unknown unknown due"},
		{"gone, and registered later", Past{Known: at("20 12:00"), Since: at("19 11:00")}, "unknown due"},
		{"gone in part, with what is left", Past{Known: at("19 11:00"), Runs: []Run{failed("19 11:00"), executed("19 20:00")}}, "unknown late missed due"},
		{"gone in part, with failures left", Past{Known: at("19 11:00"), Runs: []Run{failed("19 11:00")}}, "unknown unknown missed due"},
		{"all gone", Past{Known: at("21 11:00"), Runs: []Run{failed("21 11:00")}}, "unknown unknown unknown failed"},

		// Disabled by hand.
		{"paused", Past{Paused: true}, "paused paused paused paused"},
		{"paused since", Past{Paused: true, Runs: []Run{executed("19 10:40")}}, "missed confirmed paused paused"},
		{"paused since a failure", Past{Paused: true, Runs: []Run{executed("18 10:40"), failed("20 10:40")}}, "confirmed missed failed paused"},
		{"paused, and only skipped", Past{Paused: true, Runs: []Run{skipped("18 10:40"), failed("19 10:40"), skipped("20 10:40"), skipped("21 10:40")}}, "missed failed paused paused"},
		{"paused since it was displaced", Past{Paused: true, Runs: []Run{displaced("20 10:40")}}, "missed missed missed paused"},
		{"paused while it runs", Past{Paused: true, Runs: []Run{active("21 10:40")}}, "missed missed missed running"},
		{"paused before", Past{Pauses: between("18 11:00", "21 11:00"), Runs: []Run{executed("18 10:40")}}, "confirmed paused paused due"},
		{"paused for a while", Past{Pauses: between("18 11:00", "20 10:36")}, "missed missed missed due"},
		{"paused in turn", Past{Pauses: append(between("18 10:37", "19 10:37"), between("20 10:37", "20 23:00")...)}, "paused missed missed due"},
		{"paused before, and forced", Past{Pauses: between("18 10:37", "21 11:00"), Runs: []Run{skipped("18 11:00"), executed("19 10:40"), failed("20 11:00")}}, "paused confirmed failed due"},
		{"paused before, and doubted", Past{Pauses: between("18 10:37", "21 11:00"), Doubted: map[time.Time]bool{at("19 10:37"): true}}, "paused paused paused due"},
		{"paused before, and gone", Past{Pauses: between("18 10:37", "21 11:00"), Known: at("19 12:00"), Gaps: between("20 11:00", "20 12:00")}, "unknown unknown unknown due"},
		{"paused, and gone", Past{Paused: true, Known: at("19 12:00")}, "unknown unknown paused paused"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			row.past.Schedule, row.past.Unread = daily, map[int64]bool{lost: true}
			if got := row.past.states(at("18 10:37"), at("21 12:00")); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// TestAccount checks what else there is to an account.
func TestAccount(t *testing.T) {
	number := func(id int64, r Run) Run { r.ID = id; return r }
	past := Past{Schedule: daily, Runs: []Run{
		number(1, executed("18 10:40")), number(2, executed("18 10:50")),
		number(3, failed("19 10:40")), number(4, failed("19 10:50")),
		number(5, active("20 10:40")), number(6, active("20 10:50")), number(7, failed("20 10:55")),
		number(8, serving("21 20:00", "21 10:30")),
	}}
	var got []string
	for _, a := range past.Accounts(at("18 12:00"), at("21 12:00")) {
		got = append(got, fmt.Sprintf("%s %v by %d", a.Window.Start.Format("02"), a.Lateness, a.Run.ID))
	}
	want := []string{"21 0s by 8", "20 0s by 6", "19 0s by 4", "18 3m0s by 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAccountsAgainstBruteForce has random pasts, and states each window's state
// again from the definitions, one window and one run at a time.
func TestAccountsAgainstBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(20, 26))
	seen := map[State]int{}
	for range 4000 {
		past := randomPast(random)
		now := at("21 12:00").Add(time.Duration(random.IntN(100)) * time.Minute)
		from := now.Add(-time.Duration(random.IntN(200)) * time.Hour / 10)
		got := past.Accounts(from, now)
		next := past.Schedule.Next(now)
		for _, a := range got {
			checkLeftOut(t, past, a.Window.End, next)
			next = a.Window.Start
			seen[a.State]++
			if want := naive(past, a.Window, now); a.State != want {
				t.Fatalf("window %v: %s, want %s\n%+v", a.Window, a.State, want, past)
			}
			if a.Served() && !a.Run.Confirms(a.Window) {
				t.Fatalf("window %v is %s by %+v", a.Window, a.State, *a.Run)
			}
		}
		checkLeftOut(t, past, past.Schedule.Prev(from), next)
	}
	for _, state := range []State{StateConfirmed, StateLate, StateRescued, StateRunning, StateFailed, StatePaused, StateDue, StateExpired, StateMissed, StateUnknown} {
		if seen[state] < 100 {
			t.Errorf("only %d windows were %s", seen[state], state)
		}
	}
}

// checkLeftOut checks that all windows between two slots were left out rightly.
func checkLeftOut(t *testing.T, past Past, from, to time.Time) {
	t.Helper()
	for w := past.Schedule.Window(from); !w.End.After(to); w = past.Schedule.Window(w.End) {
		heard := slices.ContainsFunc(past.Runs, func(r Run) bool { return r.Confirms(w) || r.Started.IsZero() && r.serves(w) || past.astride(r, w) })
		if heard || !w.Start.Before(past.Since) {
			t.Fatalf("window %v is left out\n%+v", w, past)
		}
	}
}

// naive is the state of a window, word by word as the states are defined.
func naive(past Past, w Window, now time.Time) State {
	var evidence *Run
	busy, doubtful, bad, since := false, false, false, false
	lacks := w.Start.Before(past.Known)
	for _, gap := range past.Gaps {
		lacks = lacks || gap.Start.Before(w.End) && w.Start.Before(gap.End)
	}
	for _, r := range past.Runs {
		unproven := r.Started.IsZero()
		doubtful = doubtful || past.astride(r, w) || r.Void && r.serves(w) ||
			unproven && !r.Active && r.serves(w) && (past.Unread[r.ID] || lacks && r.Success && r.Updated.Before(w.End) && r.Created.Before(past.Schedule.Expires(w)))
		switch {
		case r.Confirms(w) && (evidence == nil || r.Started.Before(evidence.Started)):
			evidence = &r
		case unproven && r.serves(w) && r.Active && !r.Void:
			busy = true
		case unproven && r.serves(w):
			bad = bad || r.Failed
		}
		for v := past.Schedule.Window(w.End); !v.Start.After(now); v = past.Schedule.Window(v.End) {
			since = since || past.acts(r, v)
		}
		since = since || past.acts(r, w)
	}
	expires := past.Schedule.Expires(w)
	expired := expires != w.End && now.Compare(expires) >= 0
	switch current := w.Contains(now); {
	case evidence != nil && evidence.Rescue && (evidence.Created.Before(w.Start) || evidence.Created.Sub(w.Start) >= time.Minute):
		return StateRescued
	case evidence != nil && evidence.Started.Sub(w.Start) <= w.End.Sub(w.Start)/8:
		return StateConfirmed
	case evidence != nil:
		return StateLate
	case busy:
		return StateRunning
	case doubtful, (!current || expired) && w.Start.Before(past.Known):
		return StateUnknown
	case bad:
		return StateFailed
	case lacks && (!current || expired):
		return StateUnknown
	case past.Paused && !since:
		return StatePaused
	case expired:
		return StateExpired
	case current:
		return StateDue
	}
	return StateMissed
}

// acts reports whether a run did more in the window than to skip, as far as is known.
func (p Past) acts(r Run, w Window) bool {
	lacks := w.Start.Before(p.Known) || len(p.Gaps) > 0 && p.Gaps[0].Start.Before(w.End) && w.Start.Before(p.Gaps[0].End)
	idle := r.Success && !r.Void && !p.Unread[r.ID] && !(lacks && r.Updated.Before(w.End) && r.Created.Before(p.Schedule.Expires(w)))
	return r.Confirms(w) || r.Started.IsZero() && r.serves(w) && !idle || p.astride(r, w)
}

// astride reports whether a run could not be read that was created before the
// window and ended in it.
func (p Past) astride(r Run, w Window) bool {
	return (p.Unread[r.ID] || r.Void) && r.Slot.IsZero() && r.Attempt == 1 && r.Created.Before(w.Start) && w.Contains(r.Updated)
}

// expiring is hourly, and not run after 20 minutes.
var expiring = declared(Spec{Every: "hour", Start: hourly.Spec().Start, Expires: 20 * time.Minute})

// randomPast is of an hourly job, in the day before noon of the 21st.
func randomPast(random *rand.Rand) Past {
	moment := func() time.Time {
		return at("20 18:00").Add(time.Duration(random.IntN(20*60)) * time.Minute)
	}
	past := Past{Schedule: []Schedule{hourly, expiring}[random.IntN(2)], Paused: random.IntN(3) == 0, Unread: map[int64]bool{}}
	if random.IntN(2) == 0 {
		past.Since = moment()
	}
	if random.IntN(2) == 0 {
		past.Known = moment()
	}
	if random.IntN(3) == 0 {
		start := moment()
		past.Gaps = []Window{{start, start.Add(time.Duration(random.IntN(120)) * time.Minute)}}
	}
	for id := range random.IntN(12) {
		r := Run{ID: int64(id), Attempt: 1 + random.IntN(8)/7, Created: moment()}
		r.Updated = r.Created.Add(time.Duration(random.IntN(30)) * time.Minute)
		switch random.IntN(5) {
		case 0, 1:
			r.Success, r.Started = true, r.Created.Add(time.Duration(random.IntN(20))*time.Minute)
		case 2:
			r.Success = true
			past.Unread[r.ID] = random.IntN(3) == 0
		case 3:
			r.Active = true
		case 4:
			r.Failed = random.IntN(3) > 0
		}
		if random.IntN(8) == 0 {
			r.Slot = moment()
		}
		r.Rescue = random.IntN(4) == 0
		r.Void = r.Started.IsZero() && random.IntN(12) == 0
		past.Runs = append(past.Runs, r)
	}
	return past
}

func TestReach(t *testing.T) {
	rows := []struct {
		reach Reach
		want  string
	}{
		{Reach{Windows: 1}, "21 10:37"},
		{Reach{Windows: 3}, "19 10:37"},
		{Reach{Windows: 9, Since: at("19 10:37")}, "19 10:37"},
		{Reach{Windows: 9, Since: at("19 10:36")}, "18 10:37"},
		{Reach{Windows: 9, Since: at("22 10:36")}, "21 10:37"},
		{Reach{Windows: 9, Age: 26 * time.Hour}, "19 10:37"},
		{Reach{Windows: 2, Age: 26 * time.Hour}, "20 10:37"},
	}
	for _, row := range rows {
		if got := row.reach.From(daily, at("21 12:00")); !got.Equal(at(row.want)) {
			t.Errorf("%+v: from %v, want %s", row.reach, got, row.want)
		}
	}
}

// TestLateness checks that only an execution in its own window is a measure.
func TestLateness(t *testing.T) {
	past := Past{Schedule: daily, Runs: []Run{
		executed("18 10:40"), rerun("19 11:00", "20 12:00"), dispatched("20 10:47"), serving("21 10:37", "21 10:38"),
	}}
	past.Runs = append(past.Runs, serving("17 10:37", "21 11:00"), failed("16 11:00"))
	var late []string
	for _, l := range Lateness(past.Accounts(at("16 10:37"), at("21 12:00"))) {
		late = append(late, l.String())
	}
	if got, want := strings.Join(late, " "), "1m0s 3m0s 10m0s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestAccountsExpired has a job that is due at 10:37, and not any more two hours later.
func TestAccountsExpired(t *testing.T) {
	s := declared(Spec{Every: "day", At: "10:37", Expires: 2 * time.Hour})
	rows := []struct {
		name string
		past Past
		now  string
		want string
	}{
		{"nothing", Past{}, "21 12:36", "expired due"},
		{"nothing in time", Past{}, "21 12:37", "expired expired"},
		{"skipped since", Past{Runs: []Run{skipped("20 12:37"), skipped("21 14:00")}}, "21 15:00", "expired expired"},
		{"skipped before, on evidence that is gone", Past{Runs: []Run{skipped("20 12:36")}, Gaps: between("20 10:00", "20 12:36")}, "21 15:00", "unknown expired"},
		{"skipped before", Past{Runs: []Run{skipped("20 12:36")}}, "21 15:00", "expired expired"},
		{"unread", Past{Runs: []Run{unread("20 14:00")}}, "21 15:00", "unknown expired"},
		{"failed", Past{Runs: []Run{failed("20 11:00")}}, "21 15:00", "failed expired"},
		{"executed", Past{Runs: []Run{executed("20 11:00"), skipped("20 14:00")}}, "21 15:00", "confirmed expired"},
		{"displaced", Past{Runs: []Run{displaced("20 11:00")}}, "21 15:00", "expired expired"},
		{"running", Past{Runs: []Run{active("21 12:00")}}, "21 15:00", "expired running"},
		{"paused", Past{Paused: true}, "21 15:00", "paused paused"},
		{"gone", Past{Known: at("21 11:00")}, "21 12:00", "unknown due"},
		{"gone, and too late", Past{Known: at("21 11:00")}, "21 15:00", "unknown unknown"},
	}
	for _, row := range rows {
		row.past.Schedule, row.past.Unread = s, map[int64]bool{lost: true}
		if got := row.past.states(at("20 10:37"), at(row.now)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

// states are those of the windows since from, the oldest first.
func (p Past) states(from, now time.Time) string {
	var states []string
	for _, a := range p.Accounts(from, now) {
		states = append(states, string(a.State))
	}
	slices.Reverse(states)
	return strings.Join(states, " ")
}

// TestAccountsEnd has jobs that have no window at times.
func TestAccountsEnd(t *testing.T) {
	moment := func(s string) *Moment { return &Moment{Time: at(s)} }
	once := Spec{RunAt: []Moment{*moment("20 10:37")}, Expires: 2 * time.Hour}
	week := Spec{RunAt: once.RunAt}
	twice := Spec{RunAt: []Moment{*moment("20 10:37"), *moment("21 10:37")}, Expires: 24 * time.Hour}
	strict := Spec{Every: "day", At: "10:37", Start: moment("19 00:00"), Until: moment("21 00:00"), Expires: time.Hour}
	bounded := Spec{Every: "day", At: "10:37", Start: moment("19 00:00"), Until: moment("21 00:00")}
	counted := Spec{Every: "day", At: "10:37", Start: moment("19 00:00"), Count: 1}
	disabled := Spec{Every: "day", At: "10:37", Disabled: true}
	gap := Spec{Every: "day", At: "10:37", Except: []time.Time{at("20 00:00"), at("19 00:00")}}
	rows := []struct {
		name string
		spec Spec
		runs []Run
		now  string
		want string // the last three windows
		from string // start of the oldest, or now
	}{
		{"once, before", once, nil, "20 10:36", "", "20 10:36"},
		{"once, before, and a run by hand", once, []Run{executed("19 11:00")}, "20 10:36", "", "20 10:36"},
		{"once", once, nil, "20 10:37", "due", "20 10:37"},
		{"once, after", once, nil, "20 12:37", "expired", "20 10:37"},
		{"once, a week later", week, nil, "27 10:37", "expired", "20 10:37"},
		{"once, and by hand after it", once, []Run{declared(once).Belated(executed("25 11:00"))}, "30 12:00", "late", "20 10:37"},
		{"twice", twice, nil, "22 10:37", "missed expired", "20 10:37"},
		{"once, and a run after it", once, []Run{executed("20 10:38"), executed("25 11:00")}, "30 12:00", "confirmed", "20 10:37"},
		{"not started", bounded, nil, "19 10:36", "", "19 10:36"},
		{"started", bounded, nil, "19 10:37", "due", "19 10:37"},
		{"the last", bounded, []Run{executed("19 11:00")}, "21 10:36", "confirmed due", "19 10:37"},
		{"ended", bounded, []Run{executed("19 11:00")}, "21 10:37", "confirmed missed", "19 10:37"},
		{"ended, and the last slot was too old before", strict, nil, "21 10:37", "expired expired", "19 10:37"},
		{"counted", counted, []Run{executed("19 11:00")}, "25 12:00", "confirmed", "19 10:37"},
		{"disabled", disabled, []Run{executed("20 11:00")}, "21 12:00", "missed confirmed paused", "19 10:37"},
		{"gap", gap, []Run{executed("18 11:00")}, "21 12:00", "missed confirmed due", "17 10:37"},
		{"in a gap", gap, []Run{executed("20 11:00")}, "20 12:00", "missed missed late", "16 10:37"},
	}
	for _, row := range rows {
		past := Past{Schedule: declared(row.spec), Runs: row.runs}
		from := Reach{Windows: 3}.From(past.Schedule, at(row.now))
		if got := past.states(from, at(row.now)); got != row.want || from != at(row.from) {
			t.Errorf("%s: got %s from %v, want %s", row.name, got, from, row.want)
		}
	}
}
