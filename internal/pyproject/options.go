package pyproject

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Options are what [tool.scheduled-actions] and its job tables set.
type Options struct {
	RunsOn         []string      // labels of the runner; never empty
	Timeout        time.Duration // of the entrypoint, all its attempts together; whole seconds
	Attempts       int           // how often one run tries the entrypoint, from 1
	Backoff        time.Duration // the longest wait before the second attempt; it doubles before each further one; whole seconds
	Python         string        // the version to set up; "" if the project itself says it
	Spares         int           // spare ticks in each window
	WorkflowPrefix string        // what the names of workflow files begin with
	Seed           string        // replaces the project's name where slots are computed
	Patience       time.Duration // how long after the slot the job's own ticks have the first chance, before a rescue; at most half a window

	rescue rescueOptions // of the project alone
}

// rescueOptions are what only the project can set.
type rescueOptions struct {
	every  time.Duration // 0 for none
	notify bool
}

// defaults returns the options of a job that sets none.
func defaults(project string, every schedule.Cadence) Options {
	return Options{
		RunsOn:         []string{"ubuntu-latest"},
		Timeout:        time.Hour,
		Attempts:       1,
		Backoff:        30 * time.Second,
		Spares:         schedule.DefaultSpares(every),
		WorkflowPrefix: "scheduled-",
		Seed:           project,
		rescue:         rescueOptions{every: 15 * time.Minute},
	}
}

// setting puts the valid value of an option into Options.
type setting func(*Options)

// option is one row of the table that parsing and docs are made from.
type option struct {
	name     string
	kind     string // its type, in words
	fallback string // its default, in Markdown
	meaning  string // in Markdown
	example  string // a valid value, in TOML
	shared   bool   // of the project alone, not of a job
	parse    func(value any) (setting, *flaw)
}

// maxAttempts keeps the failed ones within the warnings that GitHub shows.
// "10 warning annotations, 10 error annotations, and 10 notice annotations per
// step", https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
const maxAttempts = 10

// options are all options, in the order of the docs. A new option is a new row
// here, a field of Options, and its default.
var options = []option{
	{
		name:     "runs-on",
		kind:     "a string or a list of strings",
		fallback: "`\"ubuntu-latest\"`",
		meaning:  "the runner, by its label or by several labels that it must have",
		example:  `"ubuntu-latest"`,
		parse: func(value any) (setting, *flaw) {
			labels, flaw := parseLabels(value)
			return func(o *Options) { o.RunsOn = labels }, flaw
		},
	},
	{
		name:     "timeout",
		kind:     "a string",
		fallback: "`\"60m\"`",
		meaning:  "how long the entrypoint may take, all attempts and the waits between them together, as in `\"90s\"`, `\"30m\"` or `\"1h30m\"`; at most 35 days",
		example:  `"30m"`,
		parse: func(value any) (setting, *flaw) {
			timeout, flaw := timeouts.parse(value)
			return func(o *Options) { o.Timeout = timeout }, flaw
		},
	},
	{
		name:     "attempts",
		kind:     "an integer",
		fallback: "1",
		meaning:  fmt.Sprintf("how often a run tries the entrypoint until it succeeds, 1 to %d", maxAttempts),
		example:  "3",
		parse: func(value any) (setting, *flaw) {
			attempts, flaw := parseNumber(value, 1, maxAttempts)
			return func(o *Options) { o.Attempts = attempts }, flaw
		},
	},
	{
		name:     "backoff",
		kind:     "a string",
		fallback: "`\"30s\"`",
		meaning:  "the wait before the second attempt, doubled before each further one, and shortened at random by up to half; one second to 24 hours",
		example:  `"30s"`,
		parse: func(value any) (setting, *flaw) {
			backoff, flaw := backoffs.parse(value)
			return func(o *Options) { o.Backoff = backoff }, flaw
		},
	},
	{
		name:     "python",
		kind:     "a string",
		fallback: "`.python-version`, else `requires-python`",
		meaning:  "the version of Python to set up",
		example:  `"3.12"`,
		parse: func(value any) (setting, *flaw) {
			version, flaw := parsePython(value)
			return func(o *Options) { o.Python = version }, flaw
		},
	},
	{
		name:     "spares",
		kind:     "an integer",
		fallback: "hour 2, day 3, week 6, month 5",
		meaning:  fmt.Sprintf("spare ticks in each window, 0 to %d, because GitHub drops and delays ticks", schedule.MaxSpares),
		example:  "3",
		parse: func(value any) (setting, *flaw) {
			spares, flaw := parseNumber(value, 0, schedule.MaxSpares)
			return func(o *Options) { o.Spares = spares }, flaw
		},
	},
	{
		name:     "workflow-prefix",
		kind:     "a string",
		fallback: "`\"scheduled-\"`",
		meaning:  "what the names of the workflow files begin with",
		example:  `"scheduled-"`,
		parse: func(value any) (setting, *flaw) {
			prefix, flaw := parsePrefix(value)
			return func(o *Options) { o.WorkflowPrefix = prefix }, flaw
		},
	},
	{
		name:     "seed",
		kind:     "a string",
		fallback: "the project's name",
		meaning:  "what assigned times are computed from, together with the job id",
		example:  `"my-project"`,
		parse: func(value any) (setting, *flaw) {
			seed, flaw := parseText(value)
			return func(o *Options) { o.Seed = seed }, flaw
		},
	},
	{
		name:     "rescue",
		kind:     "a string or false",
		fallback: "`\"15m\"`",
		meaning:  "how often a workflow looks for jobs that are due and nobody confirmed, and starts them: `\"15m\"`, `\"1h\"`, `\"6h\"` or `false`; only for the whole project",
		example:  `"15m"`,
		shared:   true,
		parse: func(value any) (setting, *flaw) {
			every, flaw := parseRescue(value)
			return func(o *Options) { o.rescue.every = every }, flaw
		},
	},
	{
		name:     "patience",
		kind:     "a string",
		fallback: "`\"0s\"`",
		meaning:  "how long after its slot the rescue leaves a job to its own ticks; at most half a window counts",
		example:  `"30m"`,
		parse: func(value any) (setting, *flaw) {
			patience, flaw := patiences.parse(value)
			return func(o *Options) { o.Patience = patience }, flaw
		},
	},
	{
		name:     "notify",
		kind:     "a string",
		fallback: "`\"none\"`",
		meaning:  "`\"issue\"` has the rescue open an issue for each job that fails, and close it once the job succeeds again; only for the whole project",
		example:  `"issue"`,
		shared:   true,
		parse: func(value any) (setting, *flaw) {
			notify, flaw := parseNotify(value)
			return func(o *Options) { o.rescue.notify = notify }, flaw
		},
	},
}

// OptionsTable returns the documentation of all options, as a Markdown table.
func OptionsTable() string {
	var b strings.Builder
	b.WriteString("| option | type | default | meaning |\n|---|---|---|---|\n")
	for _, o := range options {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.name, o.kind, o.fallback, o.meaning)
	}
	return b.String()
}

// placed is the setting of a key, and where that stands.
type placed struct {
	name string
	at   span
	set  setting
}

// lookup returns the option of that name, or nil.
func lookup(name string) *option {
	for i := range options {
		if options[i].name == name {
			return &options[i]
		}
	}
	return nil
}

// optionNames returns the names of all options.
func optionNames() []string {
	var names []string
	for _, o := range options {
		names = append(names, o.name)
	}
	return names
}
