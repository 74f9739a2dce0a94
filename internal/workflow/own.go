package workflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// This file renders what a project adds to its jobs: steps, permissions, containers.
// The strings come from the user, so they are always quoted or in a block.

// permissions returns those that every job has and those that its options add.
func permissions(o pyproject.Options) *yaml.Node {
	const asked = "asked for in pyproject.toml"
	contents, actions := plain("read"), comment(plain("read"), "the history that says whether the window is confirmed")
	node := mapping("contents", contents, "actions", actions)
	if commits(o) {
		*contents = *comment(plain("write"), "to commit what the job changed"+raised(o, "contents"))
	}
	if commits(o) && o.Commit.PullRequest {
		add(node, "pull-requests", comment(plain("write"), "to propose what the job changed"+raised(o, "pull-requests")))
	}
	for _, p := range o.Permissions {
		switch {
		case commits(o) && (p.Name == "contents" || o.Commit.PullRequest && p.Name == "pull-requests"): // has it
		case p.Name == "contents" && p.Value == "write":
			*contents = *comment(plain(p.Value), asked)
		case p.Name == "actions" && p.Value == "write":
			*actions = *comment(plain(p.Value), asked+"; every job reads its history")
		case p.Name != "contents" && p.Name != "actions":
			add(node, p.Name, comment(plain(p.Value), asked))
		}
	}
	return node
}

// raised says that pyproject.toml names less for a permission than what a commit needs;
// "" if it does not.
func raised(o pyproject.Options, scope string) string {
	if slices.Contains(o.Permissions, pyproject.Pair{Name: scope, Value: "read"}) {
		return ", which takes more than the read in pyproject.toml"
	}
	return ""
}

// commits reports whether a job commits what it changed.
func commits(o pyproject.Options) bool { return len(o.Commit.Paths) > 0 }

// checkedOut returns the inputs of the checkout. A run that waited, or is repeated, would
// else work on the commit of its beginning, and could not commit on top of what came since.
func checkedOut(o pyproject.Options) []input {
	inputs := slices.Concat(withoutCredentials, variables(o.Checkout))
	if commits(o) && o.CheckedOut() == "" {
		inputs = append(inputs, input{"ref", comment(plain("${{ github.ref }}"), "the newest commit, also where the run has waited")})
	}
	return inputs
}

// containers adds the deployment environment, the container and the services of a job.
func containers(job *yaml.Node, o pyproject.Options) {
	if o.Environment != "" {
		add(job, "environment", text(o.Environment))
	}
	if o.Container != nil {
		add(job, "container", container(*o.Container))
	}
	if len(o.Services) > 0 {
		services := mapping()
		for _, s := range o.Services {
			addNamed(services, s.Name, container(s.Container))
		}
		add(job, "services", services)
	}
}

func container(c pyproject.Container) *yaml.Node {
	image := text(c.Image)
	if !strings.Contains(c.Image, "@sha256:") {
		comment(image, "zizmor: ignore[unpinned-images] pyproject.toml asks for this tag, whose image is mended by its owner")
	}
	node := mapping("image", image)
	addVariables(node, variables(c.Env))
	for _, list := range []struct {
		name  string
		items []string
	}{{"ports", c.Ports}, {"volumes", c.Volumes}} {
		if len(list.items) > 0 {
			add(node, list.name, texts(list.items))
		}
	}
	if c.Options != "" {
		add(node, "options", text(c.Options))
	}
	return node
}

// conditions say when a step after the entrypoint runs. A failure before it counts, and
// so does one of the check; skipped work does not.
var conditions = map[string]string{
	pyproject.OnSuccess: onlyIfRun,
	pyproject.OnFailure: "failure() && steps.check.outputs.run != 'false'",
	pyproject.Always:    "always() && steps.check.outputs.run != 'false'",
}

// afterwards completes a step after the entrypoint. One that delivers results must not
// fail, or the window is not confirmed: see schedule.DeliveryMark. Any other must not
// keep results from being delivered.
func afterwards(s step, when string) step {
	s.cond = conditions[when]
	if when == pyproject.OnSuccess {
		s.name = schedule.DeliveryMark + s.name
	} else {
		s.name, s.soft = "After: "+s.name, true
	}
	return s
}

