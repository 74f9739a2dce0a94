package pyproject

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// wholeKeys are the keys by which a table of options declares a job.
var wholeKeys = append([]string{"entrypoint", "command"}, schedule.Triggers...)

// cadenceList names every cadence of [tool.scheduled]: "minute, hour, day, week or
// month".
var cadenceList = func() string {
	var names []string
	for _, c := range schedule.Cadences {
		names = append(names, string(c))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}()

// meant returns the key and the value that a string was probably meant to be, "" if it
// cannot be guessed.
func (r *reader) meant(s string) (key, value string) {
	key, value = schedule.Meant(problem.Cut(s, mostKey))
	if key == "" && !strings.ContainsAny(s, "0123456789*") {
		if near := r.nearest(s, schedule.KnownWords()); near != "" {
			return schedule.Meant(near)
		}
	}
	return key, value
}

// everyHint returns the remedy for an `every` in [tool.scheduled-actions.jobs].
func (r *reader) everyHint(s, hint string) string {
	if key, value := r.meant(s); key != "" {
		return "write " + key + " = " + strconv.Quote(value)
	}
	return hint
}

// specHint returns the remedy for an `every` in [tool.scheduled], where fewer values
// are valid.
func (r *reader) specHint(d draft, s string) string {
	switch key, value := r.meant(s); {
	case key == "":
		return "use " + cadenceList + "; " + jobOptions(d.id) + ` also takes values such as "2 hours" and "monday"`
	case slices.Contains(schedule.Cadences, schedule.Cadence(value)):
		return didYouMean(value)
	default:
		return r.movedHint(d, key+" = "+strconv.Quote(value))
	}
}

// movedHint returns how to move a job of [tool.scheduled] to the table of its options,
// with these lines instead of its cadence.
func (r *reader) movedHint(d draft, lines ...string) string {
	command := d.declaration.child("command") != nil || d.options.child("command") != nil
	if e := d.declaration.child("entrypoint"); e != nil && d.options.child("entrypoint") == nil && !command {
		if value := r.written(e); value != "" {
			lines = append(lines, "entrypoint = "+value)
		}
	}
	header := jobOptions(d.id)
	if len(lines) == 0 {
		return "remove " + d.table
	}
	if d.options == nil {
		return "replace " + d.table + " with:\n" + header + "\n" + strings.Join(lines, "\n")
	}
	return "remove " + d.table + ", and add to " + header + ":\n" + strings.Join(lines, "\n")
}

// wholeHint returns how to declare a job whole, for a key that needs that, in whichever
// table it is.
func (r *reader) wholeHint(d draft, name string, e *entry) string {
	var lines []string
	if e != d.options.child(e.name) {
		lines = append(lines, name+" = "+r.written(e))
	}
	if !slices.Contains(schedule.Triggers, name) {
		if every := d.declaration.child("every"); every != nil && r.written(every) != "" {
			lines = append(lines, "every = "+r.written(every))
		}
	}
	if hint := r.movedHint(d, lines...); e == d.options.child(e.name) && slices.Contains(schedule.Triggers, name) {
		return "remove it, or " + hint
	} else {
		return hint
	}
}
