package pyproject

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// job reads a job. Its result is of use only if nothing was reported.
func (r *reader) job(d draft) Job {
	if mark := Forbidden(d.id); mark != "" {
		r.report(d.declaration.at, "rename the job", "job id %s must not hold the %s", problem.Quote(d.id), mark)
	}
	job := Job{ID: d.id, Slug: slug(d.id), table: jobOptions(d.id)}
	if d.declaration != d.options {
		job.table = jobTable(d.id)
		r.strangers(d)
	}
	every := r.every(d, job.table)
	job.Entrypoint = r.entrypoint(d, job.table)
	job.Options = r.defaults(every)
	own := r.jobOptions(d)
	job.keys = slices.Concat(r.keys(d), r.general, own)
	for _, key := range job.keys {
		key.set(&job.Options)
	}
	r.overlap(job.Options, own)
	job.Options.Patience = min(job.Options.Patience, shortest[every]/2)
	job.Schedule = schedule.New(every, job.Options.Seed, d.id)
	return job
}

// shortest is the length of a window of each cadence, or of its shortest.
var shortest = map[schedule.Cadence]time.Duration{
	schedule.Minute: time.Minute, schedule.Hour: time.Hour, schedule.Day: 24 * time.Hour,
	schedule.Week: 7 * 24 * time.Hour, schedule.Month: 28 * 24 * time.Hour,
}

// keys returns what decides on a job besides its options.
func (r *reader) keys(d draft) []placed {
	keys := []placed{{"name", r.named, func(*Options) {}}}
	for _, e := range d.declaration.entries {
		keys = append(keys, placed{e.name, e.at, func(*Options) {}})
	}
	return keys
}

// every reads a job's cadence.
func (r *reader) every(d draft, table string) schedule.Cadence {
	s, e := r.required(d, table, "every", `"day"`)
	every := schedule.Cadence(s)
	switch {
	case e == nil:
	case !slices.Contains(schedule.Cadences, every):
		r.report(e.at, cadenceHint(s), "every is %s; it must be %s", problem.Quote(s), cadenceList)
	case every == schedule.Minute:
		r.hosted = append(r.hosted, finding{e.at, minuteMessage, fmt.Sprintf(minuteHint, shellWord(d.id))})
	}
	return every
}

// The problem with every = "minute" on GitHub.
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
const (
	minuteMessage = `GitHub Actions cannot run a job every minute: "The shortest interval you can run scheduled workflows is once every 5 minutes" ` +
		`(https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule)`
	minuteHint = `write every = "hour"; or run "scheduled run %s" every minute from a cron or systemd timer of your own, where the local ledger keeps the promise`
)

// entrypoint reads a job's entrypoint.
func (r *reader) entrypoint(d draft, table string) string {
	s, e := r.required(d, table, "entrypoint", `"app.jobs:clean"`)
	if e != nil {
		if wrong := checkEntrypoint(s); wrong != "" {
			r.report(e.at, entrypointHint(s), "entrypoint %s %s", problem.Quote(s), wrong)
		}
	}
	return s
}

// required returns the string of a key that every job must have, and its entry,
// which is nil if there is no such string.
func (r *reader) required(d draft, table, name, example string) (string, *entry) {
	e := d.declaration.child(name)
	if e == nil {
		if !r.dotted(d) {
			r.report(d.declaration.at, "add "+name+" = "+example, "%s has no %s", table, name)
		}
		return "", nil
	}
	s, flawed := parseText(e.value)
	if flawed != nil {
		r.flawed(e, "a string", flawed, exampleHint(name, example))
		return "", nil
	}
	return s, e
}

// dotted reports whether a draft is not a job but the first part of job ids whose
// dots lack quotes: [tool.scheduled.my.job].
func (r *reader) dotted(d draft) bool {
	for _, e := range d.declaration.entries {
		if !e.isTable() {
			return false
		}
	}
	return len(d.declaration.entries) > 0 && d.declaration != d.options
}

// strangers reports what does not belong in a job's table in [tool.scheduled].
func (r *reader) strangers(d draft) {
	for _, e := range d.declaration.entries {
		switch {
		case e.name == "every" || e.name == "entrypoint":
		case e.isTable() && !isTableOption(e.name):
			r.report(e.at, nestedHint(d.id, e), "%s cannot hold the table %s", jobTable(d.id), tomlKey(e.name))
		case lookup(e.name) != nil:
			r.report(e.at, "it belongs in "+lookup(e.name).home(d.id), "%s does not belong in %s", e.name, jobTable(d.id))
		default:
			r.report(e.at, strangerHint(d.id, e.name), "unknown key %s in %s", problem.Quote(e.name), jobTable(d.id))
		}
	}
}

