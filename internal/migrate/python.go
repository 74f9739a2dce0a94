package migrate

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

//go:embed python.py python_celery.py python_tools.py python_walk.py
var pythonFiles embed.FS

// pythonScript is the script of these files. It is an argument of Python, and a command
// line of Windows takes 32767 characters.
var pythonScript = sync.OnceValue(func() string {
	var b strings.Builder
	for _, name := range []string{"python.py", "python_celery.py", "python_tools.py", "python_walk.py"} {
		part, _ := pythonFiles.ReadFile(name)
		b.Write(part)
	}
	return strings.ReplaceAll(b.String(), "    ", "\t")
})

// pythonMarks are what the declarations of each kind look like.
var pythonMarks = map[string]*pattern.Pattern{
	"celery":        pattern.New(`(?i)beat_?schedule|add_periodic_task|\bperiodic_task\b`),
	"apscheduler":   pattern.New(`\bapscheduler\b|\.add_job\(|\.scheduled_job\(`),
	"django-q":      pattern.New(`\bdjango_q\b`),
	"procrastinate": pattern.New(`\.periodic\(`),
	"python":        pattern.New(`\bschedule[rd]?\.register\(|\bevery\(`),
}

func pythonFormat(kind string) format {
	return format{
		name:  kind,
		guess: func(f File) bool { return path.Ext(f.Path) == ".py" && pythonMarks[kind].Match(f.Text) },
		read:  (*reader).python,
	}
}

// declared is what the script finds: see there.
type declared struct {
	Error *struct {
		Line    int
		Message string
	}
	Jobs    []declaredJob
	Tasks   []pythonTask
	Skipped []struct {
		Line int
		Why  string
	}
	Zones  map[string]any
	Starts int
}

type declaredJob struct {
	Kind     string
	Line     int
	ID       string
	Function [2]string // the module, "" for the file's own, and the attribute
	Task     string
	Trigger  fields
	Args     any
	Kwargs   any
	Options  fields
}

// fields are the arguments of a call or the like, by name.
type fields map[string]any

// text returns a string or number as text, and whether it is one.
func (f fields) text(name string) (string, bool) {
	switch value := f[name].(type) {
	case string:
		return value, true
	case json.Number:
		return value.String(), true
	}
	return "", false
}

// declares returns what a module declares.
func (r *reader) declares(f File) (declared, error) {
	m, known := r.modules[f.Path]
	if !known {
		m.declared, m.err = r.askPython(f)
		r.modules[f.Path] = m
	}
	return m.declared, m.err
}

func (r *reader) askPython(f File) (found declared, err error) {
	if r.Ask == nil {
		return found, problem.New("install Python 3.8 or later", "%s: no Python on PATH to read it with", f.Path)
	}
	answer, err := r.Ask(r.ctx, pythonScript(), f.Text)
	if err != nil {
		return found, fmt.Errorf("read %s: %w", f.Path, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	if err := decoder.Decode(&found); err != nil {
		return found, fmt.Errorf("read %s: %w", f.Path, err)
	}
	if found.Error != nil {
		return found, problem.Problems{{File: f.Path, Line: max(found.Error.Line, 1), Column: 1, Message: "no Python: " + problem.Cut(found.Error.Message, 200), Hint: "correct the file first"}}
	}
	return found, nil
}

// python reads all declarations of a module, or those of the kind that --from names.
func (r *reader) python(f File) error {
	found, err := r.declares(f)
	if err != nil {
		return err
	}
	for _, d := range found.Jobs {
		if r.From == "" || d.Kind == r.From {
			r.declared(f, d, found)
		}
	}
	for _, s := range found.Skipped {
		r.skip(Place{f.Path, max(s.Line, 1)}, "%s", problem.Cut(s.Why, 200))
	}
	if len(found.Jobs)+len(found.Skipped) == 0 {
		r.skip(Place{f.Path, 1}, "no job in it")
	}
	return nil
}

// declared adds a job of a module.
func (r *reader) declared(f File, d declaredJob, found declared) {
	from := Place{f.Path, max(d.Line, 1)}
	module, attribute := d.Function[0], d.Function[1]
	if attribute == "" {
		r.skip(from, "no name that can be imported: make it a function of a module")
		return
	}
	j := Job{ID: d.ID, From: from}
	if j.ID == "" {
		j.ID = strings.ReplaceAll(attribute, ".", "-")
	}
	if why := j.trigger(d.Trigger, d.Kind, found.Zones[d.Kind]); why != "" {
		r.skip(from, "%s", why)
		return
	}
	entrypoint := moduleOf(f, module) + ":" + attribute
	task, declared := r.task(d, entrypoint)
	if declared {
		entrypoint = task.entrypoint
		_, attribute, _ = strings.Cut(entrypoint, ":")
	}
	j.set("entrypoint", entrypoint)
	j.kept(from.Line, "function %s", attribute)
	j.arguments(d.Args, d.Kwargs)
	j.options(d.Options)
	j.task(d, task)
	if d.Kind == "celery" && d.Task != "" && !declared && !r.module(entrypoint) {
		j.glue(from.Line, "check the entrypoint: no file here is that module, and a task can have any name")
	}
	if d.Kind == "django-q" || onDjango.Match(f.Text) {
		j.django(entrypoint)
	}
	if found.Starts > 0 && moduleOf(f, "") == strings.Split(entrypoint, ":")[0] {
		j.glue(found.Starts, `put this line under if __name__ == "__main__": it starts the scheduler when the module is imported`)
	}
	r.add(j)
}

// moduleOf returns the full name of a module: of the file itself if it is "", and
// relative to that if it begins with dots.
func moduleOf(f File, module string) string {
	name := strings.TrimSuffix(filepath.ToSlash(filepath.Clean(f.Path)), ".py")
	if !filepath.IsLocal(f.Path) {
		name = path.Base(name)
	}
	own := strings.Split(strings.TrimPrefix(name, "src/"), "/")
	isPackage := own[len(own)-1] == "__init__"
	if isPackage && len(own) > 1 {
		own = own[:len(own)-1]
	}
	rest := strings.TrimLeft(module, ".")
	switch dots := len(module) - len(rest); {
	case module == "":
		return strings.Join(own, ".")
	case dots > 0:
		if isPackage {
			dots--
		}
		own = own[:max(0, len(own)-dots)]
		return strings.Join(append(own, strings.FieldsFunc(rest, func(c rune) bool { return c == '.' })...), ".")
	}
	return module
}

// arguments sets args and kwargs, if they are literals.
func (j *Job) arguments(args, kwargs any) {
	list, ok := tomlValue(args)
	items, isList := list.([]any)
	switch {
	case !ok || !isList:
		j.lost(j.From.Line, "arguments: they are computed")
	case hasSecret("", list):
		j.lost(j.From.Line, "arguments: one looks like a password, which a function reads from a secret in its environment")
	case len(items) > 0:
		j.set("args", items)
		j.kept(j.From.Line, "%s", problem.Count(len(items), "argument"))
	}
	byName, isObject := kwargs.(map[string]any)
	_, computed := byName["source"]
	_, more := byName["**"]
	if !isObject || more || computed && len(byName) == 1 {
		j.lost(j.From.Line, "keyword arguments: they are computed")
		return
	}
	var pairs table
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		literal, ok := tomlValue(byName[name])
		switch {
		case byName[name] == nil:
			j.glue(j.From.Line, "make None the default of the argument %s: TOML has no such value", name)
		case !ok:
			j.lost(j.From.Line, "the argument %s: it is computed", name)
		case secretName(name) && literal != "", hasSecret(name, literal):
			j.glue(j.From.Line, "make the argument %s a secret, which the function reads from its environment: it may be a password", name)
		default:
			pairs = append(pairs, key{name: name, value: literal})
		}
	}
	if len(pairs) > 0 {
		j.set("kwargs", pairs)
		j.kept(j.From.Line, "%s", problem.Count(len(pairs), "keyword argument"))
	}
}

// hasSecret reports whether a value of that name has a secret anywhere in it.
func hasSecret(name string, value any) bool {
	switch v := value.(type) {
	case string:
		return isSecret(name, v)
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return hasSecret(name, item) })
	case table:
		return slices.ContainsFunc(v, func(k key) bool { return hasSecret(k.name, k.value) })
	}
	return false
}