// after returns the steps after the entrypoint: first the commit, so that what follows can
// tell of it. "job.status: The current status of the
// job. Possible values are success, failure, or cancelled."
// https://docs.github.com/actions/reference/workflows-and-actions/contexts#job-context
func (t Target) after(job pyproject.Job) []step {
	var steps []step
	if commits(job.Options) {
		steps = append(steps, afterwards(step{name: "commit", uses: &t.Action, with: append(t.inputs("commit", job), served)}, job.Options.Commit.When))
	}
	for i, s := range t.own("after", job.Options.After) {
		own := job.Options.After[i]
		s.env = append(stepEnv(job.Options, own.Env), input{"SCHEDULED_OUTCOME", plain("${{ job.status }}")})
		steps = append(steps, afterwards(s, own.When))
	}
	if a := job.Options.Artifacts; len(a.Paths) > 0 {
		steps = append(steps, afterwards(upload(a, job), a.When))
	}
	return append(steps, t.heartbeat(job)...)
}

// namesHidden reports whether a pattern names a file or folder that begins with a dot.
func namesHidden(patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return strings.HasPrefix(p, ".") && p != "." || strings.Contains(p, "/.") })
}

// upload returns the step that uploads artifacts. A further attempt of the run replaces
// those of the first.
// https://github.com/actions/upload-artifact#inputs
func upload(a pyproject.Artifacts, job pyproject.Job) step {
	hidden := namesHidden(a.Paths)
	paths := globs(a.Paths)
	if hidden { // the action finds hidden files only if it looks for all of them
		paths = append(paths, "!.git/**", "!.github/workflows/**")
	}
	with := []input{
		{"name", text(cmp.Or(a.Name, job.Slug) + perSlot(job))},
		{"path", lines(strings.Join(paths, "\n"))},
		{"overwrite", plain("true")},
	}
	if hidden {
		with = append(with, input{"include-hidden-files", plain("true")})
	}
	if a.Retention > 0 {
		with = append(with, input{"retention-days", plain(fmt.Sprint(a.Retention))})
	}
	return step{name: "artifacts", uses: &uploadArtifact, with: with}
}

// cache returns the step that brings back what earlier runs of a job kept, and keeps it
// after this one: nothing if there is nothing to keep. A cache cannot change, so each run
// makes one. No failure of it counts.
// https://github.com/actions/cache/blob/main/tips-and-workarounds.md#update-a-cache
func cache(job pyproject.Job) []step {
	if len(job.Options.Cache) == 0 {
		return nil
	}
	key := stem(job) + "-${{ runner.os }}-"
	return []step{{name: "Cache", uses: &actionsCache, soft: true, with: []input{
		{"path", lines(strings.Join(globs(job.Options.Cache), "\n"))},
		{"key", text(key + "${{ github.run_id }}-${{ github.run_attempt }}" + perSlot(job))},
		{"restore-keys", text(key)},
	}}}
}

// globs writes patterns, in which only * and ** have a meaning, for the actions.
func globs(patterns []string) []string {
	var written []string
	for _, p := range patterns {
		if strings.ContainsAny(p[:1], "!#~ ") {
			p = "./" + p
		}
		written = append(written, notStar.Replace(p))
	}
	return written
}

var notStar = strings.NewReplacer("[", "[[]", "?", "[?]")

// own returns the project's own steps of the list with that name. Each has a name. GitHub names a step without
// one after what it runs, and a step that runs a command called entrypoint could then
// pass for the step that is evidence.
func (t Target) own(list string, own []pyproject.Step) []step {
	var steps []step
	for i, own := range own {
		s := step{name: own.Name, with: variables(own.With)}
		if s.name == "" {
			s.name = fmt.Sprintf("Step %d of %s", i+1, list)
		}
		if own.Run != "" {
			s.run, s.dir, s.shell, s.theirs = own.Run, t.dir(), "bash", true
			s.exception = exception(own.Run)
		} else {
			s.own = ownUses(own)
		}
		steps = append(steps, s)
	}
	return steps
}

// ahead returns the project's own steps of a list before the entrypoint.
func (t Target) ahead(list string, own []pyproject.Step, o pyproject.Options) []step {
	steps := t.own(list, own)
	for i := range steps {
		steps[i].env = setupEnv(o, own[i].Env)
	}
	return steps
}

