package schedule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Spec is a schedule as a job declares it.
type Spec struct {
	Project, ID string // what assigned times are computed from: the project's normalised name, or the seed that replaces it, and the job id

	// Exactly one of these is set.
	Every string   // "[N ]unit", or the name of a weekday in English
	Cron  []string // each with five fields
	RunAt []Moment

	At       string        // "HH:MM", instead of an assigned time of day; "" for that
	Timezone string        // IANA name; "" is that of the project
	Fallback string        // the project's own time zone; "" is UTC
	Start    *Moment       // nil for none, as Until
	Until    *Moment       // slots before it
	Count    int           // the first so many slots from Start; 0 for no limit
	Except   []time.Time   // dates in Timezone, as midnights in UTC
	Expires  time.Duration // how old a slot may be to be run; 0 for up to the next slot
	Disabled bool
	CatchUp  bool // every slot has a run of its own, also a late one; else the latest run stands for all before
}

// Moment is a date or a datetime of TOML.
type Moment struct {
	time.Time      // without an offset: in UTC
	Offset    bool // it has one; else it is local to the job's time zone
	Date      bool // it has no time of day
}

// in returns the instant of a moment. A date begins at its midnight.
func (m Moment) in(zone *time.Location) time.Time {
	if m.Offset {
		return m.UTC()
	}
	return fixed(m.Time, zone)
}

// Triggers are the keys that say when a job runs. A job has one of them.
var Triggers = []string{"every", "cron", "run-at"}

// Trigger returns which of Triggers the job has, the first of several; "" for none.
func (s Spec) Trigger() string {
	for _, key := range s.triggers() {
		return key
	}
	return ""
}

func (s Spec) triggers() (keys []string) {
	for i, has := range []bool{s.Every != "", len(s.Cron) > 0, len(s.RunAt) > 0} {
		if has {
			keys = append(keys, Triggers[i])
		}
	}
	return keys
}

// Flaw is what is wrong with one part of a Spec.
type Flaw struct {
	Key     string // of pyproject.toml: "every", "cron", "run-at" …
	Index   int    // of the element, where the part is a list; else 0
	Message string // continues the key: "is "7 fortnights"; it must be …"
	Hint    string
}

// parsing is a spec being parsed.
type parsing struct {
	Spec
	hash   hash
	zone   *time.Location
	start  time.Time // that of Start; zero without it
	noZone string    // why a time zone does not matter to the rule; "" where it does
	flaws  []Flaw
}

func (p *parsing) flaw(key string, index int, hint, message string, args ...any) {
	p.flaws = append(p.flaws, Flaw{key, index, fmt.Sprintf(message, args...), hint})
}

// Parse makes a schedule, or says all that is wrong with it. The schedule is valid only
// without flaws.
func Parse(spec Spec) (Schedule, []Flaw) {
	p := &parsing{Spec: spec, hash: newHash(spec.Project, spec.ID)}
	var err error
	if p.zone, err = location(cmp.Or(spec.Timezone, spec.Fallback)); err != nil {
		p.flaw("timezone", 0, ZoneHint(spec.Timezone), "is %q, which is not a known time zone", spec.Timezone)
		p.zone = time.UTC
	}
	if spec.Start != nil {
		p.start = spec.Start.in(p.zone)
	}
	s := Schedule{spec: spec, zone: p.zone, start: p.start, except: sorted(spec.Except)}
	if spec.Until != nil {
		s.until = spec.Until.in(p.zone)
	}
	s.rule = p.rule()
	if s.expires = spec.Expires; s.expires == 0 && spec.Trigger() == "run-at" {
		s.expires = lastOfRunAt
	}
	p.bounds(s.until)
	p.zoned()
	if len(p.flaws) > 0 || s.rule == nil {
		return Schedule{}, p.flaws
	}
	if p.Count > 0 {
		s.counted = s.last(p.Count)
	}
	s.usual, s.shortest = s.rule.lengths(s.expires)
	s.spares = defaultSpares(s.usual)
	return s, p.flaws
}

// rule reads the one of Triggers that the spec has.
func (p *parsing) rule() rule {
	keys := p.triggers()
	if len(keys) == 0 {
		return nil
	}
	for _, key := range keys[1:] {
		p.flaw(key, 0, "keep only one of every, cron and run-at", "cannot be combined with %s", keys[0])
	}
	if p.At != "" && keys[0] != "every" {
		p.flaw("at", 0, "remove it: the times are in cron or run-at", "has no effect without every")
	}
	switch keys[0] {
	case "every":
		return p.every()
	case "cron":
		return p.crons()
	}
	return p.runAt()
}

