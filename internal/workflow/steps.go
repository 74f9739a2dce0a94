package workflow

import (
	"path"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// The actions of others that generated files use, at the newest release we
// have tested. Newer pins that a bot has brought into a file are kept.
var (
	checkout    = Uses{"actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"}
	setupPython = Uses{"actions/setup-python", "5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"}

	// AppToken makes a token of a GitHub App.
	AppToken = Uses{"actions/create-github-app-token", "bcd2ba49218906704ab6c1aa796996da409d3eb1", "v3.2.0"}
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
}

// input is one line of `with`.
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
		{name: "Checkout", uses: &checkout, with: withoutCredentials},
		{name: "Check window", id: "check", uses: &t.Action, with: t.inputs("check", job)},
	}
	for _, s := range setup {
		s.cond = onlyIfRun
		all = append(all, s)
	}
	all = append(all, step{name: schedule.EvidenceStep, cond: onlyIfRun, uses: &t.Action, with: append(t.inputs("run", job),
		input{"window", plain("${{ steps.check.outputs.window-start }}")},
		input{"missed", plain("${{ steps.check.outputs.missed }}")},
	)})
	var nodes []*yaml.Node
	for _, s := range all {
		nodes = append(nodes, s.node())
	}
	return nodes
}

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
	node := mapping("name", plain(s.name))
	if s.id != "" {
		add(node, "id", plain(s.id))
	}
	if s.cond != "" {
		add(node, "if", plain(s.cond))
	}
	if s.uses != nil {
		add(node, "uses", s.uses.node())
	}
	if len(s.with) > 0 {
		with := mapping()
		for _, in := range s.with {
			add(with, in.name, in.value)
		}
		add(node, "with", with)
	}
	if s.run != "" {
		add(node, "run", plain(s.run))
		if s.dir != "." {
			add(node, "working-directory", text(s.dir))
		}
	}
	return node
}

// environment returns the steps that set up the Python environment of a job.
// has tells whether a file of the project's folder exists.
func (t Target) environment(job pyproject.Job, has func(name string) bool) []step {
	python := step{name: "Set up Python", uses: &setupPython, with: []input{t.pythonVersion(job, has)}}
	install, from := "", ""
	switch {
	case has("requirements.txt"):
		install, from = "python -m pip install -r requirements.txt", path.Join(t.dir(), "requirements.txt")
	case t.Project.BuildSystem:
		install, from = "python -m pip install .", t.Path
	default:
		return []step{python}
	}
	python.with = append(python.with, input{"cache", plain("pip")}, input{"cache-dependency-path", text(from)})
	return []step{python, {name: "Install dependencies", run: install, dir: t.dir()}}
}

// pythonVersion returns the input by which setup-python learns the version:
// the project's option, its pin, or the range that it declares. Without any
// setup-python would take whatever the runner has on its path.
// https://github.com/actions/setup-python#basic-usage
func (t Target) pythonVersion(job pyproject.Job, has func(name string) bool) input {
	switch {
	case job.Options.Python != "":
		return input{"python-version", text(job.Options.Python)}
	case has(".python-version"):
		return input{"python-version-file", text(path.Join(t.dir(), ".python-version"))}
	case t.Project.RequiresPython != "":
		return input{"python-version-file", text(t.Path)}
	}
	return input{"python-version", text("3.x")}
}