// ownUses returns the action of one of the project's own steps. It is in quotes, which
// distinguishes it from our references, also in an existing file.
func ownUses(s pyproject.Step) *yaml.Node {
	node := text(s.Uses)
	switch {
	case strings.HasPrefix(s.Uses, "./"):
		comment(node, "zizmor: ignore[self-repository] actionlint does not know the other form")
	case s.Note != "":
		comment(node, s.Note)
	}
	return node
}

// installs matches the programs for which zizmor reports any installation of a package.
// https://docs.zizmor.sh/audits/#adhoc-packages
var installs = pattern.New(`\b(?:npm|npx|pnpm|yarn|bun|gem|cargo|go|pip|pip3|pipx|uv|uvx|poetry|composer|dotnet|brew|cpan|luarocks|mix|conda|mamba)\b`)

// exception returns the comment that tells zizmor to accept the project's own lines.
func exception(lines string) string {
	if installs.MatchString(lines) {
		return "zizmor: ignore[adhoc-packages] the project's own lines, as they stand in pyproject.toml"
	}
	return ""
}

// entrypointEnv is the environment of the step that runs the entrypoint. No other step
// gets the secrets and the token.
func entrypointEnv(o pyproject.Options) []input {
	env := slices.Concat(stepEnv(o, nil), expressions("secrets", o.Secrets, nil))
	if o.Token {
		env = append(env, input{pyproject.Token, plain("${{ github.token }}")})
	}
	return append(env, heartbeatEnv(o)...)
}

// heartbeatEnv is what a step needs that tells the monitor of a job about it.
func heartbeatEnv(o pyproject.Options) []input {
	if o.Heartbeat == "" {
		return nil
	}
	url := comment(plain("${{ secrets."+o.Heartbeat+" }}"), "told how the job goes; the entrypoint does not get it")
	return []input{{pyproject.HeartbeatVariable, url}}
}

// heartbeat returns the step that tells the monitor of a job about a failure before or
// after the entrypoint: nothing without a monitor. run itself tells about its own.
func (t Target) heartbeat(job pyproject.Job) []step {
	if job.Options.Heartbeat == "" {
		return nil
	}
	s := afterwards(step{name: "heartbeat", uses: &t.Action, with: t.inputs("heartbeat", job)}, pyproject.OnFailure)
	s.env = append(heartbeatEnv(job.Options), input{pyproject.RunOutcome, plain("${{ steps." + runStep + ".outcome }}")})
	s.cond = "(failure() || cancelled()) && " + onlyIfRun +
		" && steps." + runStep + ".outcome != 'failure' && steps." + runStep + ".outcome != 'cancelled'"
	return []step{s}
}

// setupEnv is the environment of a step that comes before the entrypoint: of the set-up,
// or one of the project's own with variables of its own.
func setupEnv(o pyproject.Options, own []pyproject.Pair) []input {
	return slices.Concat(stepEnv(o, own), expressions("secrets", o.SetupSecrets, own))
}

// stepEnv is what all steps have, and own variables over it.
func stepEnv(o pyproject.Options, own []pyproject.Pair) []input {
	return slices.Concat(variables(pyproject.Over(o.Env, own)), expressions("vars", o.Vars, own))
}

// expressions reads variables from a context of GitHub's, except those that a step sets
// itself.
func expressions(context string, pairs, own []pyproject.Pair) []input {
	var env []input
	for _, p := range pairs {
		if !slices.ContainsFunc(own, func(o pyproject.Pair) bool { return strings.EqualFold(o.Name, p.Name) }) {
			env = append(env, input{p.Name, plain("${{ " + context + "." + p.Value + " }}")})
		}
	}
	return env
}

func variables(pairs []pyproject.Pair) []input {
	var inputs []input
	for _, p := range pairs {
		inputs = append(inputs, input{p.Name, lines(p.Value)})
	}
	return inputs
}

// addVariables adds the environment of a step or of a container, if it has one.
func addVariables(node *yaml.Node, env []input) {
	if len(env) == 0 {
		return
	}
	mapped := mapping()
	for _, v := range env {
		addNamed(mapped, v.name, v.value)
	}
	add(node, "env", mapped)
}
