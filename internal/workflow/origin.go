package workflow

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// Origin returns the line of pyproject.toml that explains why a file differs: the line
// of the key that changed, else that of the job's table. It is 1 for a file that no job
// needs any more.
func (t Target) Origin(e Effect) int {
	switch e.Does {
	case Rescues:
		return max(1, t.Project.Rescue.Line)
	case Publishes:
		return max(1, t.Project.Rescue.PagesLine)
	}
	job, _, found := t.Project.Job(e.Job)
	if !found {
		return 1
	}
	old, now := readInputs(e.Old), readInputs(e.New)
	switch {
	case e.New == nil && job.Options.Serve:
		return t.Project.Line(job, "executor")
	case old == nil || now == nil: // another name, or the first file
		return t.Project.Line(job, "workflow-prefix")
	}
	key := old.key(now, job.Options)
	if keys := old.scheduleKeys(now, job.Schedule.Spec()); len(keys) > 0 && key != "lanes" && key != "catch-up" { // which move ticks too
		return t.firstLine(job, keys)
	}
	switch key {
	case "installer":
		return t.firstLine(job, []string{key, "requirements", "extras", "dependency-groups"})
	case "lanes":
		return t.firstLine(job, []string{"catch-up", "overlap", "max-instances", "lock"})
	}
	return t.Project.Line(job, key)
}

// firstLine returns the line of the first of some keys that is there, else that of the
// job's table.
func (t Target) firstLine(job pyproject.Job, keys []string) int {
	for _, key := range keys {
		if line := t.Project.Line(job, key); line != job.Line {
			return line
		}
	}
	return job.Line
}

// scheduleKeys returns the keys that may explain that the ticks or the name differ, the
// likeliest first; none if they do not.
func (in *inputs) scheduleKeys(now *inputs, spec schedule.Spec) []string {
	trigger := spec.Trigger()
	was, will := in.On.Schedule, now.On.Schedule
	same := func(a, b entry) bool { return a.Cron == b.Cron }
	switch {
	case slices.Equal(was, will) && in.Name == now.Name:
		return nil
	case slices.Equal(was, will):
		return []string{"name", trigger}
	case len(was) == 0 || len(will) == 0:
		return []string{"enabled", trigger}
	case slices.EqualFunc(was, will, same):
		return []string{"timezone"}
	case same(was[0], will[0]) && trigger == "every":
		return []string{"spares", "expires"}
	case same(was[0], will[0]):
		return []string{"spares", "expires", trigger}
	case trigger != "every" || was[0].perMonth() != will[0].perMonth():
		return []string{trigger}
	}
	return []string{"at", "start", "seed", "project.name"} // slots depend on the name if there is no seed
}

// inputs are the parts of a job's file that keys of pyproject.toml decide.
type inputs struct {
	Name string
	On   struct{ Schedule []entry }
	Jobs struct {
		Check struct{ Steps []inputStep }
		Run   struct {
			Strategy    any
			Concurrency struct {
				Group  string
				Cancel any `yaml:"cancel-in-progress"`
			}
			RunsOn      any `yaml:"runs-on"`
			Timeout     any `yaml:"timeout-minutes"`
			Environment any
			Container   any
			Services    any
			Permissions any
			Steps       []inputStep
		}
	}
}

// entry is one of `on.schedule`.
type entry struct {
	Cron, Timezone string
	Spare          bool `yaml:"-"` // by its comment
}

// UnmarshalYAML reads the comment too.
func (e *entry) UnmarshalYAML(node *yaml.Node) error {
	type plain entry
	for i := 1; i < len(node.Content) && node.Kind == yaml.MappingNode; i += 2 {
		e.Spare = e.Spare || strings.HasPrefix(node.Content[i].LineComment, "# "+spareMark)
	}
	return node.Decode((*plain)(e))
}

// perMonth returns how many ticks it has in 30 days: 0 if GitHub does not accept it.
func (e entry) perMonth() float64 {
	if e.Timezone != "" && !schedule.KnownZone(e.Timezone) {
		return 0
	}
	return schedule.Cron{Expr: e.Cron, Zone: e.Timezone}.PerMonth()
}

// inputStep is a step without its reference to an action, because references change
// with releases.
type inputStep struct {
	Name, Run string
	With      map[string]any
	Env       map[string]any
}

// readInputs returns nil for a file that is not there, or not readable.
func readInputs(file []byte) *inputs {
	var in inputs
	if file == nil || yaml.Unmarshal(file, &in) != nil {
		return nil
	}
	return &in
}

