package migrate

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// isSystemd takes timers, and the services beside them.
func isSystemd(f File) bool {
	ext := path.Ext(f.Path)
	if ext == ".timer" || ext == ".service" {
		return true
	}
	u := readUnit(File{}, "", f.Text)
	return slices.ContainsFunc(u.settings, func(s unitSetting) bool { return s.section == "Timer" })
}

func readSystemd(r *reader, f File) error {
	name := f.name()
	if path.Ext(name) == ".service" {
		beside := strings.TrimSuffix(name, ".service") + ".timer"
		text, err := f.Sibling(beside)
		switch {
		case r.timed(name):
			return nil
		case err != nil:
			r.skip(Place{f.Path, 1}, "no timer beside it starts this service")
			return nil
		}
		name, f.Path, f.Text = beside, strings.TrimSuffix(f.Path, name)+beside, text
	}
	if path.Ext(name) != ".timer" {
		name += ".timer"
	}
	t := &timer{r: r, file: f, unit: readUnit(f, name, f.Text)}
	t.read()
	return nil
}

// timed reports whether a timer among the files starts a service.
func (r *reader) timed(name string) bool {
	stem := strings.TrimSuffix(name, ".service")
	template, _, instance := strings.Cut(stem, "@")
	for _, other := range r.Files {
		base := other.name()
		if path.Ext(base) != ".timer" {
			continue
		}
		starts := cmp.Or(readUnit(other, base, other.Text).one("Timer", "Unit"), strings.TrimSuffix(base, ".timer")+".service")
		if starts == name || instance && strings.HasPrefix(starts, template+"@") {
			return true
		}
	}
	return false
}

// timer is a timer that is read.
type timer struct {
	r             *reader
	file          File
	unit, service unitFile
}

func (t *timer) place() Place { return Place{t.file.Path, 1} }

// sibling returns the text of another unit, of the files or of the folder.
func (t *timer) sibling(name string) ([]byte, bool) {
	for _, f := range t.r.Files {
		if f.name() == name {
			return f.Text, true
		}
	}
	text, err := t.file.Sibling(name)
	return text, err == nil
}

func (t *timer) read() {
	stem := strings.TrimSuffix(t.unit.name, ".timer")
	if strings.HasSuffix(stem, "@") {
		instance := t.unit.one("Install", "DefaultInstance")
		if instance == "" {
			t.r.skip(t.place(), "a template without a DefaultInstance: name a file with an instance, such as %sNAME.timer", stem)
			return
		}
		stem += instance
		t.unit.name = stem + ".timer"
	}
	name := cmp.Or(t.unit.specified(t.unit.one("Timer", "Unit")), stem+".service")
	text, found := t.sibling(name)
	file := name
	if prefix, _, ok := strings.Cut(name, "@"); ok && !found {
		file = prefix + "@.service"
		text, found = t.sibling(file)
	}
	if has := func(s unitSetting) bool { return s.section == "Service" }; !found && slices.ContainsFunc(t.unit.settings, has) {
		text, file, found = t.file.Text, name, true // as `systemctl cat` writes both
	}
	if !found {
		t.r.skip(t.place(), "the service %s is not beside it: import both", name)
		return
	}
	t.service = readUnit(t.file, file, text)
	t.service.name = name
	base := Job{ID: stem, From: t.place()}
	jobs := t.schedules(base)
	if len(jobs) == 0 {
		t.r.skip(t.place(), "no schedule: it starts once, after the machine or the timer does")
	}
	for _, j := range jobs {
		t.remarks(&j)
		t.run(&j, file)
		command, _ := j.get("command").(string)
		if program := ofTheMachine(command); program != "" {
			t.r.skip(t.place(), "%s: a matter of the machine itself", program)
			continue
		}
		t.r.add(j)
	}
}

// schedules returns the job with the schedule of the timer, more than one if it is in
// several time zones, and none if it has no schedule.
func (t *timer) schedules(base Job) (jobs []Job) {
	var zones []string
	byZone := map[string][]unitSetting{}
	for _, s := range t.unit.all("Timer", "OnCalendar") {
		c, _ := readCalendar(s.value)
		if !slices.Contains(zones, c.zone) {
			zones = append(zones, c.zone)
		}
		byZone[c.zone] = append(byZone[c.zone], s)
	}
	for _, zone := range zones {
		j := base
		j.calendar(cmp.Or(zone, t.r.Zone), byZone[zone])
		jobs = append(jobs, j)
	}
	for _, name := range []string{"OnUnitActiveSec", "OnUnitInactiveSec"} {
		list := t.unit.all("Timer", name)
		if len(list) == 0 {
			continue
		}
		s := list[len(list)-1]
		if len(jobs) > 0 {
			jobs[0].lost(max(1, s.line), "%s=%s: the job has another schedule", name, s.value)
			continue
		}
		j := base
		j.spaced(max(1, s.line), s.value)
		if name == "OnUnitInactiveSec" {
			j.glue(max(1, s.line), "check the interval of %s: here it is counted from start to start, not from the end", name)
		}
		jobs = append(jobs, j)
	}
	for i := range jobs {
		for _, name := range []string{"OnBootSec", "OnStartupSec", "OnActiveSec"} {
			for _, s := range t.unit.all("Timer", name) {
				jobs[i].kept(max(1, s.line), "%s: no machine starts here, the schedule is enough", name)
			}
		}
		for _, name := range []string{"OnClockChange", "OnTimezoneChange"} {
			for _, s := range t.unit.all("Timer", name) {
				if yes(s.value) {
					jobs[i].lost(max(1, s.line), "%s: no clock of a machine changes here", name)
				}
			}
		}
	}
	return jobs
}