// tomlValue returns a value of JSON for writeValue. TOML has no null, and what the script
// could not evaluate is an object with the key source.
func tomlValue(value any) (any, bool) {
	switch v := value.(type) {
	case string, bool:
		return v, true
	case json.Number:
		return raw(v.String()), true
	case []any:
		list := []any{}
		for _, item := range v {
			literal, ok := tomlValue(item)
			if !ok {
				return nil, false
			}
			list = append(list, literal)
		}
		return list, true
	case map[string]any:
		var t table
		for _, name := range slices.Sorted(maps.Keys(v)) {
			literal, ok := tomlValue(v[name])
			if !ok || name == "source" {
				return nil, false
			}
			t = append(t, key{name: name, value: literal})
		}
		return t, true
	}
	return nil, false
}

// options sets what else the declaration says.
func (j *Job) options(options fields) {
	line := j.From.Line
	for _, name := range slices.Sorted(maps.Keys(options)) {
		value := options[name]
		shown, isText := options.text(name)
		switch name {
		case "expires", "misfire_grace_time":
			if seconds, err := json.Number(shown).Int64(); err == nil && seconds >= 15*60 {
				j.set("expires", fmt.Sprintf("%ds", seconds))
				j.kept(line, "%s", name)
			} else if shown != "" {
				j.kept(line, "%s of %s s, which is less than GitHub's own delays: a late run counts until the next slot", name, shown)
			}
		case "active":
			if on, ok := value.(bool); ok && !on {
				j.set("enabled", false)
			}
			j.kept(line, "active")
		case "description":
			if isText {
				j.describe(shown)
			}
		case "coalesce":
			if value == false {
				j.glue(line, "check whether one run may make up for all missed ones: coalesce was False")
			}
		case "max_instances":
			if shown != "1" {
				j.glue(line, "check whether one run at a time is enough: max_instances was %s", shown)
			}
		case "hook":
			j.glue(line, "call the hook %s at the end of the function", shown)
		case "time_limit", "soft_time_limit":
			j.limit(line, shown)
		case "q_options":
			more, _ := value.(map[string]any)
			if limit := fields(more).shown("timeout"); limit == "" || !j.limit(line, limit) {
				j.kept(line, "q_options: each run has a runner of its own")
			}
		case "repeats":
			if shown != "-1" {
				j.glue(line, "add start and count: repeats was %s", shown)
			}
		default:
			j.kept(line, "%s: each run has a runner of its own", name)
		}
	}
}

// zone returns the time zone that a trigger names, or the one of its scheduler. A
// scheduler without one takes that of its machine.
func (j *Job) zone(named, ofAll any, local bool) string {
	for _, zone := range []any{named, ofAll} {
		switch z := zone.(type) {
		case string:
			return z
		case map[string]any:
			j.glue(j.From.Line, "write the name of the time zone into timezone: it was %v", z["source"])
			return ""
		}
	}
	if local {
		j.glue(j.From.Line, "add timezone if the machine's was not UTC: the times are in UTC here")
	}
	return ""
}
