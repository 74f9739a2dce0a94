package pyproject

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// projectName is the key of the project's name among those of a job.
const projectName = "project.name"

// job reads a job. Its result is valid only if nothing was reported.
func (r *reader) job(d draft) Job {
	if mark := Forbidden(d.id); mark != "" {
		r.report(d.declaration.at, "rename the job", "job id %s must not contain the %s", problem.Quote(d.id), mark)
	}
	r.unknownKeys(d)
	every, readable := r.every(d)
	entrypoint := r.work(d)
	own := r.jobOptions(d)

	keys := []placed{{projectName, r.named, func(*Options) {}}}
	for _, e := range d.declaration.entries {
		keys = append(keys, placed{e.name, e.at, func(*Options) {}})
	}
	options := r.defaults()
	for _, key := range r.general {
		key.set(&options)
	}
	options.spec.Fallback, options.spec.Timezone = options.spec.Timezone, ""
	for _, key := range own {
		key.set(&options)
	}
	spec := options.spec
	spec.Project, spec.ID, spec.Every = options.Seed, d.id, every
	var sched schedule.Schedule
	if readable {
		sched, readable = r.schedule(d, spec)
	}
	if options.Spares < 0 {
		options.Spares = sched.DefaultSpares()
	}
	if readable {
		options.Patience = min(options.Patience, sched.Owed()/2)
		r.frequent(d, sched, options)
	}
	if options.Result == "" {
		options.Result = Status
		if r.scripts[entrypoint] {
			options.Result = ExitCode
		}
	}
	r.overlap(options, own)
	r.askable(d, options)
	r.unserved(options, own)
	keys = slices.Concat(keys, r.general, own)
	if readable {
		r.policies(d, sched, options, keys)
	}
	r.stale(options, entrypoint, keys)
	r.committable(options, keys)
	return Job{
		ID: d.id, Slug: slug(d.id), Entrypoint: entrypoint, Options: options,
		Schedule: sched,
		table:    d.table, keys: keysAt(keys),
	}
}

// keyAt is where a key is, without what it sets: a project may have thousands of jobs.
type keyAt struct {
	name string
	at   span
}

func keysAt(keys []placed) []keyAt {
	at := make([]keyAt, 0, len(keys))
	for _, k := range keys {
		at = append(at, keyAt{k.name, k.at})
	}
	return at
}

// frequent reports a job that runs more often than GitHub starts workflows, unless it
// says that GitHub is not to run it.
func (r *reader) frequent(d draft, s schedule.Schedule, o Options) {
	apart := s.Shortest()
	if apart >= schedule.ShortestInterval || s.Spec().Disabled || o.Serve {
		return
	}
	longer := `choose a longer cadence, as in every = "hour"`
	if minutes := uneven(s.Spec().Cron); minutes >= schedule.ShortestInterval.Minutes() {
		longer = fmt.Sprintf(`write every = "%g minutes" instead, which is even across the hour`, minutes)
	}
	first := len(r.findings)
	r.report(r.trigger(d), `add executor = "serve" to `+jobOptions(d.id)+` and keep "scheduled serve" running on a machine of yours, or run "`+problem.Command("scheduled run", d.id)+`" from your own cron, or `+longer,
		`GitHub Actions cannot run a job every %s: "The shortest interval you can run scheduled workflows is once every 5 minutes" `+
			`(https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule)`, lengthOf(apart))
	for i := range r.findings[first:] {
		r.findings[first+i].unhosted = true
	}
}

// uneven returns the n of a cron that fires every n minutes, which are fewer at the end
// of the hour: "*/7 * * * *". It is 0 for any other.
func uneven(crons []string) (minutes float64) {
	if len(crons) == 1 {
		_, _ = fmt.Sscanf(crons[0], "*/%g * * * *", &minutes)
	}
	return minutes
}

// lengthOf writes a short time: "minute", "2 minutes", "90 seconds".
func lengthOf(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "minute"
	case d%time.Minute == 0:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%g seconds", d.Seconds())
}

// schedule makes the schedule of a job, or reports what is wrong with it.
func (r *reader) schedule(d draft, spec schedule.Spec) (_ schedule.Schedule, ok bool) {
	s, flaws := schedule.Parse(spec)
	items := make(map[*entry][]*entry) // of lists
	for _, f := range flaws {
		e := d.options.child(f.Key)
		if e == nil {
			e = d.declaration.child(f.Key)
		}
		at, hint := d.declaration.at, f.Hint
		if e != nil {
			at = r.at(e)
			if isList(e) {
				if items[e] == nil {
					items[e] = e.items(r.text)
				}
				at = r.at(items[e][f.Index])
			}
		}
		if f.Key == "every" {
			hint = r.everyHint(spec.Every, hint)
		}
		r.report(at, hint, "%s %s", f.Key, f.Message)
	}
	return s, len(flaws) == 0 && spec.Trigger() != ""
}

// trigger returns the place of the value that says when a job runs.
func (r *reader) trigger(d draft) span {
	for _, key := range schedule.Triggers {
		if e := d.declaration.child(key); e != nil {
			return r.at(e)
		}
	}
	return d.declaration.at
}

