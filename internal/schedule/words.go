package schedule

import (
	"fmt"
	"strings"
	"time"
)

// longest is the most bytes of a schedule's words. They stand in the name of a workflow.
const longest = 80

// Words says when the job is due, without the bounds: "every Monday at 10:37 UTC".
func (s Schedule) Words() string {
	if s.rule == nil {
		return "never"
	}
	return s.rule.words(s.zone)
}

// String says in words when the job is due: "every Monday at 10:37 UTC, from
// 2026-12-01".
func (s Schedule) String() string {
	words := s.Words()
	if s.spec.Start != nil {
		words += ", from " + s.spec.Start.words()
	}
	if s.spec.Until != nil {
		words += ", until " + s.spec.Until.words()
	}
	if s.spec.Count > 0 {
		words += ", " + number(s.spec.Count, "time")
	}
	if n := len(s.spec.Except); n > 0 {
		words += ", except " + number(n, "date")
	}
	return words
}

func (m Moment) words() string {
	switch {
	case m.Date:
		return m.Format(time.DateOnly)
	case m.Offset:
		return m.UTC().Format(toMinute) + " UTC"
	}
	return m.Format(toMinute)
}

const toMinute = "2006-01-02 15:04"

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (i interval) words(*time.Location) string {
	words, at := every(i.step/int64(i.unit.length/time.Second), i.unit.name), time.Unix(i.first, 0).UTC()
	switch {
	case i.step == 60:
		return fmt.Sprintf("%s at second %d", words, at.Second())
	case i.step%3600 == 0 && i.step > 3600 && 86400%i.step == 0:
		return fmt.Sprintf("%s from %s UTC", words, time.Unix(mod(i.first, i.step), 0).UTC().Format("15:04"))
	case i.step%3600 == 0:
		return fmt.Sprintf("%s at minute %d", words, at.Minute())
	case 3600%i.step == 0:
		return fmt.Sprintf("%s from minute %d", words, at.Minute()%int(i.step/60))
	}
	return words
}

// every writes "every day", "every 2 days".
func every(n int64, unit Cadence) string {
	if n == 1 {
		return "every " + string(unit)
	}
	return fmt.Sprintf("every %d %ss", n, unit)
}

func (i instants) words(zone *time.Location) string {
	first, last := i[0].In(zone), i[len(i)-1].In(zone)
	if len(i) == 1 {
		return "once on " + first.Format("2006-01-02 at 15:04 ") + zone.String()
	}
	return fmt.Sprintf("%d times from %s to %s %s", len(i), first.Format(toMinute), last.Format(toMinute), zone)
}

func (u union) words(zone *time.Location) string {
	words := make([]string, len(u))
	for i, c := range u {
		words[i] = c.words(zone)
		if i < len(u)-1 { // the last one names the zone
			words[i] = strings.TrimSuffix(words[i], " "+zone.String())
		}
	}
	all := strings.Join(words, ", and ")
	if len(all) > longest {
		return fmt.Sprintf("%s, and %s", u[0].words(zone), number(len(u)-1, "other cron"))
	}
	return all
}

func (c calendar) words(zone *time.Location) string {
	if c.stride.n == 0 {
		return c.fields.words(zone)
	}
	words := every(c.stride.n, c.stride.unit.name)
	switch {
	case c.weekdays != allWeekdays:
		words += " on " + weekdays[c.weekdays.lowest()]
	case c.days != allDays:
		words += " on the " + ordinal(c.days.lowest())
	}
	return fmt.Sprintf("%s at %02d:%02d %s", words, c.hours.lowest(), c.minutes.lowest(), zone)
}

// words says when a cron fires: "every day at 10:37 UTC", "every hour from 09:00 to 17:00
// UTC, Monday to Friday". What cannot be said shortly is the cron itself.
func (f fields) words(zone *time.Location) string {
	on, also := f.onDays()
	words := ""
	switch times, isClock := f.times(); {
	case on == "" || times == "":
	case isClock:
		words = on + " " + times + " " + zone.String()
	default:
		words = times + f.inZone(zone)
		if on != "every day" {
			words += ", " + also
		}
	}
	if words == "" || len(words) > longest {
		return "cron " + f.declared() + " " + zone.String()
	}
	return words
}

// inZone names the zone where it matters.
func (f fields) inZone(zone *time.Location) string {
	if f.hours == allHours && zone == time.UTC {
		return ""
	}
	return " " + zone.String()
}

