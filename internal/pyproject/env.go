package pyproject

import (
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// variableForm matches what a shell takes for the name of a variable, and GitHub
// for that of a secret. In a workflow it is a key on one line, of which YAML allows 1024
// characters: https://yaml.org/spec/1.2.2/#742-flow-mappings
var variableForm = pattern.New(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)

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
	"GH_TOKEN":            "it is a name of the job's token, which the option token passes as GITHUB_TOKEN",
	"GH_ENTERPRISE_TOKEN": "it is a name of the job's token, which the option token passes as GITHUB_TOKEN",
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
		return &flaw{"is not a valid name for a variable", "use up to 255 of A-Z a-z 0-9 _, and no digit first"}
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