// every reads the `every` of a job. It returns whether the job says when it runs.
func (r *reader) every(d draft) (every string, readable bool) {
	switch missing := d.declaration.child("every") == nil; {
	case missing && slices.ContainsFunc(schedule.Triggers, func(key string) bool { return d.declaration.child(key) != nil }):
		return "", d.whole() // in a table of the format, that key is the error
	case missing && d.whole():
		r.report(d.declaration.at, `add every = "day", or cron or run-at`, "%s has no every, cron or run-at", d.table)
		return "", false
	}
	every, e := r.required(d, "every", `"day"`)
	switch {
	case e == nil:
		return "", false
	case every == "" && d.whole():
		r.report(r.at(e), exampleHint("every", `"day"`), "every is empty")
		return "", false
	case !d.whole() && !slices.Contains(schedule.Cadences, schedule.Cadence(every)):
		r.report(r.at(e), r.specHint(d, every), "every is %s; it must be %s", problem.Quote(every), cadenceList)
		return "", false
	}
	return every, true
}

// entrypoint reads a job's entrypoint.
func (r *reader) entrypoint(d draft) string {
	s, e := r.required(d, "entrypoint", `"app.jobs:clean"`)
	if e != nil {
		if wrong := checkEntrypoint(s); wrong != "" {
			r.report(r.at(e), entrypointHint(s), "entrypoint %s %s", problem.Quote(s), wrong)
		}
	}
	return s
}

// required returns the string of a key that every job must have, and its entry,
// which is nil if there is no such string.
func (r *reader) required(d draft, name, example string) (string, *entry) {
	e := d.declaration.child(name)
	if e == nil {
		if !r.dotted(d) {
			r.report(d.declaration.at, "add "+name+" = "+example, "%s has no %s", d.table, name)
		}
		return "", nil
	}
	s, flawed := parseText(e.value)
	if !r.valid(e, "a string", flawed, exampleHint(name, example)) {
		return "", nil
	}
	return s, e
}

// dotted reports whether a draft is not a job, but the first part of job ids with
// unquoted dots: [tool.scheduled.my.job].
func (r *reader) dotted(d draft) bool {
	for _, e := range d.declaration.entries {
		if !e.isTable() {
			return false
		}
	}
	return len(d.declaration.entries) > 0 && !d.whole()
}

// unknownKeys reports what does not belong in a job's table in [tool.scheduled].
func (r *reader) unknownKeys(d draft) {
	if d.whole() {
		return
	}
	for _, e := range d.declaration.entries {
		option := lookup(e.name)
		right := ours()[fold(e.name)]
		switch {
		case slices.Contains(jobKeys, e.name):
		case isWhole(right) && r.written(e) != "":
			r.report(e.at, r.wholeHint(d, right, e), "%s does not belong in %s", tomlKey(e.name), d.table)
		case e.isTable() && (option == nil || option.read == nil):
			r.report(e.at, nestedHint(d.id, e), "%s cannot contain the table %s", d.table, tomlKey(e.name))
		case r.misplaced(e, d.table, tomlKey(d.id)):
		default:
			r.report(e.at, r.unknownKeyHint(d, e.name), "unknown key %s in %s", problem.Quote(e.name), d.table)
		}
	}
}

// unknownKeyHint returns the remedy for an unknown key in a job's table.
func (r *reader) unknownKeyHint(d draft, name string) string {
	near := r.nearest(name, slices.Concat(optionNames(), jobKeys))
	switch {
	case near == "":
		return "keep only every and entrypoint here, and put options in " + jobOptions(d.id)
	case lookup(near) != nil:
		return didYouMean(near) + " It belongs in " + home(near, tomlKey(d.id))
	}
	return didYouMean(near)
}

// nestedHint returns the remedy for a table in a job's table.
func nestedHint(id string, e *entry) string {
	for id = problem.Cut(id, mostKey) + "." + e.name; len(e.entries) == 1 && e.entries[0].isTable(); id += "." + e.name {
		e = e.entries[0]
	}
	if e.child("every") == nil && e.child("entrypoint") == nil {
		return "keep only every and entrypoint in the table of a job"
	}
	if name, ok := strings.CutPrefix(id, "jobs."); ok {
		return "declare the job as " + jobTable(name)
	}
	return "put a job id with a dot in quotes: " + jobTable(id)
}

// jobOptions reads the options of one job.
func (r *reader) jobOptions(d draft) []placed {
	header := jobOptions(d.id)
	var set []placed
	for _, e := range d.options.children() {
		switch {
		case d.whole() && slices.Contains(jobKeys, e.name):
		case d.declaration != nil && !d.whole() && (e.name == "every" || isWhole(e.name)):
			r.report(e.at, r.wholeHint(d, e.name, e), "%s does not belong in %s, because the job is declared in %s", e.name, header, d.table)
		case r.misplaced(e, header, tomlKey(d.id)):
		default:
			set = r.option(set, e, header)
		}
	}
	return set
}

// option appends the setting of an entry, or reports what is wrong with it.
func (r *reader) option(set []placed, e *entry, header string) []placed {
	o := lookup(e.name)
	if o == nil {
		names := optionNames()
		if r.nearest(e.name, names) == "" && r.nearest(e.name, jobKeys) != "" {
			names = jobKeys
		}
		r.unknown(e, "option", header, names)
		return set
	}
	if n, most := size(e), cmp.Or(o.most, maxItems); n > most {
		r.report(r.at(e), fmt.Sprintf("use at most %d", most), "%s has %d values", e.name, n)
		return set
	}
	if o.read != nil {
		if value := o.read(r, e); value != nil {
			set = append(set, placed{e.name, e.at, value})
		}
		for _, key := range e.entries {
			if e.name == "kwargs" { // each may be one that the entrypoint does not take
				set = append(set, placed{KwargKey(key.name), key.at, func(*Options) {}})
			}
		}
		return set
	}
	value, flawed := o.parse(e.value)
	if flawed != nil {
		r.valid(e, o.kind, flawed, o.hint(e.value, scalar(r.text, e.at), flawed))
		return set
	}
	return append(set, placed{e.name, e.at, value})
}
