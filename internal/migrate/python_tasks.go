package migrate

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// pythonTask is a function that is a task of Celery or Procrastinate.
type pythonTask struct {
	Name       any    // a string if it has one of its own
	Function   string // in its module
	Options    fields
	Parameters []string // that the caller has to give

	entrypoint string
}

// module is what a module declares, once it is read.
type module struct {
	declared
	err error
}

// task returns the task that a job runs: by its name, which a string of Celery gives, or
// by its entrypoint. It looks for it in all modules that are read, and for a name in
// those of the project.
func (r *reader) task(d declaredJob, entrypoint string) (pythonTask, bool) {
	files := r.Files
	if d.Kind == "celery" && d.Task != "" {
		files = slices.Concat(files, r.withTask(d.Task))
	}
	for _, f := range files {
		if path.Ext(f.Path) != ".py" {
			continue
		}
		found, _ := r.declares(f) // an error comes when it is read
		for _, t := range found.Tasks {
			t.entrypoint = moduleOf(f, "") + ":" + t.Function
			if t.entrypoint == entrypoint || d.Task != "" && t.Name == any(d.Task) {
				return t, true
			}
		}
	}
	return pythonTask{}, false
}

var (
	namedTask = pattern.New(`@[\w.]*task\([^@]*\bname\s*=`)
	otherCode = pattern.New(`(?:^|/)(?:\.[^/]+|node_modules|venv|env|site-packages|tests?)$`)
)

// withTask returns the modules of the project that have the name of a task in quotes.
func (r *reader) withTask(task string) (files []File) {
	if r.tasks == nil && r.Project != nil {
		r.tasks = []File{}
		seen := 0
		_ = fs.WalkDir(r.Project, ".", func(name string, entry fs.DirEntry, err error) error {
			switch seen++; {
			case seen > 10_000:
				return fs.SkipAll
			case err != nil:
				return fs.SkipDir
			case entry.IsDir() && otherCode.MatchString(name) && name != ".":
				return fs.SkipDir
			case path.Ext(name) == ".py" && entry.Type().IsRegular():
				if text, err := atomic.Read(r.Project, name, 1<<20); err == nil && namedTask.Match(text) {
					r.tasks = append(r.tasks, File{Path: name, Text: text})
				}
			}
			return nil
		})
	}
	for _, f := range r.tasks {
		if bytes.Contains(f.Text, []byte(`"`+task+`"`)) || bytes.Contains(f.Text, []byte(`'`+task+`'`)) {
			files = append(files, f)
		}
	}
	return files
}

// module reports whether a file of the project, or one that is read, is the module of an
// entrypoint and has its name.
func (r *reader) module(entrypoint string) bool {
	module, attribute, _ := strings.Cut(entrypoint, ":")
	has := regexp.MustCompile(`\b` + regexp.QuoteMeta(attribute) + `\b`)
	if slices.ContainsFunc(r.Files, func(f File) bool { return path.Ext(f.Path) == ".py" && moduleOf(f, "") == module && has.Match(f.Text) }) {
		return true
	}
	if r.Project == nil {
		return false
	}
	file := strings.ReplaceAll(module, ".", "/")
	for _, name := range []string{file + ".py", file + "/__init__.py", "src/" + file + ".py", "src/" + file + "/__init__.py"} {
		if text, err := atomic.Read(r.Project, name, maxFile); err == nil && has.Match(text) {
			return true
		}
	}
	return false
}

// task sets what the function's own declaration says: how often it is tried, and for how
// long it may run.
func (j *Job) task(d declaredJob, t pythonTask) {
	line := j.From.Line
	for _, name := range []string{"soft_time_limit", "time_limit"} {
		if shown, ok := t.Options.text(name); ok && j.get("timeout") == nil {
			j.limit(line, shown)
		}
	}
	again := t.Options["retry"] // of Procrastinate
	if d.Kind == "celery" {
		again = t.Options["max_retries"]
		if more, _ := t.Options["retry_kwargs"].(map[string]any); more["max_retries"] != nil {
			again = more["max_retries"]
		}
		if again == nil && t.Options["autoretry_for"] != nil {
			again = json.Number("3") // its default
		}
	}
	j.again(again)
	if d.Kind == "procrastinate" {
		j.positional(d, t)
	}
}

// again sets the attempts of a task that is tried again so many times, or without end.
func (j *Job) again(times any) {
	switch t := times.(type) {
	case json.Number:
		n, err := t.Int64()
		if err != nil || n <= 0 {
			return
		}
		j.set("attempts", min(n+1, 10))
		j.kept(j.From.Line, "%d attempts in all", min(n+1, 10))
	case bool:
		if t {
			j.set("attempts", 10)
			j.kept(j.From.Line, "10 attempts in all, the most there can be")
		}
	case map[string]any:
		j.glue(j.From.Line, "set attempts: the number of retries is computed")
	}
}

// positional tells of the arguments that Procrastinate passes before those of the job.
func (j *Job) positional(d declaredJob, t pythonTask) {
	given, _ := d.Kwargs.(map[string]any)
	var missing []string
	for _, name := range t.Parameters {
		if given[name] == nil {
			missing = append(missing, name)
		}
	}
	switch len(missing) {
	case 0:
		j.kept(j.From.Line, "no time as an argument: the function needs none")
	case 1:
		j.glue(j.From.Line, "give %s a default, or set pass-context = true and take the time from there: Procrastinate passed it", missing[0])
	default:
		j.glue(j.From.Line, "give %s defaults, or set pass-context = true and take one: Procrastinate passed them", strings.Join(missing, " and "))
	}
}

// onDjango matches modules of a Django project.
var onDjango = pattern.New(`(?m)^\s*(?:from|import) (?:django|procrastinate\.contrib\.django)|DJANGO_SETTINGS_MODULE|^\s*CELERY_BEAT_SCHEDULE\b`)

// django tells that Django has to be set up. What runs a command of it needs nothing else.
func (j *Job) django(entrypoint string) {
	module, function, _ := strings.Cut(entrypoint, ":")
	if entrypoint == "django.core.management:call_command" && j.get("kwargs") == nil {
		words := []string{"python", "manage.py"}
		args, _ := j.get("args").([]any)
		for _, arg := range args {
			text, isText := arg.(string)
			if !isText {
				words = nil
				break
			}
			words = append(words, quote(text))
		}
		if len(words) > 2 {
			j.keys = slices.DeleteFunc(j.keys, func(k key) bool { return k.name == "args" || k.name == "entrypoint" })
			j.set("command", strings.Join(words, " "))
			return
		}
	}
	head, _, _ := strings.Cut(function, ".")
	j.glue(j.From.Line, `set up Django before the import, as in command = "python manage.py shell -c 'from %s import %s; %s(…)'"`, module, head, function)
}
