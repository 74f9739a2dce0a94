package migrate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Job is a job of ours that another tool declares.
type Job struct {
	ID   string
	From Place
	Kept []Note // what it does as before
	Glue []Note // what a person has to do
	Lost []Note // what it cannot do

	keys table // in the order of the original
}

// MarshalJSON writes the job with its TOML.
func (j Job) MarshalJSON() ([]byte, error) {
	list := func(notes []Note) []Note { return append([]Note{}, notes...) }
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		ID   string `json:"id"`
		TOML string `json:"toml"`
		From Place  `json:"from"`
		Kept []Note `json:"kept"`
		Glue []Note `json:"glue"`
		Lost []Note `json:"lost"`
	}{j.ID, j.TOML(), j.From, list(j.Kept), list(j.Glue), list(j.Lost)})
	return b.Bytes(), err
}

// set sets a key, in place if there is one.
func (j *Job) set(name string, value any) *key { return j.keys.set(name, value) }

// get returns the value of a key, nil without one.
func (j *Job) get(name string) any { return j.keys.get(name) }

// table returns the value of a key that is a table, an empty one for anything else.
func (j *Job) table(name string) table {
	t, _ := j.get(name).(table)
	return slices.Clone(t)
}

// setIn sets a key in a table of the job.
func (j *Job) setIn(name, inner string, value any) {
	t := j.table(name)
	t.set(inner, value)
	j.set(name, t)
}

// describe sets the description, unless it is empty or has a secret in it. It is cut to
// what the option takes.
func (j *Job) describe(text string) {
	text = printable(strings.Join(strings.Fields(text), " "))
	if text == "" || withoutSecrets(text) != text {
		return
	}
	for len(text) > mostDescription {
		text = text[:strings.LastIndexByte(text[:mostDescription], ' ')+1]
		text = cmp.Or(strings.TrimSpace(text), "imported")
	}
	j.set("description", text)
}

// mostDescription is how long a description may be, in bytes: less than the option takes.
const mostDescription = 900

func (j *Job) kept(line int, format string, args ...any) { note(&j.Kept, line, format, args) }
func (j *Job) glue(line int, format string, args ...any) { note(&j.Glue, line, format, args) }
func (j *Job) lost(line int, format string, args ...any) { note(&j.Lost, line, format, args) }

func note(notes *[]Note, line int, format string, args []any) {
	n := Note{line, fmt.Sprintf(format, args...)}
	if !slices.Contains(*notes, n) {
		*notes = append(*notes, n)
	}
}

// scheduleKeys come first in a job's table.
var scheduleKeys = []string{"every", "cron", "run-at", "at", "timezone", "start", "until"}

// TOML returns the tables that declare the job: that of the published format where it
// can, with our options in a second one, or else one table of ours.
func (j Job) TOML() string {
	every, _ := j.get("every").(string)
	spec := slices.Contains(schedule.Cadences, schedule.Cadence(every)) && j.get("entrypoint") != nil &&
		j.get("start") == nil && j.get("count") == nil
	var declaration, options table
	for _, k := range j.sorted() {
		if spec && (k.name == "every" || k.name == "entrypoint") {
			declaration = append(declaration, k)
		} else {
			options = append(options, k)
		}
	}
	var b strings.Builder
	if spec {
		writeTable(&b, "tool.scheduled."+pyproject.WriteKey(j.ID), declaration)
		if len(options) > 0 {
			b.WriteString("\n")
		}
	}
	if len(options) > 0 {
		writeTable(&b, "tool.scheduled-actions.jobs."+pyproject.WriteKey(j.ID), options)
	}
	return b.String()
}

// sorted returns the keys, those that say when and what first.
func (j Job) sorted() table {
	rank := func(k key) int {
		if i := slices.Index(scheduleKeys, k.name); i >= 0 {
			return i
		}
		switch k.name {
		case "entrypoint", "command":
			return len(scheduleKeys)
		case "args", "kwargs", "inputs":
			return len(scheduleKeys) + 1
		}
		return len(scheduleKeys) + 2
	}
	keys := slices.Clone(j.keys)
	slices.SortStableFunc(keys, func(a, b key) int { return rank(a) - rank(b) })
	return keys
}

// validate removes the keys whose values are not valid here, and tells them under Lost.
// It returns why nothing is left, "" if the rest is valid.
func (j *Job) validate() (why string) {
	for len(j.keys) > 0 {
		wrong := j.problems()
		if len(wrong) == 0 {
			return ""
		}
		p := wrong[0]
		if strings.HasPrefix(p.Hint, `add executor = "serve"`) && j.get("executor") == nil {
			j.set("executor", "serve").comment = "GitHub starts no workflow twice within five minutes"
			j.glue(j.From.Line, "keep a scheduler of your own that calls `scheduled run`: the job runs too often for GitHub")
			continue
		}
		name := j.keyAt(p.Line)
		switch name {
		case "", "every", "cron", "run-at", "entrypoint", "command":
			return p.Message
		}
		j.lost(j.From.Line, "%s: %s", name, p.Message)
		j.keys = j.keys.without(name)
	}
	return "nothing to run"
}

// problems returns what is wrong with the tables.
func (j Job) problems() problem.Problems {
	const file = "pyproject.toml"
	project, err := pyproject.Load(fstest.MapFS{file: {Data: []byte(j.TOML())}}, file, file)
	if err == nil {
		err = project.Problems()
	}
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[problem.Problems](err); ok && len(wrong) > 0 {
		return wrong
	}
	return problem.Problems{{Message: err.Error()}}
}

// in reports whether a project has the job already, whatever else it says of it.
func (j Job) in(project *pyproject.Project) bool {
	const file = "pyproject.toml"
	alone, err := pyproject.Load(fstest.MapFS{file: {Data: []byte(j.TOML())}}, file, file)
	if err != nil {
		return false
	}
	one, _, _ := alone.Job(j.ID)
	other, _, found := project.Job(j.ID)
	return found && one.Schedule.String() == other.Schedule.String() && one.Entrypoint == other.Entrypoint &&
		reflect.DeepEqual(one.Options.Command, other.Options.Command)
}

// keyAt returns the key of a line of TOML, "" for none: the last that begins at or above
// it.
func (j Job) keyAt(line int) (name string) {
	inTable := ""
	for i, text := range strings.Split(j.TOML(), "\n") {
		if i >= line {
			break
		}
		if rest, ok := strings.CutPrefix(text, "["); ok {
			inTable = ""
			if _, sub, ok := strings.Cut(rest, ".jobs."+pyproject.WriteKey(j.ID)+"."); ok {
				inTable = strings.TrimSuffix(sub, "]")
				name, _, _ = strings.Cut(inTable, ".")
			}
		}
		if inTable != "" {
			continue
		}
		for _, k := range j.keys {
			if strings.HasPrefix(text, k.name+" = ") {
				name = k.name
			}
		}
	}
	return name
}
