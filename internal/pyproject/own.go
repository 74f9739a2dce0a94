package pyproject

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"golang.org/x/text/unicode/norm"
)

// Step is one of the project's own steps: it either uses an action or runs lines.
type Step struct {
	Name string // "" without one
	Uses string // "owner/repo@commit", "./folder" or "docker://image@sha256:digest"
	Note string // the release that the commit of Uses belongs to, as in "v1.2.3"; "" if unknown
	Run  string // lines for bash, without a newline at the end
	When string // of After: OnSuccess, OnFailure or Always; else ""
	With []Pair // inputs of Uses, in file order
	Env  []Pair // sorted by name, over the job's
}

// When a step after the entrypoint runs.
const (
	OnSuccess = "success" // of the job so far: the step delivers results
	OnFailure = "failure"
	Always    = "always"
)

var whens = []string{OnSuccess, OnFailure, Always}

// stepOptions are the project's own steps. All lists are read alike.
var stepOptions = []option{
	{
		name:     "before",
		kind:     "a list of strings or tables",
		fallback: "none",
		meaning:  "your own steps before the environment is set up: lines of bash that run in the project's folder, or tables with `name`, and `run` or `uses` and `with`, and `env`; an action must be pinned to its commit; the steps of a job replace those of the project",
		example:  `["sudo apt-get install --yes libpq-dev"]`,
		form:     stepsForm(false),
		read:     steps(func(o *Options) *[]Step { return &o.Before }),
	},
	{
		name:     "prepare",
		kind:     "a list of strings or tables",
		fallback: "none",
		meaning:  "steps as in `before`, after the environment is set up; `python` and the packages' programs are those of the environment",
		example:  `["playwright install chromium"]`,
		form:     stepsForm(false),
		read:     steps(func(o *Options) *[]Step { return &o.Prepare }),
	},
	{
		name:     "after",
		kind:     "a list of strings or tables",
		fallback: "none",
		meaning:  "steps as in `prepare`, after the entrypoint; `when` in a table is `\"success\"`, `\"failure\"` or `\"always\"`, else it is success; the job's outcome so far is in `SCHEDULED_OUTCOME`: success, failure or cancelled",
		example:  `["make publish", { run = "docker logs db", when = "failure" }]`,
		form:     stepsForm(true),
		read:     steps(func(o *Options) *[]Step { return &o.After }),
	},
}

// steps returns what reads a list of steps into a field of Options.
func steps(field func(*Options) *[]Step) func(*reader, *entry) setting {
	return func(r *reader, e *entry) setting {
		own := r.steps(e)
		return func(o *Options) { *field(o) = own }
	}
}

// steps reads the project's own steps. Consecutive lines are one step, so that a line
// can change the folder for the next one.
func (r *reader) steps(e *entry) []Step {
	switch e.value.(type) {
	case []any, []map[string]any:
	default:
		r.valid(e, "a list of strings or tables", wrongType, exampleHint(e.name, `["make assets"]`))
		return nil
	}
	when := ""
	keys := []string{"name", "uses", "with", "run", "env"}
	if e.name == "after" {
		when, keys = OnSuccess, append(keys, "when")
	}
	var steps []Step
	lines := false // whether the last step is of lines
	for _, item := range e.items(r.text) {
		if item.isTable() {
			steps, lines = append(steps, r.step(item, keys, when)), false
			continue
		}
		line, ok := r.lines(item)
		switch {
		case !ok:
		case lines:
			steps[len(steps)-1].Run += "\n" + line
		default:
			steps, lines = append(steps, Step{Run: line, When: when}), true
		}
	}
	return steps
}

// step reads a step that is a table with some of the keys; without when it runs as given.
func (r *reader) step(e *entry, keys []string, when string) Step {
	s := Step{When: when}
	what := e.what()
	for _, key := range e.entries {
		switch key.name {
		case "when":
			if when == "" {
				r.report(key.at, "remove it, or move the step to after", "%s always runs before the entrypoint: when is for the steps in after", what)
			} else {
				s.When = r.when(key)
			}
		case "name":
			s.Name = r.stepName(key)
		case "uses":
			s.Uses, s.Note = r.uses(key)
		case "run":
			s.Run, _ = r.lines(key)
		case "with":
			s.With = r.inputs(key)
		case "env":
			s.Env = r.env(key)
		default:
			r.unknown(key, "key", what, keys)
		}
	}
	uses, run := e.child("uses") != nil, e.child("run") != nil
	switch {
	case uses == run:
		r.report(e.at, "give it either uses or run", "%s must have either uses or run", what)
	case run && e.child("with") != nil:
		r.report(e.child("with").at, "pass values to the lines with env", "%s runs lines of bash, which have no inputs", what)
	case isCheckout(s.Uses) && !slices.Contains(s.With, Pair{"persist-credentials", "false"}):
		r.report(e.child("uses").at, "add with = { persist-credentials = false }",
			"%s would leave the job's token where every later step can read it", what)
	}
	return s
}

// when reads when something is done after the entrypoint.
func (r *reader) when(e *entry) string {
	s, flawed := parseText(e.value)
	if r.valid(e, "a string", flawed, exampleHint("when", `"always"`)) && !slices.Contains(whens, s) {
		hint := exampleHint("when", `"always"`)
		if near := nearest(s, whens); near != "" {
			hint = didYouMean(near)
		}
		r.report(r.at(e), hint, "when is %s; it must be %s", problem.Quote(s), quotedList(whens))
	}
	return s
}

