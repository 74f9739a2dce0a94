package migrate

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// launcher is a program that runs another.
type launcher struct {
	values   string // its flags that take the next word
	operands int    // words between its flags and the command
	kept     string // what became of it, "" for nothing to tell
}

// launchers are left out. Flags that are not in values stand alone.
var launchers = map[string]launcher{
	"flock":       {"-w --wait --timeout -E --conflict-exit-code", 1, "flock: two runs of a job never overlap"},
	"timeout":     {"-k --kill-after -s --signal", 1, ""},
	"nice":        {"-n --adjustment", 0, "nice: each run has a machine of its own"},
	"ionice":      {"-c --class -n --classdata", 0, "ionice: each run has a machine of its own"},
	"chrt":        {"", 1, "chrt: each run has a machine of its own"},
	"taskset":     {"", 1, "taskset: each run has a machine of its own"},
	"nohup":       {"", 0, ""},
	"setsid":      {"", 0, ""},
	"exec":        {"", 0, ""},
	"stdbuf":      {"-i -o -e", 0, "stdbuf: the output is not buffered"},
	"unbuffer":    {"", 0, "unbuffer: the output is not buffered"},
	"chronic":     {"", 0, "chronic: a run that fails is told, with its log"},
	"cronic":      {"", 0, "cronic: a run that fails is told, with its log"},
	"run-one":     {"", 0, "run-one: two runs of a job never overlap"},
	"solo":        {"", 0, "solo: two runs of a job never overlap"},
	"systemd-cat": {"-t --identifier -p --priority", 0, "output: it is in the log of the run"},
	"sudo":        {"-u --user -g --group", 0, "sudo: the runner's own user runs it"},
	"runuser":     {"-u --user -g --group", 0, "runuser: the runner's own user runs it"},
	"env":         {"-u --unset", 0, ""},
}

// environments run a program in the project's environment, which a job's is already.
var environments = map[string][]string{"poetry": {"run"}, "pipenv": {"run"}, "uv": {"run"}, "rye": {"run"}, "conda": {"run"}}

// unwrap leaves out the wrapper of a command.
func (m *machine) unwrap(file *syntax.File) []edit {
	for _, call := range simpleCalls(file) {
		args := literals(call)
		if len(args) < 2 {
			continue
		}
		name := path.Base(args[0])
		if edits := m.inner(file, call, name, args); edits != nil {
			return edits
		}
		if run := environments[name]; run != nil && slices.Equal(args[1:2], run) {
			if at := skipFlags(args, 2, "-n --name -p --prefix --project --directory --with --env-file --python"); at < len(call.Args) {
				with := ""
				if strings.HasSuffix(args[min(at, len(args)-1)], ".py") && name == "uv" {
					with = "python "
				}
				m.job.kept(m.line, "%s run: the project's environment is set up", name)
				return []edit{{starts(call.Args[0]), starts(call.Args[at]), with}}
			}
		}
		w, known := launchers[name]
		if !known || name == "exec" && len(call.Args) < 2 {
			continue
		}
		at := skipFlags(args, 1, w.values)
		if name == "env" {
			for at < len(args) && assignment.MatchString(args[at]) {
				at++ // which is before a command as it is
			}
			if first := slices.IndexFunc(args, assignment.MatchString); first > 0 && first < at {
				return []edit{{starts(call.Args[0]), starts(call.Args[first]), ""}}
			}
		}
		at += w.operands
		if at >= len(call.Args) {
			continue
		}
		if name == "timeout" && at-1 < len(args) && !m.job.limit(m.line, args[at-1]) {
			continue
		}
		if w.kept != "" {
			m.job.kept(m.line, "%s", w.kept)
		}
		return []edit{{starts(call.Args[0]), starts(call.Args[at]), ""}}
	}
	return nil
}

var assignment = regexp.MustCompile(`^[A-Za-z_]\w*=`)

// inner replaces a shell that gets a command as a string, if that is all, with the
// command.
func (m *machine) inner(file *syntax.File, call *syntax.CallExpr, name string, args []string) []edit {
	if len(file.Stmts) != 1 || file.Stmts[0].Cmd != syntax.Command(call) || len(args) != len(call.Args) {
		return nil
	}
	switch name {
	case "bash", "sh", "dash", "ash", "flock", "su", "runuser":
	default:
		return nil
	}
	at := slices.IndexFunc(args, func(arg string) bool {
		return arg == "-c" || arg == "-lc" || arg == "-ec" || arg == "-cl" || arg == "-exc"
	})
	if at < 0 || at+1 >= len(args) || name != "su" && at+2 != len(args) {
		return nil
	}
	text := args[at+1]
	if _, err := parseShell(text); err != nil {
		return nil
	}
	if w, known := launchers[name]; known {
		m.job.kept(m.line, "%s", w.kept)
	}
	return []edit{{starts(call), ends(call), text}}
}

// skipFlags returns the index of the first word from at on that is no flag and no value
// of one.
func skipFlags(args []string, at int, values string) int {
	for at < len(args) && strings.HasPrefix(args[at], "-") && args[at] != "-" {
		if args[at] == "--" {
			return at + 1
		}
		if slices.Contains(strings.Fields(values), args[at]) {
			at++
		}
		at++
	}
	return at
}

// limit sets the time limit of the job, as timeout(1) takes it.
func (j *Job) limit(line int, text string) bool {
	d, ok := elapsed(text)
	if !ok || d < time.Second {
		return false
	}
	j.set("timeout", lengthOf(d))
	j.kept(line, "time limit %s", lengthOf(d))
	return true
}

var amounts = regexp.MustCompile(`(\d+(?:\.\d+)?)\s*([A-Za-zµ]*)`)

var unitsOfTime = map[string]time.Duration{
	"": time.Second, "s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second,
	"ms": time.Millisecond, "msec": time.Millisecond, "us": time.Microsecond, "usec": time.Microsecond,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
	// "M, month (defined as 30.44 days), y, year (defined as 365.25 days)", systemd.time(7)
	"M": 2630016 * time.Second, "month": 2630016 * time.Second, "months": 2630016 * time.Second,
	"y": 31557600 * time.Second, "year": 31557600 * time.Second, "years": 31557600 * time.Second,
}

// elapsed reads a time span such as 300, 5m, 1.5h or "1h 30min"; a number alone is
// seconds.
func elapsed(text string) (sum time.Duration, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.TrimSpace(amounts.ReplaceAllString(text, "")) != "" {
		return 0, false
	}
	for _, m := range amounts.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		unit, known := unitsOfTime[m[2]]
		if !known {
			unit, known = unitsOfTime[strings.ToLower(m[2])]
		}
		if err != nil || !known || n*float64(unit) > float64(100*365*24*time.Hour) {
			return 0, false
		}
		sum += time.Duration(n * float64(unit))
	}
	return sum, true
}

// lengthOf returns a time span as our options take it, in whole seconds.
func lengthOf(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d%time.Minute != 0:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d > time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h" + strconv.Itoa(int(d%time.Hour/time.Minute)) + "m"
	}
	return strconv.Itoa(int(d/time.Minute)) + "m"
}