// strangerHint returns the remedy for an unknown key in a job's table.
func strangerHint(id, name string) string {
	near := nearest(name, append(optionNames(), "every", "entrypoint"))
	switch {
	case near == "":
		return "a job has every and entrypoint here, and its options in " + jobOptions(id)
	case lookup(near) != nil:
		return didYouMean(near) + " It belongs in " + lookup(near).home(id)
	}
	return didYouMean(near)
}

// nestedHint returns the remedy for a table in a job's table.
func nestedHint(id string, e *entry) string {
	for id = problem.Cut(id, mostKey) + "." + e.name; len(e.entries) == 1 && e.entries[0].isTable(); id += "." + e.name {
		e = e.entries[0]
	}
	if e.child("every") == nil && e.child("entrypoint") == nil {
		return "a job has only every and entrypoint"
	}
	if name, ok := strings.CutPrefix(id, "jobs."); ok {
		return "the table of a job is " + jobTable(name)
	}
	return "a job id with a dot needs quotes: " + jobTable(id)
}

// projectOptions reads the options of all jobs.
func (r *reader) projectOptions(table *entry) []placed {
	header := "[" + optionsTable + "]"
	var set []placed
	for _, e := range table.children() {
		switch {
		case e.name == "jobs":
		case e.isTable() && r.known[e.name] && !isTableOption(e.name):
			r.report(e.at, "they belong in "+jobOptions(e.name), "the options of job %s do not belong in %s", problem.Quote(e.name), header)
		case e.isTable() && lookup(e.name) == nil && nearest(e.name, []string{"jobs"}) != "":
			r.report(e.at, "did you mean ["+optionsTable+".jobs.<job-id>]?", "unknown table %s in %s", tomlKey(e.name), header)
		case e.name == "every" || e.name == "entrypoint":
			r.report(e.at, home(e.name), "%s does not belong in %s", e.name, header)
		default:
			set = r.option(set, e, header)
		}
	}
	return set
}

// jobOptions reads the options of one job.
func (r *reader) jobOptions(d draft) []placed {
	var set []placed
	for _, e := range d.options.children() {
		switch {
		case e.name != "every" && e.name != "entrypoint":
			if o := lookup(e.name); o != nil && o.shared {
				r.report(e.at, "it belongs in "+o.home(d.id), "%s is of the whole project, and does not belong in %s", e.name, jobOptions(d.id))
				continue
			}
			set = r.option(set, e, jobOptions(d.id))
		case d.declaration != d.options:
			r.report(e.at, "it belongs in "+jobTable(d.id), "%s does not belong in %s", e.name, jobOptions(d.id))
		}
	}
	return set
}

// home returns the header of the table where an option of that job belongs.
func (o *option) home(id string) string {
	if o.shared {
		return "[" + optionsTable + "]"
	}
	return jobOptions(id)
}

// option appends the setting of an entry, or reports what is wrong with it.
func (r *reader) option(set []placed, e *entry, header string) []placed {
	o := lookup(e.name)
	if o == nil {
		hint := "the options are " + strings.Join(optionNames(), ", ")
		if near := nearest(e.name, optionNames()); near != "" {
			hint = didYouMean(near)
		}
		r.report(e.at, hint, "unknown option %s in %s", problem.Quote(e.name), header)
		return set
	}
	if n := size(e); n > maxItems {
		r.report(e.at, fmt.Sprintf("use at most %d", maxItems), "%s holds %d values", e.name, n)
		return set
	}
	if o.read != nil {
		return append(set, placed{e.name, e.at, o.read(r, e)})
	}
	value, flawed := o.parse(e.value)
	if flawed != nil {
		r.flawed(e, o.kind, flawed, o.hint(e.value, scalar(r.text, e.at), flawed))
		return set
	}
	return append(set, placed{e.name, e.at, value})
}

// clashes reports the jobs whose workflows would have a file of ours, or share a
// file or a concurrency group. "The concurrency group name is case insensitive",
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#concurrency
// and so are file names on macOS and Windows.
func (r *reader) clashes(jobs []Job) {
	slugs, files := make(map[string]int), make(map[string]int)
	for i, job := range jobs {
		at := r.drafts[i].declaration.at
		file := strings.ToLower(job.File())
		if reservedFiles[file] {
			r.report(at, "choose another workflow-prefix", "job %s has the workflow file %s, which is that of no job", problem.Quote(job.ID), problem.Quote(job.File()))
		}
		if first, taken := slugs[job.Slug]; taken {
			r.report(at, "rename one of the two", "job %s has the same slug %s as job %s on line %d",
				problem.Quote(job.ID), problem.Quote(job.Slug), problem.Quote(jobs[first].ID), jobs[first].Line)
		} else if first, taken := files[file]; taken {
			r.report(at, "rename one of the two, or change its workflow-prefix", "job %s has the same workflow file %s as job %s on line %d",
				problem.Quote(job.ID), problem.Quote(job.File()), problem.Quote(jobs[first].ID), jobs[first].Line)
		}
		slugs[job.Slug], files[file] = i, i
	}
}
