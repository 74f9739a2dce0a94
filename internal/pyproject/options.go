package pyproject

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Our own tables. The published JSON schema of [tool.scheduled] allows only jobs in it,
// and only every and entrypoint in a job; so everything that we add is in another
// table.
const (
	jobsTable    = "tool.scheduled"
	optionsTable = "tool.scheduled-actions"
)

// jobTable returns the header of a job's table.
func jobTable(id string) string { return "[" + jobsTable + "." + tomlKey(id) + "]" }

// jobOptions returns the header of the table with a job's options.
func jobOptions(id string) string { return "[" + optionsTable + ".jobs." + tomlKey(id) + "]" }

// Options are what [tool.scheduled-actions] and its job tables set.
type Options struct {
	Command        []string         `json:",omitzero"` // for bash, instead of an entrypoint, one after the other; nil if the job has an entrypoint
	Args           []any            `json:",omitzero"` // of the entrypoint, as the toml package decodes them
	Kwargs         []Kwarg          `json:",omitzero"` // likewise, in file order
	Inputs         []string         `json:",omitzero"` // names of Kwargs, or of Env for a Command
	PassContext    bool             `json:",omitzero"` // the entrypoint gets one more argument, first
	Name           string           `json:",omitzero"` // of the workflow; "" for one that says when it runs
	RunsOn         []string         // labels of the runner; never empty
	Timeout        time.Duration    // of the entrypoint, all its attempts together; whole seconds
	Attempts       int              // attempts in one run, from 1
	Backoff        time.Duration    // the longest wait before the second attempt; it doubles before each further one; whole seconds
	Python         string           // the version to set up; "" if the project itself says it
	Result         string           // Status or ExitCode: how the returned value counts
	Spares         int              // spare ticks in each window
	WorkflowPrefix string           // beginning of the names of workflow files
	Seed           string           // replaces the project's name where slots are computed
	Patience       time.Duration    // time after the slot before a rescue may start the job; at most half a window, or half of what expires allows
	Installer      string           // tool that installs the project's packages, one of Installers; "" to choose by the project's files
	Requirements   []string         `json:",omitzero"` // files to install from, from the repository's root, instead of what is found
	Extras         []string         `json:",omitzero"` // of the project, to install too
	Groups         []string         `json:",omitzero"` // dependency groups, to install too
	Before         []Step           // the project's own steps, before its environment is set up
	Prepare        []Step           // likewise, between that and the entrypoint
	After          []Step           // likewise, after the entrypoint
	Commit         Commit           `json:",omitzero"` // what is committed after the entrypoint
	Artifacts      Artifacts        // what is uploaded after the entrypoint
	Cache          []string         // what is kept from run to run: patterns from the repository's root
	Checkout       []Pair           // inputs of the checkout, sorted by name
	Env            []Pair           // environment variables of the project's own steps, of the set-up and of the entrypoint, sorted by name
	Secrets        []Pair           // environment variables of the entrypoint, and the secret in each, sorted by variable
	SetupSecrets   []Pair           // likewise, of Before and of the set-up
	Vars           []Pair           // likewise, of all steps, and the repository variable in each
	Token          bool             // the entrypoint gets GITHUB_TOKEN
	Heartbeat      string           `json:",omitzero"` // the secret with the URL of the monitor; "" for none
	Environment    string           // GitHub's deployment environment; "" for none
	Services       []Service        // containers that run beside the job, sorted by name
	Container      *Container       // that the job runs in; nil for none
	Serve          bool             // only a resident scheduler runs the job; it has no workflow file
	Cancel         bool             `json:",omitzero"` // a new window cancels an execution that is still running; else it waits
	MaxInstances   int              `json:",omitzero"` // windows that can execute at once, from 1
	Lock           string           `json:",omitzero"` // jobs with the same one never execute at once; "" for none
	Needs          []string         `json:",omitzero"` // ids of jobs to wait for
	NotifyOn       []schedule.Event `json:",omitzero"` // the events that notify and webhook tell
	NotifyAfter    int              `json:",omitzero"` // windows in a row that fail before they are, from 1
	PauseAfter     int              `json:",omitzero"` // windows in a row that fail before the job is paused; 0 for never
	Webhook        string           `json:",omitzero"` // the secret with the URL of a chat; "" for none
	Group          string           // a word for jobs that belong together; "" for none
	Description    string           // a line about what the job does; "" for none
	Permissions    []Pair           // further ones of the job's token, scope and read or write; sorted

	spec   schedule.Spec // of it, what options set
	listed bool          // cron or run-at is a list
	rescue rescueOptions // only for the whole project
}

