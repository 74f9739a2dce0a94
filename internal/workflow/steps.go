package workflow

import (
	"slices"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// step is one step of a job: either uses, with its inputs, or a shell line.
type step struct {
	name string
	id   string
	cond string
	uses *Uses
	with []input
	run  string
	dir  string // working directory of run; "." for the repository's root

	soft      bool // a failure does not count
	env       []input
	own       *yaml.Node // the action of one of the project's own steps
	theirs    bool       // run are lines of the project's own
	shell     string     // of run; "" for that of the runner
	exception string     // a comment for zizmor behind run; "" for none
}

// input is one line of `with` or `env`.
type input struct {
	name  string
	value *yaml.Node
}

// withoutCredentials keeps the token out of the git configuration, where every
// later step could read it.
var withoutCredentials = []input{{"persist-credentials", plain("false")}}

// onlyIfRun is the condition of all that follows the check.
const onlyIfRun = "steps.check.outputs.run == 'true'"

// steps returns the steps of a job: check first, so that a confirmed window
// costs no set-up.
func (t Target) steps(job pyproject.Job, setup []step) []*yaml.Node {
	all := []step{
		{name: "Checkout", uses: &checkout, with: checkedOut(job.Options)},
		t.checkStep(job),
	}
	missed := "steps.check.outputs.missed"
	if job.Lanes() {
		all[1].with = append(all[1].with, input{"slot", plain("${{ matrix.slot }}")})
		missed = "needs.check.outputs.missed"
	}
	for i := range setup {
		setup[i].env = setupEnv(job.Options, nil)
	}
	own := job.Options
	for _, s := range slices.Concat(cache(job), t.ahead("before", own.Before, own), setup, t.ahead("prepare", own.Prepare, own)) {
		s.cond = onlyIfRun
		all = append(all, s)
	}
	all = append(all, step{name: schedule.EvidenceStep, id: runStep, cond: onlyIfRun, uses: &t.Action, env: entrypointEnv(job.Options), with: append(t.inputs("run", job), served,
		input{"missed", plain("${{ " + missed + " }}")},
	)})
	all = append(all, said(job)...)
	all = append(all, t.after(job)...)
	return nodes(all)
}

func nodes(steps []step) []*yaml.Node {
	var nodes []*yaml.Node
	for _, s := range steps {
		nodes = append(nodes, s.node())
	}
	return nodes
}

// checkStep returns the step that decides.
func (t Target) checkStep(job pyproject.Job) step {
	return step{name: "Check window", id: "check", uses: &t.Action, with: t.inputs("check", job)}
}

// nextOfCheck is when the job asked to be run next, as the check of a run that skips
// because of that hands it on.
const nextOfCheck = "steps.check.outputs.next"

// runStep is the id of the step that runs the entrypoint.
const runStep = "run"

// said returns the steps after the entrypoint whose names tell what it said, to people and
// to a history, which reads the names of steps anyway. Both do nothing. A command has no
// way to ask for a next run.
// "`jobs.<job_id>.steps.name`: github, needs, strategy, matrix, job, runner, env, vars,
// secrets, steps, inputs"
// https://docs.github.com/actions/reference/workflows-and-actions/contexts#context-availability
func said(job pyproject.Job) []step {
	outcome := namedBy(schedule.OutcomeMark, "steps."+runStep+".outputs.outcome")
	outcome.cond = "always() && " + outcome.cond
	if job.Options.Command != nil {
		return []step{outcome}
	}
	next := "steps." + runStep + ".outputs.next"
	if !job.Lanes() {
		next += " || " + nextOfCheck
	}
	return []step{namedBy(schedule.NextMark, next), outcome}
}

// namedBy returns a step that does nothing. Its name is a mark and the value of an
// expression, and without a value it is skipped.
func namedBy(mark, expression string) step {
	return step{name: mark + "${{ " + expression + " }}", cond: expression, run: "true", dir: ".", shell: "bash"}
}

// served is the input with the window that the run serves.
var served = input{"window", plain("${{ steps.check.outputs.window-start }}")}

func (t Target) inputs(command string, job pyproject.Job) []input {
	return append([]input{{"command", plain(command)}, {"job", text(job.ID)}}, inFolder(t.dir())...)
}

// inFolder returns the input that names the project's folder, if that is not
// the repository's root.
func inFolder(dir string) []input {
	if dir == "." {
		return nil
	}
	return []input{{"project", text(dir)}}
}

func (s step) node() *yaml.Node {
	node := mapping("name", label(s.name))
	if s.id != "" {
		add(node, "id", plain(s.id))
	}
	if s.cond != "" {
		add(node, "if", plain(s.cond))
	}
	if s.soft {
		add(node, "continue-on-error", plain("true"))
	}
	if s.uses != nil {
		add(node, "uses", s.uses.node())
	}
	if s.own != nil {
		add(node, "uses", s.own)
	}
	if len(s.with) > 0 {
		with := mapping()
		for _, in := range s.with {
			addNamed(with, in.name, in.value)
		}
		add(node, "with", with)
	}
	if s.run != "" {
		if s.shell != "" {
			add(node, "shell", plain(s.shell))
		}
		add(node, "run", s.lines())
		if s.dir != "." {
			add(node, "working-directory", text(s.dir))
		}
	}
	addVariables(node, s.env)
	return node
}

// lines returns what the step runs. Our own steps run one line that needs no quotes.
func (s step) lines() *yaml.Node {
	node := plain(s.run)
	if s.theirs || otherThanText[s.run] {
		node = lines(s.run)
	}
	if s.exception != "" {
		comment(node, s.exception)
	}
	return node
}
