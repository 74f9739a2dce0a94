package export

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// iniKeys are the keys of a job that the format has a word for, or that say where others
// belong. All further keys are told as what it does not have.
var iniKeys = []string{"every", "cron", "at", "enabled", "description", "entrypoint", "kwargs", "timezone"}

// ini makes a file of sections that Python's configparser reads, as `import --from ini`
// does: call, every, at, active, description, and the arguments.
// https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
func ini(p Project) ([]File, error) {
	var b strings.Builder
	b.WriteString(heading("ini", ";"))
	for _, job := range p.Jobs {
		if why := notINI(job); why != "" {
			p.notes.add("left out, because "+why, job)
			continue
		}
		fmt.Fprintf(&b, "\n[%s]\n", job.ID)
		p.iniJob(&b, job)
	}
	return []File{{"jobs.ini", b.String()}}, nil
}

// notINI says why a job cannot be in the file, "" if it can.
func notINI(job pyproject.Job) string {
	spec := job.Schedule.Spec()
	switch {
	case job.ID == "" || job.ID == "DEFAULT":
		return "the format has no such section"
	case job.Entrypoint == "":
		return "the format has no commands"
	case spec.Trigger() == "run-at":
		return "the format has no run-at"
	case len(spec.Cron) > 1:
		return "the format has one cron for a job"
	}
	trigger := job.Schedule.Trigger()[0]
	if key, value := schedule.Meant(strings.ToLower(trigger)); key != spec.Trigger() || !strings.EqualFold(value, trigger) {
		return fmt.Sprintf("every = %q has the slots of %q there", trigger, value)
	}
	return ""
}

// iniJob writes the keys of a job, and notes what they do not say.
func (p Project) iniJob(b *strings.Builder, job pyproject.Job) {
	spec := job.Schedule.Spec()
	set := func(key, value string) { fmt.Fprintf(b, "%s = %s\n", key, percent(value)) }
	if !iniID.MatchString(job.ID) || strings.Contains(job.ID, "--") {
		p.notes.add("import gives it a plainer id, and so other assigned times", job)
	}
	set("call", dotted(job.Entrypoint))
	set("every", job.Schedule.Trigger()[0])
	if spec.At != "" {
		set("at", spec.At)
	}
	if spec.Disabled {
		set("active", "no")
	}
	if job.Options.Description != "" {
		set("description", job.Options.Description)
	}
	for _, arg := range job.Options.Kwargs {
		if value, why := iniArgument(arg); why == "" {
			set(arg.Name, value)
		} else {
			p.notes.add("without the argument "+arg.Name+", because "+why, job)
		}
	}
	if zone := job.Schedule.Zone(); zone != "UTC" && spec.Trigger() == "cron" || spec.At != "" && zone != "UTC" {
		p.notes.add("times in "+zone+", which the format does not say; import the file with --timezone "+zone, job)
	} else if zone != "UTC" && slices.Contains(job.Keys(), "timezone") {
		p.notes.add("the format has no timezone", job)
	}
	for _, key := range job.Keys() {
		if !slices.Contains(iniKeys, key) && !strings.HasPrefix(key, "kwargs.") {
			p.notes.add("the format has no "+key, job)
		}
	}
}

// dotted writes app.jobs:clean as app.jobs.clean where it is read as that again: the
// callable is the last part, or begins with a class.
func dotted(entrypoint string) string {
	module, callable, _ := strings.Cut(entrypoint, ":")
	class := func(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }
	if slices.ContainsFunc(strings.Split(module, "."), class) || strings.Contains(callable, ".") && !class(callable) {
		return entrypoint
	}
	return module + "." + callable
}

var (
	iniID     = pattern.New(`^[a-z0-9](?:[a-z0-9_-]{0,48}[a-z0-9])?$`)
	iniName   = pattern.New(`^[a-z_][a-z0-9_]*$`)
	iniOther  = pattern.New(`(?i)^(?:true|yes|on|false|no|off|-?(?:0|[1-9]\d{0,17})|-?\d+\.\d+)$`) // what is read as no string
	iniTaken  = []string{"call", "callback", "every", "frequency", "at", "active", "description"}
	iniDigits = 18
)

// iniArgument writes the value of an argument, or says why it cannot be one.
func iniArgument(arg pyproject.Kwarg) (value, why string) {
	switch {
	case slices.Contains(iniTaken, arg.Name):
		return "", "the format has that key for itself"
	case !iniName.MatchString(arg.Name):
		return "", "names there are of small letters, digits and _"
	}
	switch v := arg.Value.(type) {
	case bool:
		return strconv.FormatBool(v), ""
	case int64:
		if value = strconv.FormatInt(v, 10); len(strings.TrimPrefix(value, "-")) <= iniDigits {
			return value, ""
		}
	case float64:
		if value = strconv.FormatFloat(v, 'f', -1, 64); !math.IsInf(v, 0) && !math.IsNaN(v) {
			if !strings.Contains(value, ".") {
				value += ".0"
			}
			return value, ""
		}
	case string:
		if !iniOther.MatchString(v) && strings.TrimSpace(v) == v && !strings.ContainsAny(v, "\r\n") {
			return v, ""
		}
	}
	return "", "its value would be read as another one"
}