// times says the times of day, and whether as times of the clock: "at 09:00". Where it
// has no words it is "".
func (f fields) times() (words string, isClock bool) {
	clock := f.clock()
	minute, step := f.minutes.lowest(), f.minutes.step(60)
	switch run := f.hours.highest() - f.hours.lowest() + 1; {
	case f.hours == allHours && f.minutes.size() == 1:
		return fmt.Sprintf("every hour at minute %d", minute), false
	case f.hours == allHours && f.minutes.size() == 60:
		return "every minute", false
	case f.hours == allHours && step > 0 && step < 30:
		return fmt.Sprintf("every %d minutes from minute %d", step, minute), false
	case f.hours == allHours && f.minutes.size() <= 6:
		return "at minutes " + joined(digits(f.minutes)) + " of every hour", false
	case len(clock) <= 3:
		return "at " + joined(timesOfDay(clock)), true
	case f.minutes.size() == 1 && f.hours.step(24) > 0:
		return fmt.Sprintf("every %d hours from %s", f.hours.step(24), timesOfDay(clock)[0]), false
	case f.minutes.size() == 1 && f.hours.size() == run:
		return "every hour from " + fromTo(clock), false
	case step > 0 && f.hours.size() == run:
		return fmt.Sprintf("every %d minutes from %s", step, fromTo(clock)), false
	case len(clock) <= 5:
		return "at " + joined(timesOfDay(clock)), true
	}
	return "", false
}

// step returns the n of every n-th number below size, at least 2, which divides it; else 0.
func (s set) step(size int) int {
	if n := size / s.size(); n > 1 && s.size() > 1 && s == span(s.lowest(), size-1, n) {
		return n
	}
	return 0
}

// onDays says the days in front of a time of day, "every Monday", and behind other times,
// "on Mondays". Where it has no words both are "".
func (f fields) onDays() (before, after string) {
	in := ""
	if f.months != allMonths {
		in = " in " + joined(names(f.months, months[:]))
	}
	inDays, inWeek := f.days != allDays || f.lastDay, f.weekdays != allWeekdays || f.nth != [7]set{}
	switch {
	case inDays && inWeek:
		return "", ""
	case inDays:
		return f.onDates(in)
	case inWeek && f.nth == [7]set{}:
		all := names(f.weekdays, weekdays[:])
		if strings.Contains(all[0], " to ") && len(all) == 1 {
			return all[0] + in, all[0] + in
		}
		return "every " + joined(all) + in, "every " + joined(all) + in
	case inWeek && f.weekdays == 0:
		on := "on the " + joined(f.nthWords()) + " of the month"
		if in != "" {
			on = strings.TrimSuffix(on, " of the month") + " of " + in[4:]
		}
		return on, on
	case inWeek:
		return "", ""
	case in != "":
		return "every day" + in, strings.TrimSpace(in)
	}
	return "every day", ""
}

// onDates says the days of the month.
func (f fields) onDates(in string) (before, after string) {
	var days []string
	for run := range f.days.runs() {
		days = append(days, ordinal(run[0]))
		if run[1] > run[0]+1 {
			days[len(days)-1] += " to " + ordinal(run[1])
		} else if run[1] > run[0] {
			days = append(days, ordinal(run[1]))
		}
	}
	if f.lastDay {
		days = append(days, "last day")
	}
	on := "on the " + joined(days)
	switch {
	case in != "":
		on += " of " + in[4:]
	case f.lastDay:
		on += " of the month"
	default:
		return "every month " + on, on + " of the month"
	}
	return on, on
}

// nthWords writes "first Monday" and so on.
func (f fields) nthWords() (all []string) {
	for weekday, which := range f.nth {
		for n := range which.all() {
			all = append(all, [...]string{"", "first", "second", "third", "fourth", "fifth"}[n]+" "+weekdays[weekday])
		}
	}
	return all
}

var months = [...]string{"", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// names writes the names of numbers, those of runs as "Monday to Friday". The week
// begins on Monday.
func names(s set, of []string) (all []string) {
	if len(of) == 7 && s.has(0) && s != allWeekdays {
		s = s&^1 | 1<<7
		of = append(of[:7:7], of[0])
	}
	for run := range s.runs() {
		switch {
		case run[1] > run[0]+1:
			all = append(all, of[run[0]]+" to "+of[run[1]])
		case run[1] > run[0]:
			all = append(all, of[run[0]], of[run[1]])
		default:
			all = append(all, of[run[0]])
		}
	}
	return all
}

func digits(s set) (all []string) {
	for n := range s.all() {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

func fromTo(times []int) string {
	all := timesOfDay(times)
	return all[0] + " to " + all[len(all)-1]
}

func timesOfDay(times []int) (all []string) {
	for _, at := range times {
		all = append(all, fmt.Sprintf("%02d:%02d", at/60, at%60))
	}
	return all
}

// joined writes "a, b and c".
func joined(all []string) string {
	last := len(all) - 1
	if last == 0 {
		return all[0]
	}
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// ordinal writes a day of the month as "1st", "2nd", "11th".
func ordinal(day int) string {
	suffix := "th"
	if day/10 != 1 {
		switch day % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(day, suffix)
}
