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
	if e.Does == Rescues {
		return max(1, t.Project.Rescue.Line)
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
	if keys := old.scheduleKeys(now, job.Schedule.Spec()); len(keys) > 0 {
		return t.firstLine(job, keys)
	}
	return t.Project.Line(job, old.key(now, len(job.Options.Before)))
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
		return []string{trigger}
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
	return []string{"at", "start", "seed", "name"} // slots depend on the name if there is no seed
}

// inputs are the parts of a job's file that keys of pyproject.toml decide.
type inputs struct {
	Name string
	On   struct{ Schedule []entry }
	Jobs struct {
		Run struct {
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
type entry struct{ Cron, Timezone string }

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

// key returns the key that explains the first difference that is not in the schedule, "" if none is known. before
// is the number of own steps that the job has now.
func (in *inputs) key(now *inputs, before int) string {
	a, b := in.Jobs.Run, now.Jobs.Run
	switch {
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
	return stepsKey(a.Steps, b.Steps, before)
}

// stepsKey returns the key that explains the first difference between steps: checkout
// and check, the job's own, the set-up, and the entrypoint's.
func stepsKey(was, will []inputStep, before int) string {
	const first = 2
	if len(was) < first+1 || len(will) < first+before+1 {
		return ""
	}
	own, entrypoint := first+before, will[len(will)-1]
	switch variables, secrets := was[len(was)-1].changed(entrypoint); {
	case secrets:
		return "secrets"
	case variables:
		return "env"
	case len(was) < own || !reflect.DeepEqual(was[first:own], will[first:own]):
		return "before"
	case !reflect.DeepEqual(was[own:len(was)-1], will[own:len(will)-1]):
		return "installer"
	}
	return ""
}

// changed reports what differs in the environment of two steps.
func (s inputStep) changed(now inputStep) (variables, secrets bool) {
	for _, pair := range [][2]inputStep{{s, now}, {now, s}} {
		for name, value := range pair[0].Env {
			if other, there := pair[1].Env[name]; !there || !reflect.DeepEqual(other, value) {
				secret := strings.HasPrefix(fmt.Sprint(value), "${{")
				variables, secrets = variables || !secret, secrets || secret
			}
		}
	}
	return variables, secrets
}

func (in *inputs) python() (versions []any) {
	for _, step := range in.Jobs.Run.Steps {
		if version := step.With["python-version"]; version != nil {
			versions = append(versions, version)
		}
	}
	return versions
}