// rescueOptions can only be set for the whole project.
type rescueOptions struct {
	every  time.Duration // 0 for none
	notify bool

	pacemaker bool
	pages     string // one of pagesOf; "" for none
}

// defaults returns the options of a job that sets none.
func (r *reader) defaults() Options {
	return Options{
		RunsOn:         []string{"ubuntu-latest"},
		Timeout:        time.Hour,
		Attempts:       1,
		Backoff:        30 * time.Second,
		Spares:         -1,
		MaxInstances:   1,
		NotifyOn:       []schedule.Event{schedule.JobFailed, schedule.JobRecovered},
		NotifyAfter:    1,
		WorkflowPrefix: WorkflowPrefix(r.folder),
		Seed:           r.name,
		rescue:         rescueOptions{every: 15 * time.Minute},
	}
}

// WorkflowPrefix returns the beginning of the names of workflow files for the project
// in that folder of a repository, unless an option sets another one. The files of all
// projects are in one folder.
func WorkflowPrefix(folder string) string {
	if folder == "." {
		return "scheduled-"
	}
	return "scheduled-" + FolderSlug(folder) + "-"
}

// jobKeys are the keys that the published schema allows in a job's table.
var jobKeys = []string{"every", "entrypoint"}

// setting puts the valid value of an option into Options.
type setting func(*Options)

// option is one row of the table that parsing and docs are made from.
type option struct {
	name     string
	kind     string      // its type, in words
	fallback string      // its default, in Markdown
	meaning  string      // in Markdown
	example  string      // a valid value, in TOML
	form     func() form // of a valid value, for the schema
	shared   bool        // only for the whole project, not of a job
	single   bool        // only of a job, not for the whole project
	whole    bool        // only of a job that is declared whole in our table
	most     int         // values; 0 for maxItems
	parse    func(value any) (setting, *flaw)
	read     func(r *reader, e *entry) setting // instead of parse, for a value that can have several problems
}

// into puts what parse makes of a value into a field of Options.
func into[T any](parse func(value any) (T, *flaw), field func(*Options) *T) func(any) (setting, *flaw) {
	return func(value any) (setting, *flaw) {
		parsed, flaw := parse(value)
		return func(o *Options) { *field(o) = parsed }, flaw
	}
}

// maxAttempts keeps the number of failed attempts within the warnings that GitHub
// shows. "10 warning annotations, 10 error annotations, and 10 notice annotations per
// step",
// https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
const maxAttempts = 10

// maxItems is how many values an option can have. Every job merges its own into those
// of the project. A job can read at most 300 secrets.
// https://docs.github.com/actions/reference/security/secrets#limits-for-secrets
const maxItems = 300