// stepName reads the name of a step. A step with the same name as the one that runs
// the entrypoint would be evidence of a success that never happened, and one like those
// after it would move the next run.
func (r *reader) stepName(e *entry) string {
	s, ok := r.string(e, `"Log in"`)
	switch {
	case !ok:
	case strings.TrimSpace(s) == "":
		r.report(e.at, "write a name, or remove the key", "name is empty")
	case appearance(s) == appearance(schedule.EvidenceStep):
		r.report(e.at, "choose another name", "name is %s, which is reserved for the step that runs the entrypoint", problem.Quote(s))
	case strings.HasPrefix(s, schedule.NextMark), strings.HasPrefix(s, schedule.OutcomeMark):
		r.report(e.at, "choose another name", "name is %s, which is reserved for the steps that say what the entrypoint said", problem.Quote(s))
	}
	return s
}

// appearance returns a name without differences that people do not notice: case,
// spaces, invisible characters, and different code points for the same character.
func appearance(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.White_Space, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(name))
}

// deprecated matches the commands that a step should no longer print. actionlint
// refuses a workflow with them.
// https://github.blog/changelog/2022-10-11-github-actions-deprecating-save-state-and-set-output-commands/
var deprecated = pattern.New(`::(save-state|set-output|set-env|add-path)\b`)

// lines reads lines for bash.
func (r *reader) lines(e *entry) (string, bool) {
	s, flawed := parseLines(e.value)
	if flawed == nil && strings.TrimSpace(s) == "" {
		flawed = &flaw{"is empty", "write a line of bash, or remove it"}
	}
	if found := deprecated.FindStringSubmatch(s); flawed == nil && found != nil {
		flawed = &flaw{"prints the command " + problem.Quote(found[0]) + ", which is deprecated on GitHub", `append to the file "$GITHUB_ENV" or "$GITHUB_PATH" instead`}
	}
	return s, r.valid(e, "a string", flawed, exampleHint("run", `"make assets"`))
}

// commit matches a full commit hash, which cannot move, unlike a tag or branch.
const commit = `[0-9a-f]{40}(?:[0-9a-f]{24})?`

var (
	actionForm = pattern.New(`^([\w.-]+/[\w.-]+(?:/[\w.-]+)*@` + commit + `)(?:[ \t]+#[ \t]*(v?\d[\w.+-]*))?$`)
	localForm  = pattern.New(`^\./[\w.-]+(?:/[\w.-]+)*$`)
	dockerForm = pattern.New(`^docker://[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}$`)
	unpinned   = pattern.New(`^([\w.-]+/[\w./-]+)(?:@[^ #]*)?`)
)

// uses reads a reference to an action, and the release behind it.
func (r *reader) uses(e *entry) (uses, note string) {
	s, ok := r.string(e, `"owner/repo@0123456789abcdef0123456789abcdef01234567 # v1.2.3"`)
	if !ok {
		return "", ""
	}
	m := actionForm.FindStringSubmatch(s)
	path, _, _ := strings.Cut(s, "@")
	switch {
	case !canonical(path) || m != nil && strings.Contains(path, "/.github/workflows/"):
		r.report(e.at, "name a folder with an action.yml", "uses is %s, which is not an action", problem.Quote(s))
	case m != nil:
		return m[1], m[2]
	case localForm.MatchString(s) || dockerForm.MatchString(s):
		return s, ""
	default:
		r.report(e.at, usesHint(s), "uses is %s, which is not pinned to a commit", problem.Quote(s))
	}
	return "", ""
}

// canonical reports whether a reference names an action by its usual name. By another
// one, such as actions/checkout/.@…, it would not be recognised.
func canonical(path string) bool {
	folder, local := strings.CutPrefix(path, "./")
	names := strings.Split(folder, "/")
	clone := !local && len(names) > 1 && strings.HasSuffix(strings.ToLower(names[1]), ".git")
	return !slices.Contains(names, ".") && !slices.Contains(names, "..") && !clone
}

// usesHint returns the remedy for a reference that is not pinned.
func usesHint(s string) string {
	if strings.HasPrefix(s, "docker://") {
		return "write the image with its digest, as in docker://alpine@sha256:…"
	}
	if strings.HasPrefix(s, ".") {
		return "write the folder from the repository's root, as in ./.github/actions/log-in"
	}
	action := "owner/repo"
	if m := unpinned.FindStringSubmatch(s); m != nil {
		action = m[1]
	}
	return "write the full commit hash of a release, and the release after it, as in " + strconv.Quote(action+"@<40 digits> # v1.2.3")
}

// isCheckout reports whether a step checks out a repository. Unless told otherwise, it
// leaves the token in the repository's configuration.
func isCheckout(uses string) bool {
	action, _, _ := strings.Cut(uses, "@")
	return strings.EqualFold(action, "actions/checkout")
}

var inputForm = pattern.New(`^[A-Za-z_][A-Za-z0-9_.-]{0,254}$`)

// inputs reads the inputs of an action, which GitHub takes as strings.
func (r *reader) inputs(e *entry) []Pair {
	var inputs []Pair
	for _, key := range r.members(e, `{ role = "reader" }`) {
		var value string
		var flawed *flaw
		switch v := key.value.(type) {
		case bool, int64:
			value = fmt.Sprint(v)
		default:
			value, flawed = parseLines(v)
		}
		if !inputForm.MatchString(key.name) {
			r.report(key.at, "use a name from the action's documentation", "%s is not a valid name for an input", problem.Quote(key.name))
		} else if r.valid(key, "a string, an integer or a boolean", flawed, exampleHint(tomlKey(key.name), `"value"`)) {
			inputs = append(inputs, Pair{key.name, value})
		}
	}
	return inputs
}
