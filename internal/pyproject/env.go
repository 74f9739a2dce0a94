package pyproject

import (
	"regexp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// variableForm matches what a shell takes for the name of a variable, and GitHub
// for that of a secret.
var variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ownedPrefixes are the prefixes of variables that a project cannot set, and why. "You
// can't overwrite the value of the default environment variables named GITHUB_* and
// RUNNER_*."
// https://docs.github.com/actions/reference/workflows-and-actions/variables
var ownedPrefixes = []struct{ prefix, why string }{
	{"GITHUB_", "GitHub sets all variables that begin with GITHUB_"},
	{"RUNNER_", "GitHub sets all variables that begin with RUNNER_"},
	{"ACTIONS_", "GitHub sets all variables that begin with ACTIONS_"},
	{"INPUT_", "variables that begin with INPUT_ are the inputs of actions"},
	{"SCHEDULED_", "variables that begin with SCHEDULED_ tell the entrypoint about its window"},
	{"LD_", "variables that begin with LD_ load other code into every program"},
	{"DYLD_", "variables that begin with DYLD_ load other code into every program"},
}

// owned are single names of that kind. "Currently you can overwrite the value of the
// CI variable. However, it's not guaranteed that this will always be possible", says
// the same page. Of SHELLOPTS, whose noexec reads commands and runs none: "If this
// variable is in the environment when Bash starts up, each shell option in the list
// will be enabled before reading any startup files."
// https://www.gnu.org/software/bash/manual/html_node/Bash-Variables.html
var owned = map[string]string{
	"CI":                  "GitHub sets it",
	"PATH":                "the steps would not find their programs; instead, let a line in before append a folder to the file \"$GITHUB_PATH\"",
	"NODE_OPTIONS":        "it changes how the actions of the workflow run",
	"BASH_ENV":            "bash would run that file before every step",
	"ENV":                 "a shell would run that file before every step",
	"SHELLOPTS":           "it can make bash skip a step's commands and succeed",
	"BASHOPTS":            "it changes how bash runs every step",
	"PROGRAM":             "our action sets it",
	"GH_TOKEN":            "it is a name of the job's token, which the entrypoint never gets",
	"GH_ENTERPRISE_TOKEN": "it is a name of the job's token, which the entrypoint never gets",
}

// OwnedVariables returns the names that the options env and secrets cannot have, as
// Markdown: those that begin with a prefix end in a star.
func OwnedVariables() string {
	var names []string
	for _, o := range ownedPrefixes {
		names = append(names, "`"+o.prefix+"*`")
	}
	for name := range owned {
		names = append(names, "`"+name+"`")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// flawedVariable returns what is wrong with the name of a variable or secret.
func flawedVariable(name string) *flaw {
	if !variableForm.MatchString(name) {
		return &flaw{"is not a valid name for a variable", "use A-Z a-z 0-9 _, and no digit first"}
	}
	upper := strings.ToUpper(name)
	why, isOwned := owned[upper]
	for _, o := range ownedPrefixes {
		if strings.HasPrefix(upper, o.prefix) {
			why, isOwned = o.why, true
		}
	}
	if isOwned {
		return &flaw{"cannot be set: " + why, "choose another name"}
	}
	return nil
}

// env reads environment variables, sorted by name.
func (r *reader) env(e *entry) []Pair { return r.variables(e, flawedVariable) }

// variables reads environment variables whose names have no flaw.
func (r *reader) variables(e *entry, flawed func(name string) *flaw) []Pair {
	var env []Pair
	for _, key := range r.members(e, `{ LOG_LEVEL = "info" }`) {
		if !r.valid(key, "", flawed(key.name), "") {
			continue
		}
		if value, ok := r.string(key, `"value"`); ok {
			env = append(env, Pair{key.name, value})
		}
	}
	slices.SortFunc(env, byName)
	return env
}

// flawedInside is flawedVariable for a container beside the job, in which neither
// GitHub nor we set anything.
func flawedInside(name string) *flaw {
	if !variableForm.MatchString(name) {
		return flawedVariable(name)
	}
	return nil
}

// ownToken is the flaw of secrets with the token that GitHub makes for each run.
var ownToken = &flaw{
	"contains \"GITHUB_TOKEN\", which is the token of the run and no secret: the entrypoint never gets it",
	"make a token of your own that can do no more than the entrypoint needs, store it as a secret of another name, such as BOT_TOKEN, and name that",
}

func parseSecrets(value any) ([]string, *flaw) {
	list, ok := value.([]any)
	if !ok {
		return nil, wrongType
	}
	var names []string
	for _, element := range list {
		name, flawed := parseText(element)
		if flawed == wrongType {
			return nil, flawed
		}
		if flawed != nil {
			return nil, &flaw{flawed.message, "write only the name of each secret"}
		}
		if strings.EqualFold(name, "GITHUB_TOKEN") {
			return nil, ownToken
		}
		if flawed := flawedVariable(name); flawed != nil {
			return nil, &flaw{"contains " + problem.Quote(name) + ", which " + flawed.message, flawed.hint}
		}
		if slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(name, other) }) {
			return nil, &flaw{"contains " + problem.Quote(name) + " twice: the names of secrets ignore case", "remove one of them"}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// overlap reports a secret with the name of an environment variable, at the later
// of the keys that set them, and likewise a step in before that uses a secret's variable.
func (r *reader) overlap(o Options, keys []placed) {
	variables := make(map[string]bool)
	for _, variable := range o.Env {
		variables[strings.ToUpper(variable.Name)] = true
	}
	env, before := lastOf(keys, "env", "secrets"), lastOf(keys, "before", "secrets")
	for _, secret := range o.Secrets {
		if env != nil && variables[strings.ToUpper(secret)] {
			r.report(*env, "remove one of them", "%s is in both env and secrets", secret)
		}
		if before != nil && slices.ContainsFunc(o.Before, func(s Step) bool { return s.reads(secret) }) {
			r.report(*before, "do what needs it in the entrypoint", "a step in before uses $%s, which only the entrypoint gets", secret)
		}
	}
}

// lastOf returns the place of the last of the keys that has one of the names, or nil.
func lastOf(keys []placed, names ...string) *span {
	for i := range slices.Backward(keys) {
		if slices.Contains(names, keys[i].name) {
			return &keys[i].at
		}
	}
	return nil
}

// reads reports whether the lines of a step use a variable that they do not set.
func (s Step) reads(variable string) bool {
	return strings.Contains(s.Run, "$") && strings.Contains(s.Run, variable) &&
		regexp.MustCompile(`\$\{?`+variable+`\b`).MatchString(s.Run) &&
		!regexp.MustCompile(`\b`+variable+`=|\bread\b.*\b`+variable+`\b`).MatchString(s.Run) &&
		!slices.ContainsFunc(s.Env, func(p Pair) bool { return p.Name == variable })
}

// named has a name. Its case does not count, because GitHub ignores it.
type named interface{ name() string }

func (p Pair) name() string { return p.Name }

// Over returns general values, overridden by a job's own, sorted by name.
func Over[T named](general, own []T) []T {
	switch {
	case len(general) == 0:
		return own
	case len(own) == 0:
		return general
	}
	merged := slices.Clone(own)
	for _, g := range general {
		if !slices.ContainsFunc(own, func(o T) bool { return strings.EqualFold(o.name(), g.name()) }) {
			merged = append(merged, g)
		}
	}
	slices.SortFunc(merged, byName)
	return merged
}

func byName[T named](a, b T) int { return strings.Compare(a.name(), b.name()) }

// union returns the names of two sorted lists, sorted. Of names that differ in
// case only the first list's is kept: they are the same secret.
func union(names, more []string) []string {
	switch {
	case len(names) == 0:
		return more
	case len(more) == 0:
		return names
	}
	merged := slices.Clone(names)
	for _, name := range more {
		if !slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(name, other) }) {
			merged = append(merged, name)
		}
	}
	slices.Sort(merged)
	return merged
}