// options are all options, in the order of the docs. A new option is a new row
// here, a field of Options, and its default.
var options = slices.Concat(whenOptions, policyOptions, workOptions, argumentOptions, []option{inputOption}, []option{
	{
		name:     "runs-on",
		kind:     "a string or a list of strings",
		fallback: "`\"ubuntu-latest\"`",
		meaning:  "label of the runner, or several labels that it must have",
		example:  `"ubuntu-latest"`,
		form:     func() form { return oneOrSeveral(trimmed(), maxItems, false) },
		parse:    into(parseLabels, func(o *Options) *[]string { return &o.RunsOn }),
	},
	{
		name:     "timeout",
		kind:     "a string",
		fallback: "`\"60m\"`",
		meaning:  "time limit for the entrypoint, with all attempts and the waits between them, as in `\"90s\"`, `\"30m\"` or `\"1h30m\"`; at most `\"840h\"`, and GitHub ends a job on its own runners after 6 hours",
		example:  `"30m"`,
		form:     timeouts.form,
		parse:    into(timeouts.parse, func(o *Options) *time.Duration { return &o.Timeout }),
	},
	{
		name:     "attempts",
		kind:     "an integer",
		fallback: "1",
		meaning:  fmt.Sprintf("maximum number of attempts in one run, 1 to %d", maxAttempts),
		example:  "3",
		form:     integerForm(1, maxAttempts),
		parse:    into(numbers(1, maxAttempts), func(o *Options) *int { return &o.Attempts }),
	},
	{
		name:     "backoff",
		kind:     "a string",
		fallback: "`\"30s\"`",
		meaning:  "wait before the second attempt, doubled before each further one, and shortened at random by up to half; one second to 24 hours",
		example:  `"30s"`,
		form:     backoffs.form,
		parse:    into(backoffs.parse, func(o *Options) *time.Duration { return &o.Backoff }),
	},
	{
		name:     "python",
		kind:     "a string",
		fallback: "`.python-version`, else `requires-python`, else the newest",
		meaning:  "Python version to set up",
		example:  `"3.12"`,
		form:     func() form { return matching(pythonForm) },
		parse:    into(parsePython, func(o *Options) *string { return &o.Python }),
	},
	{
		name:     "result",
		kind:     "a string",
		fallback: "`\"status\"`; `\"exit-code\"` if the entrypoint is one of `[project.scripts]`",
		meaning:  "what the entrypoint's returned value says: with `\"status\"` its status decides, with `\"exit-code\"` it goes to `sys.exit`",
		example:  `"exit-code"`,
		form:     wordForm(Status, ExitCode),
		parse:    oneOf([]string{Status, ExitCode}, func(o *Options, word string) { o.Result = word }),
	},
	{
		name:     "spares",
		kind:     "an integer",
		fallback: "by the window: less than an hour 0, than 12 hours 2, than 4 days 3, than 28 days 6, else 5",
		meaning:  fmt.Sprintf("number of spare ticks in each window, 0 to %d, because GitHub drops and delays ticks", schedule.MaxSpares),
		example:  "3",
		form:     integerForm(0, schedule.MaxSpares),
		parse:    into(numbers(0, schedule.MaxSpares), func(o *Options) *int { return &o.Spares }),
	},
	{
		name:     "workflow-prefix",
		kind:     "a string",
		fallback: "`\"scheduled-\"`, and the folder of a project that has one in the repository",
		meaning:  "beginning of the names of the workflow files",
		example:  `"scheduled-"`,
		form:     func() form { return matching(prefixForm) },
		parse:    into(parsePrefix, func(o *Options) *string { return &o.WorkflowPrefix }),
	},
	{
		name:     "seed",
		kind:     "a string",
		fallback: "the project's name",
		meaning:  "text that assigned times are computed from, together with the job id",
		example:  `"my-project"`,
		form:     func() form { return text().but(form{"maxLength": 1000}) },
		parse:    into(parseName, func(o *Options) *string { return &o.Seed }),
	},
	{
		name:     "rescue",
		kind:     "a string or false",
		fallback: "`\"15m\"`",
		meaning:  "interval at which a workflow starts due jobs that have no confirmed run: `\"15m\"`, `\"1h\"`, `\"6h\"`, or `false` for none",
		example:  `"15m"`,
		form:     always(form{"enum": []any{"15m", "1h", "6h", false}}),
		shared:   true,
		parse:    into(parseRescue, func(o *Options) *time.Duration { return &o.rescue.every }),
	},
	{
		name:     "pacemaker",
		kind:     "a string",
		fallback: "`\"none\"`",
		meaning:  "`\"environment\"` to have each rescue start the next one behind the wait timer of an environment, so that jobs start on time: an experiment, for public repositories and GitHub Enterprise; it overrides `patience`",
		example:  `"environment"`,
		form:     wordForm("environment", "none"),
		shared:   true,
		parse:    oneOf([]string{"environment", "none"}, func(o *Options, word string) { o.rescue.pacemaker = word == "environment" }),
	},
	{
		name:     "patience",
		kind:     "a string",
		fallback: "`\"0s\"`",
		meaning:  "time after its slot before the rescue may start a job; at most half a window counts, or half of `expires`",
		example:  `"30m"`,
		form:     patiences.form,
		parse:    into(patiences.parse, func(o *Options) *time.Duration { return &o.Patience }),
	},
	{
		name:     "pages",
		kind:     "a boolean or a string",
		fallback: "`false`",
		meaning:  "`true` to publish the page of the jobs on GitHub Pages, after each rescue that finds something new; `\"all-projects\"` for a page of all projects of the repository",
		example:  `true`,
		form:     always(form{"enum": []any{true, false, AllProjects}}),
		shared:   true,
		parse:    into(parsePages, func(o *Options) *string { return &o.rescue.pages }),
	},
	{
		name:     "env",
		kind:     "a table of strings",
		fallback: "none",
		meaning:  "environment variables for the entrypoint, the set-up and your own steps; those of a job override those of the project",
		example:  `{ LOG_LEVEL = "info" }`,
		form:     envForm,
		read: func(r *reader, e *entry) setting {
			env := r.env(e)
			return func(o *Options) { o.Env = Over(o.Env, env) }
		},
	},
	{
		name:     "environment",
		kind:     "a string",
		fallback: "none",
		meaning:  "deployment environment on GitHub, which can hold the secrets; its protection rules delay every tick, even one that only checks",
		example:  `"production"`,
		form:     func() form { return trimmed().but(form{"maxLength": 255}) },
		parse:    into(parseEnvironment, func(o *Options) *string { return &o.Environment }),
	},
	{
		name:     "services",
		kind:     "a table of tables",
		fallback: "none",
		meaning:  "containers beside the job, each with `image`, and `env`, `ports`, `volumes` and `options` as on GitHub; one of a job replaces that of the project with the same name",
		example:  `{ postgres = { image = "postgres:17", ports = ["5432:5432"] } }`,
		form:     servicesForm,
		read: func(r *reader, e *entry) setting {
			services := r.services(e)
			return func(o *Options) { o.Services = Over(o.Services, services) }
		},
	},
	{
		name:     "container",
		kind:     "a string or a table",
		fallback: "none",
		meaning:  "container that the job runs in: its image, or a table as in `services`; it needs bash, curl and the tools that set up the environment",
		example:  `"python:3.13"`,
		form:     containerForm,
		read: func(r *reader, e *entry) setting {
			container := r.container(e)
			return func(o *Options) { o.Container = container }
		},
	},
	{
		name:     "permissions",
		kind:     "a table of strings",
		fallback: "`contents` and `actions` `\"read\"`",
		meaning:  "further permissions of the job's token: each `\"read\"`, `\"write\"`, or `\"none\"` to remove one of the project; for the actions in your own steps, and for the entrypoint with `token = true`",
		example:  `{ id-token = "write" }`,
		form:     permissionsForm,
		read: func(r *reader, e *entry) setting {
			permissions := r.permissions(e)
			return func(o *Options) { o.Permissions = granted(o.Permissions, permissions) }
		},
	},
}, tellingOptions, secretOptions, packageOptions, stepOptions, deliveryOptions)