// crons reads the list of crons.
func (p *parsing) crons() rule {
	var all union
	for i, expr := range p.Cron {
		f, flaw := parseFields(expr, p.hash)
		if flaw != nil {
			p.flaw("cron", i, flaw.Hint, "%s", flaw.Message)
			continue
		}
		c := calendar{fields: f, zone: p.zone, chosen: !strings.HasPrefix(strings.ToUpper(expr), "H")}
		if f.never() {
			p.flaw("cron", i, "choose a day that its months have", "is %q, which is never due", expr)
		}
		all = append(all, c)
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// runAt reads the single times.
func (p *parsing) runAt() rule {
	var all instants
	p.noZone = "the times in run-at have offsets"
	for i, m := range p.RunAt {
		if !m.Offset {
			p.noZone = ""
		}
		at := m.in(p.zone)
		switch {
		case m.Date:
			p.flaw("run-at", i, fmt.Sprintf("add a time, as in %sT09:00:00", m.Format(time.DateOnly)), "is a date without a time of day")
		case at.Nanosecond() != 0:
			p.flaw("run-at", i, "remove the fraction of the second", "must be in whole seconds")
		case slices.ContainsFunc(all, at.Equal):
			p.flaw("run-at", i, "remove one of them", "has the time %s twice", at.In(p.zone).Format(time.RFC3339))
		default:
			p.far("run-at", i, at)
		}
		all = append(all, at)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// zoned checks that a time zone of the job's own has an effect.
func (p *parsing) zoned() {
	local := func(m *Moment) bool { return m != nil && !m.Offset }
	if p.Timezone != "" && p.noZone != "" && !local(p.Start) && !local(p.Until) && len(p.Except) == 0 {
		p.flaw("timezone", 0, "remove it", "has no effect: %s", p.noZone)
	}
}

// MaxCount is the most slots that a job can be limited to.
const MaxCount = 100_000

// MaxExcept is the most dates without slots.
const MaxExcept = 366

// Dates returns the dates of a list for Spec.Except, sorted, or what is wrong with it.
func Dates(list []Moment) ([]time.Time, []Flaw) {
	var dates []time.Time
	var p parsing
	for i, m := range list {
		switch {
		case !m.Date:
			p.flaw("except", i, "write only the date, as in "+m.Format(time.DateOnly), "must be dates without a time of day")
		case slices.ContainsFunc(dates, m.Equal):
			p.flaw("except", i, "remove one of them", "has the date %s twice", m.Format(time.DateOnly))
		}
		dates = append(dates, m.Time)
	}
	if len(list) > MaxExcept {
		p.flaw("except", MaxExcept, "remove those that are past", "has %d dates; it must have at most %d", len(list), MaxExcept)
	}
	return sorted(dates), p.flaws
}

// sorted returns times in their order.
func sorted(times []time.Time) []time.Time {
	if slices.IsSortedFunc(times, time.Time.Compare) {
		return times
	}
	return slices.SortedFunc(slices.Values(times), time.Time.Compare)
}

// bounds checks start, until and count.
func (p *parsing) bounds(until time.Time) {
	switch {
	case p.Start != nil && p.start.Nanosecond() != 0:
		p.flaw("start", 0, "remove the fraction of the second", "must be in whole seconds")
	case p.Start != nil && p.Until != nil && !p.start.Before(until):
		p.flaw("until", 0, "write a later time, or remove it", "is not after start")
	case p.Start != nil && !p.start.IsZero():
		p.far("start", 0, p.start)
	}
	if p.Until != nil && until.Year() < lastYear { // a later one is no bound
		p.far("until", 0, until)
	}
	switch {
	case p.Count == 0:
	case p.Start == nil:
		p.flaw("count", 0, "add start, as in start = 2026-12-01", "needs start, from which the slots are counted")
	case p.Until != nil:
		p.flaw("count", 0, "remove one of them", "cannot be combined with until")
	case p.Count < 0 || p.Count > MaxCount:
		p.flaw("count", 0, "write a number in that range", "is %d; it must be 1 to %d", p.Count, MaxCount)
	}
}

// far reports a time that RFC 3339 cannot write in UTC, or that stands for none.
func (p *parsing) far(key string, index int, at time.Time) {
	if year := at.UTC().Year(); year > lastYear || !at.After(time.Time{}) {
		p.flaw(key, index, "correct the year", "is %s in UTC; it must be from 0001-01-02 to %d-12-31", at.UTC().Format(time.DateOnly), lastYear)
	}
}

// lastYear is the last one that TOML can write. 100,000 leap days take 400,000 years.
const lastYear = 9999

// last returns the end of the first so many slots, when it is asked for; zero if there
// are not as many.
func (s Schedule) last(count int) func() time.Time {
	return sync.OnceValue(func() time.Time {
		at := s.start.Add(-1)
		for range count {
			at = s.Next(at)
			if at.IsZero() || at.Year() > lastYear {
				return time.Time{}
			}
		}
		return at.Add(time.Second)
	})
}

// New returns the schedule of a job that declares only a cadence. It panics if that is
// not one of Cadences.
func New(every Cadence, project, id string) Schedule {
	s, flaws := Parse(Spec{Project: project, ID: id, Every: string(every)})
	if len(flaws) > 0 {
		panic("schedule: every " + flaws[0].Message)
	}
	return s
}