// key returns the key that explains the first difference that is not in the schedule, ""
// if none is known. o are the options that the job has now.
func (in *inputs) key(now *inputs, o pyproject.Options) string {
	a, b := in.Jobs.Run, now.Jobs.Run
	switch {
	case (a.Strategy == nil) != (b.Strategy == nil):
		return "lanes"
	case !reflect.DeepEqual(a.Strategy, b.Strategy):
		return "max-instances"
	case !reflect.DeepEqual(a.Concurrency.Cancel, b.Concurrency.Cancel):
		return "overlap"
	case a.Concurrency.Group != b.Concurrency.Group:
		return "lock"
	case len(in.Jobs.Check.Steps) != len(now.Jobs.Check.Steps):
		return "catch-up"
	case committing(a.Steps) != committing(b.Steps): // with its permissions and its checkout
		return "commit"
	case !reflect.DeepEqual(a.RunsOn, b.RunsOn):
		return "runs-on"
	case !reflect.DeepEqual(a.Timeout, b.Timeout):
		return "timeout"
	case !reflect.DeepEqual(in.python(), now.python()):
		return "python"
	case !reflect.DeepEqual(a.Environment, b.Environment):
		return "environment"
	case !reflect.DeepEqual(a.Container, b.Container):
		return "container"
	case !reflect.DeepEqual(a.Services, b.Services):
		return "services"
	case !reflect.DeepEqual(a.Permissions, b.Permissions):
		return "permissions"
	}
	return stepsKey(a.Steps, b.Steps, o)
}

// committing returns the name of the step that commits, "" without one.
func committing(steps []inputStep) string {
	for _, s := range steps {
		if s.With["command"] == "commit" {
			return s.Name
		}
	}
	return ""
}

// stepsKey returns the key that explains the first difference between steps, "" if none
// is known.
func stepsKey(was, will []inputStep, o pyproject.Options) string {
	was, will = withoutSaid(was), withoutSaid(will)
	old, now := evidence(was), evidence(will)
	if old < 0 || now < 0 {
		return ""
	}
	if key := was[old].changed(will[now], "secrets"); key != "" {
		return key
	}
	for i, step := range will {
		switch {
		case i >= len(was):
			return keyOf(will, i, o)
		case reflect.DeepEqual(was[i], step):
		case was[i].Name == step.Name && was[i].changed(step, "setup-secrets") == "setup-secrets":
			return "setup-secrets"
		default:
			return keyOf(will, i, o)
		}
	}
	if len(was) > len(will) { // what is gone was last
		if strings.HasSuffix(was[len(was)-1].Name, ": artifacts") {
			return "artifacts"
		}
		return "after"
	}
	return ""
}

// withoutSaid leaves out the steps that no key decides: see said.
func withoutSaid(steps []inputStep) []inputStep {
	return slices.DeleteFunc(slices.Clone(steps), func(s inputStep) bool {
		return strings.HasPrefix(s.Name, schedule.NextMark) || strings.HasPrefix(s.Name, schedule.OutcomeMark)
	})
}

// evidence returns which step runs the entrypoint, or -1.
func evidence(steps []inputStep) int {
	return slices.IndexFunc(steps, func(s inputStep) bool { return s.Name == schedule.EvidenceStep })
}

// keyOf returns the key that a step of a job comes from.
func keyOf(steps []inputStep, i int, o pyproject.Options) string {
	entrypoint := evidence(steps)
	before, after := 2+min(len(o.Cache), 1), min(len(o.Commit.Paths), 1)+len(o.After)
	switch {
	case i == 0:
		return "checkout"
	case i == 1 || i == entrypoint:
		return ""
	case i < before:
		return "cache"
	case i < before+len(o.Before):
		return "before"
	case i < entrypoint-len(o.Prepare):
		return "installer"
	case i < entrypoint:
		return "prepare"
	case i <= entrypoint+after:
		return "after"
	}
	return "artifacts"
}

// contexts are what the values of variables begin with, and the keys that they come from.
var contexts = []struct{ begins, key string }{
	{"${{ secrets.", "secrets"}, {"${{ vars.", "vars"}, {"${{ github.token", "token"}, {"", "env"},
}

// changed returns the key behind the first difference in the environment of two steps,
// "" if there is none; secrets is what the key of secrets is there.
func (s inputStep) changed(now inputStep, secrets string) string {
	found := map[string]bool{}
	for _, pair := range [][2]inputStep{{s, now}, {now, s}} {
		for name, value := range pair[0].Env {
			if other, there := pair[1].Env[name]; there && reflect.DeepEqual(other, value) {
				continue
			}
			for _, c := range contexts {
				if strings.HasPrefix(fmt.Sprint(value), c.begins) {
					found[c.key] = true
					break
				}
			}
		}
	}
	for _, c := range contexts {
		if found[c.key] && c.key == "secrets" {
			return secrets
		} else if found[c.key] {
			return c.key
		}
	}
	return ""
}

func (in *inputs) python() (versions []any) {
	for _, step := range in.Jobs.Run.Steps {
		if version := step.With["python-version"]; version != nil {
			versions = append(versions, version)
		}
	}
	return versions
}
