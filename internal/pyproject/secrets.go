package pyproject

import (
	"regexp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// secretOptions say which secrets, repository variables and token the steps get.
var secretOptions = []option{
	{
		name:     "secrets",
		kind:     listOrTable,
		fallback: "none",
		meaning:  "secrets that only the entrypoint gets: their names, which are also those of its environment variables, or a table `VARIABLE = \"SECRET\"`; those of a job are added to those of the project",
		example:  `["DATABASE_URL"]`,
		form:     referencesForm,
		read:     references(secret, func(o *Options) *[]Pair { return &o.Secrets }),
	},
	{
		name:     "setup-secrets",
		kind:     listOrTable,
		fallback: "none",
		meaning:  "secrets for `before`, the set-up and `prepare`, such as the password of a private package index; the entrypoint does not get them",
		example:  `{ UV_INDEX_PRIVATE_PASSWORD = "INDEX_PASSWORD" }`,
		form:     referencesForm,
		read:     references(secret, func(o *Options) *[]Pair { return &o.SetupSecrets }),
	},
	{
		name:     "vars",
		kind:     listOrTable,
		fallback: "none",
		meaning:  "variables of the repository on GitHub, for the entrypoint, the set-up and your own steps",
		example:  `["REGION"]`,
		form:     referencesForm,
		read:     references("variable", func(o *Options) *[]Pair { return &o.Vars }),
	},
	{
		name:     "token",
		kind:     "a boolean",
		fallback: "false",
		meaning:  "`true` to give the entrypoint the job's token as `GITHUB_TOKEN`, with the `permissions` of the job",
		example:  "true",
		form:     switchForm,
		parse:    into(parseSwitch, func(o *Options) *bool { return &o.Token }),
	},
}

const (
	listOrTable = "a list of strings or a table of strings"
	secret      = "secret"
)

// Token is the environment variable in which the entrypoint gets the job's token.
const Token = "GITHUB_TOKEN"

// HeartbeatVariable is the environment variable in which a step gets the URL of the
// heartbeat. The entrypoint does not get it.
const HeartbeatVariable = "SCHEDULED_HEARTBEAT"

// RunOutcome is the environment variable in which the last step of a job with a heartbeat
// gets the outcome of the step that runs the entrypoint: "success", or "skipped" if a
// step before that failed.
const RunOutcome = "SCHEDULED_RUN_OUTCOME"

// parseHeartbeat reads the name of a secret, or "".
func parseHeartbeat(value any) (string, *flaw) {
	name, flawed := parseText(value)
	switch {
	case flawed != nil || name == "":
		return "", flawed
	case strings.Contains(name, "://"):
		return "", &flaw{"is a URL, and whoever knows that can report a success", "store the URL as a secret of the repository, and write the name of that secret here"}
	case strings.EqualFold(name, Token):
		return "", &flaw{`is "GITHUB_TOKEN", which is the token of the run and no URL`, "store the URL of the check as a secret, and write the name of that secret here"}
	}
	if flawed = flawedReference(name, secret, "is "); flawed != nil {
		return "", flawed
	}
	if flawedVariable(name) != nil { // outside Actions it is one
		return "", &flaw{"is " + problem.Quote(name) + ", an environment variable with another meaning", "give the secret another name"}
	}
	return name, nil
}

// Hidden returns the environment variables of the entrypoint whose values nobody may see.
func (o Options) Hidden() []string {
	var names []string
	for _, s := range o.Secrets {
		names = append(names, s.Name)
	}
	if o.Token {
		names = append(names, Token)
	}
	return names
}

// parseSwitch reads true or false.
func parseSwitch(value any) (bool, *flaw) {
	on, ok := value.(bool)
	if !ok {
		return false, wrongType
	}
	return on, nil
}

// references returns what reads environment variables and the secret or the repository
// variable in each into a field of Options. Those of a job go over those of the project.
// Names that differ in case only are one to GitHub: the project's is kept.
func references(what string, field func(*Options) *[]Pair) func(*reader, *entry) setting {
	return func(r *reader, e *entry) setting {
		own := r.references(e, what)
		return func(o *Options) {
			all := field(o)
			*all = Over(*all, slices.DeleteFunc(slices.Clone(own), func(p Pair) bool {
				return slices.ContainsFunc(*all, func(other Pair) bool {
					return strings.EqualFold(other.Name, p.Name) && strings.EqualFold(other.Value, p.Value)
				})
			}))
		}
	}
}

// references reads a list of names, or a table of variables and names, sorted by
// variable.
func (r *reader) references(e *entry, what string) []Pair {
	if !e.isTable() {
		names, flawed := parseReferences(e.value, what)
		r.valid(e, listOrTable, flawed, exampleHint(e.name, `["NAME"]`))
		return names
	}
	var pairs []Pair
	for _, key := range r.members(e, `{ VARIABLE = "NAME" }`) {
		flawed := flawedVariable(key.name)
		if strings.EqualFold(key.name, Token) {
			flawed = ownToken("cannot be ")
		}
		if !r.valid(key, "", flawed, "") {
			continue
		}
		name, flawed := parseText(key.value)
		if flawed == nil {
			flawed = flawedReference(name, what, "is ")
		}
		if r.valid(key, "a string", flawed, exampleHint(tomlKey(key.name), `"NAME"`)) {
			pairs = append(pairs, Pair{key.name, name})
		}
	}
	slices.SortFunc(pairs, byName)
	return pairs
}

func parseReferences(value any, what string) ([]Pair, *flaw) {
	list, ok := value.([]any)
	if !ok {
		return nil, wrongType
	}
	var pairs []Pair
	for _, element := range list {
		name, flawed := parseText(element)
		if flawed == wrongType {
			return nil, flawed
		}
		if flawed != nil {
			return nil, &flaw{flawed.message, "write only the name of each " + what}
		}
		if flawed := flawedReference(name, what, "contains "); flawed != nil {
			return nil, flawed
		}
		if flawed := flawedVariable(name); flawed != nil {
			return nil, &flaw{"contains " + problem.Quote(name) + ", which " + flawed.message, flawed.hint}
		}
		if slices.ContainsFunc(pairs, func(other Pair) bool { return strings.EqualFold(name, other.Name) }) {
			return nil, &flaw{"contains " + problem.Quote(name) + " twice: the names of " + what + "s ignore case", "remove one of them"}
		}
		pairs = append(pairs, Pair{name, name})
	}
	slices.SortFunc(pairs, byName)
	return pairs, nil
}

// ownToken returns the flaw of secrets with the token that GitHub makes for each run.
func ownToken(verb string) *flaw {
	return &flaw{verb + `"GITHUB_TOKEN", which is the token of the run and no secret`, tokenHint}
}

const tokenHint = "set token = true: then the entrypoint gets GITHUB_TOKEN, with the permissions of the job; for anything more, make a token of your own and store it as a secret of another name, such as BOT_TOKEN"

// flawedReference returns what is wrong with the name of a secret or a repository
// variable: "Can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or
// underscores (_). […] Must not start with the GITHUB_ prefix. Must not start with a
// number."
// https://docs.github.com/actions/reference/security/secrets#naming-your-secrets
func flawedReference(name, what, verb string) *flaw {
	switch {
	case strings.EqualFold(name, Token):
		return ownToken(verb)
	case !variableForm.MatchString(name):
		return &flaw{verb + problem.Quote(name) + ", which is not a valid name for a variable", "use up to 255 of A-Z a-z 0-9 _, and no digit first"}
	case strings.HasPrefix(strings.ToUpper(name), "GITHUB_"):
		return &flaw{verb + problem.Quote(name) + ": no " + what + " can have a name that begins with GITHUB_", "write the name of the " + what + " as GitHub's settings show it"}
	}
	return nil
}

// overlap reports a variable that two keys set for the same steps, at the later of them,
// and a step that uses a secret's variable that only the entrypoint gets.
func (r *reader) overlap(o Options, keys []placed) {
	type source struct {
		key   string
		pairs []Pair
	}
	env, vars, secrets, setup := source{"env", o.Env}, source{"vars", o.Vars}, source{"secrets", o.Secrets}, source{"setup-secrets", o.SetupSecrets}
	for _, two := range [][2]source{{env, vars}, {env, secrets}, {env, setup}, {vars, secrets}, {vars, setup}} {
		at := lastOf(keys, two[0].key, two[1].key)
		for _, p := range two[1].pairs {
			if at != nil && holds(two[0].pairs, p.Name) {
				r.report(*at, "remove one of them", "%s is in both %s and %s", p.Name, two[0].key, two[1].key)
			}
		}
	}
	for _, list := range []struct {
		key   string
		steps []Step
		has   []Pair // besides env and vars
		hint  string
	}{
		{"before", o.Before, o.SetupSecrets, "name it in setup-secrets too, or do what needs it in the entrypoint"},
		{"prepare", o.Prepare, o.SetupSecrets, "name it in setup-secrets too, or do what needs it in the entrypoint"},
		{"after", o.After, nil, "do what needs it in the entrypoint"},
	} {
		at := lastOf(keys, list.key, "secrets")
		for _, p := range o.Secrets {
			if at != nil && !holds(list.has, p.Name) && slices.ContainsFunc(list.steps, func(s Step) bool { return s.reads(p.Name) }) {
				r.report(*at, list.hint, "a step in %s uses $%s, which only the entrypoint gets", list.key, p.Name)
			}
		}
	}
}

// holds reports whether one of the pairs has a name, whatever its case.
func holds(pairs []Pair, name string) bool {
	return slices.ContainsFunc(pairs, func(p Pair) bool { return strings.EqualFold(p.Name, name) })
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

// reads reports whether the lines of a step use a variable that they do not set: those of
// bash, or of Python or Node within.
func (s Step) reads(variable string) bool {
	const before = `(?:\$\{?[!#]?|\b(?:environ|getenv|printenv|process\.env)(?:\.get)?[^\w\n]{1,4})`
	handed := regexp.MustCompile(`\b` + variable + `=["']?\$\{?` + variable + `\b`) // to another program
	return strings.Contains(s.Run, variable) &&
		regexp.MustCompile(before+variable+`\b`).MatchString(s.Run) &&
		!regexp.MustCompile(`\b`+variable+`=|\bread\b.*\b`+variable+`\b`).MatchString(handed.ReplaceAllString(s.Run, "")) &&
		!slices.ContainsFunc(s.Env, func(p Pair) bool { return p.Name == variable })
}