// placed is the setting of a key, and its place.
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

// isWhole reports whether there is such an option, only of jobs that are declared whole.
func isWhole(name string) bool {
	o := lookup(name)
	return o != nil && o.whole
}

// optionNames returns the names of all options.
func optionNames() []string {
	var names []string
	for _, o := range options {
		names = append(names, o.name)
	}
	return names
}

// JobKeys returns the keys that a job can have, options and all.
func JobKeys() []string {
	keys := slices.Clone(jobKeys)
	for _, o := range options {
		if !o.shared {
			keys = append(keys, o.name)
		}
	}
	return keys
}

// hint returns the remedy for a wrong value of the option. source is the value as
// written, if it is a number.
func (o *option) hint(value any, source string, flawed *flaw) string {
	if flawed.hint != "" {
		return flawed.hint
	}
	switch value := value.(type) {
	case int64, float64: // its quotes are missing
		meant := strconv.Quote(source)
		if _, flawed := o.parse(source); flawed == nil {
			return "write " + o.name + " = " + meant
		} else if flawed.hint != "" {
			return flawed.hint
		}
	case string: // it should have no quotes
		if _, flawed := o.parse(value == "true"); flawed == nil && (value == "true" || value == "false") {
			return "write " + o.name + " = " + value
		}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			if _, flawed := o.parse(n); flawed == nil {
				return "write " + o.name + " = " + value
			}
		}
	}
	return exampleHint(o.name, o.example)
}

// anyJob is the place of an unknown job id in a message.
const anyJob = "<job-id>"

// home returns the header of the table in which a key of ours belongs, or "" if the key
// is not ours. job is the id of a job as TOML writes it, or anyJob.
func home(name, job string) string {
	o := lookup(name)
	switch {
	case slices.Contains(jobKeys, name):
		return "[" + jobsTable + "." + job + "]"
	case o == nil:
		return ""
	case o.shared || job == anyJob && !o.single:
		return "[" + optionsTable + "]"
	}
	return "[" + optionsTable + ".jobs." + job + "]"
}

// misplaced reports a key of ours in the wrong table, perhaps with another spelling,
// and returns whether it is one.
func (r *reader) misplaced(e *entry, table, job string) bool {
	name := ours()[fold(e.name)]
	right := home(name, job)
	if right == "" || right == table {
		return false
	}
	message, hint := "does not belong in "+table, "move it to "+right
	switch o := lookup(name); {
	case o == nil || !strings.HasPrefix(table, "["+optionsTable):
	case o.shared:
		message = "can only be set for the whole project"
	case o.single:
		message = "can only be set for one job"
	}
	if name != e.name {
		hint += " and call it " + name
	} else if value := r.written(e); value != "" {
		hint += ": " + name + " = " + value
	}
	r.report(e.at, hint, "%s %s", tomlKey(e.name), message)
	return true
}

// ours maps the names of all our keys, folded, to the names.
var ours = sync.OnceValue(func() map[string]string {
	names := make(map[string]string)
	for _, name := range slices.Concat(jobKeys, optionNames()) {
		names[fold(name)] = name
	}
	return names
})