// calendar sets the schedule by calendar expressions in one time zone, "" for that of
// the machine.
func (j *Job) calendar(zone string, expressions []unitSetting) {
	var crons, near, dates []string
	for _, s := range expressions {
		line := max(1, s.line)
		c, ok := readCalendar(s.value)
		if !ok {
			j.lost(line, "OnCalendar=%s: it cannot be read", s.value)
			continue
		}
		if len(c.seconds) == 1 && c.seconds[0] != 0 {
			j.kept(line, "OnCalendar=%s: to the minute", s.value)
		} else if len(c.seconds) != 1 {
			j.lost(line, "OnCalendar=%s: it is due once a minute here", s.value)
		}
		if list := c.dates(); len(list) > 0 {
			dates = append(dates, list...)
			j.kept(line, "OnCalendar=%s", s.value)
			continue
		}
		more, exact := c.crons()
		if !exact || c.years != nil && !j.years(c.years) {
			j.lost(line, "OnCalendar=%s: no cron can express it", s.value)
			near = append(near, more...)
			continue
		}
		j.kept(line, "OnCalendar=%s", s.value)
		for _, cron := range more {
			if !slices.Contains(crons, cron) {
				crons = append(crons, cron)
			}
		}
	}
	if len(crons)+len(dates) == 0 && len(near) > 0 {
		crons = near
		j.set("enabled", false).comment = "until its schedule is right: these crons are due more often than the original"
	}
	switch {
	case len(crons) > 0 && len(dates) > 0:
		j.lost(j.From.Line, "the single times %s: the job has crons", strings.Join(dates, ", "))
		fallthrough
	case len(crons) > 0:
		j.recurring(crons)
	case len(dates) > 0:
		j.set("run-at", runAt(dates))
	}
	timed := len(dates) > 0 || slices.ContainsFunc(crons, j.timed)
	switch {
	case zone != "" && zone != "UTC" && timed:
		j.set("timezone", zone)
	case zone == "" && timed:
		j.zoneUnknown(j.From.Line)
	}
}

// runAt writes local datetimes.
func runAt(dates []string) any {
	if len(dates) == 1 {
		return raw(dates[0])
	}
	list := make([]any, len(dates))
	for i, d := range dates {
		list[i] = raw(d)
	}
	return list
}

// years bounds the schedule to years in a row.
func (j *Job) years(list []int) bool {
	first, last := list[0], list[len(list)-1]
	if last-first+1 != len(list) || j.get("start") != nil || j.get("until") != nil {
		return false
	}
	j.set("start", raw(fmt.Sprintf("%d-01-01", first)))
	if last < 2199 {
		j.set("until", raw(fmt.Sprintf("%d-01-01", last+1)))
	}
	return true
}

// recurring sets crons, or every and at for a time of each day or of one weekday.
func (j *Job) recurring(crons []string) {
	if len(crons) > 1 {
		j.set("cron", crons)
		return
	}
	f := strings.Fields(crons[0])
	minute, err := strconv.Atoi(f[0])
	hour, err2 := strconv.Atoi(f[1])
	if err != nil || err2 != nil || f[2] != "*" || f[3] != "*" {
		j.set("cron", crons[0])
		return
	}
	day, err := strconv.Atoi(f[4])
	switch {
	case f[4] == "*":
		j.set("every", "day")
	case err == nil:
		j.set("every", []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}[day])
	default:
		j.set("cron", crons[0])
		return
	}
	j.set("at", fmt.Sprintf("%02d:%02d", hour, minute))
}

// remarks tells what becomes of the other settings of the timer.
func (t *timer) remarks(j *Job) {
	for _, s := range t.unit.settings {
		line := max(1, s.line)
		switch {
		case s.section == "Timer" && slices.Contains([]string{"RandomizedDelaySec", "RandomizedOffsetSec", "AccuracySec", "FixedRandomDelay"}, s.key):
			j.kept(line, "%s: ticks are spread, and GitHub delays them", s.key)
		case s.section == "Timer" && s.key == "Persistent" && yes(s.value):
			j.kept(line, "Persistent: a missed run is made up until the next is due")
		case s.section == "Timer" && s.key == "WakeSystem":
			j.kept(line, "WakeSystem: GitHub's machines are awake")
		}
	}
}
