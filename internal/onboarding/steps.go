package onboarding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Step is a step to the first run on GitHub.
type Step struct {
	Name   string `json:"name"`
	Done   bool   `json:"done"`
	Do     string `json:"do"`     // a command, or a sentence; what was done, if it is
	Costs  string `json:"costs"`  // "" if it is done
	Rights string `json:"rights"` // that it takes on GitHub; "" for none
}

// Way is the way to the first run.
type Way struct {
	*Beginning
	Written bool                                 // by Write
	Tried   string                               // how a job ended on this machine; "" if none ran
	Program string                               // "scheduled", with the project of the first job where it needs to be named
	Status  string                               // the command that shows how the jobs are
	Add     string                               // how to get a first job
	First   func() string                        // says where the first green run is, "" if there is none; is asked once everything is pushed
	Git     func(args ...string) (string, error) // runs git in the repository's root
	Here    func(path string) string             // returns a path from the repository's root as one from the working folder
}

// What a step costs, in a private repository, and the rights that it takes.
const (
	nothing = "nothing"
	minute  = "1 runner minute"
	minutes = "2 runner minutes" // the check of the files, and the rescue
	writes  = "contents, workflows: write"
)

// Steps returns the steps, in their order.
func (w Way) Steps() []Step {
	jobs := w.hosted()
	switch {
	case len(w.Jobs()) == 0:
		return []Step{{Name: "declare", Do: w.Add, Costs: nothing}}
	case len(jobs) == 0:
		return []Step{{Name: "serve", Do: w.Program + " serve --local", Costs: nothing}}
	}
	steps := []Step{
		{Name: "declare", Done: true, Do: problem.Count(len(jobs), "job") + " declared"},
		{Name: "write", Done: w.Written, Do: "workflow files written"},
	}
	if !w.Written {
		steps[1].Do, steps[1].Costs = w.Program+" init", nothing
	}
	if w.onDefault() {
		return append(append(steps, Step{Name: "push", Done: true, Do: "pushed to " + w.Keeper.Branch}), w.start(jobs[0].ID, w.First())...)
	}
	try := Step{"try", false, problem.Command(w.Program+" run", jobs[0].ID), nothing, ""}
	if w.Tried != "" {
		try = Step{Name: "try", Done: true, Do: w.Tried}
	}
	if w.Import != nil && w.Import.Glue() {
		steps = append(steps, Step{"glue", false, "Do by hand what needs glue: see above.", nothing, ""})
	}
	return slices.Concat(steps, []Step{try}, w.commit(), w.publish(), w.start(jobs[0].ID, ""))
}

// hosted returns the jobs that run on GitHub.
func (w Way) hosted() []pyproject.Job {
	return slices.DeleteFunc(w.Jobs(), func(job pyproject.Job) bool { return !job.Hosted() })
}

// commit returns the steps to a commit.
func (w Way) commit() []Step {
	added, committed := w.index()
	if committed {
		return []Step{{Name: "commit", Done: true, Do: "committed"}}
	}
	var steps []Step
	if _, repository := w.ask("rev-parse", "--git-dir"); !repository {
		steps = append(steps, Step{"repository", false, "git init --initial-branch=" + problem.ShellWord(w.Keeper.Branch), nothing, ""})
	}
	if !added {
		add := "git add"
		for _, path := range w.Needed() {
			add += " " + w.word(path)
		}
		steps = append(steps, Step{"add", false, add, nothing, ""})
	}
	return append(steps, Step{"commit", false, `git commit -m "Add scheduled jobs"`, nothing, ""})
}

// publish returns the steps that bring the commit to the default branch on GitHub.
func (w Way) publish() (steps []Step) {
	create := "gh repo create --private --source=" + w.word(".")
	_, remote := w.ask("remote", "get-url", "origin")
	switch {
	case !remote && w.Keeper.Token == workflow.NoToken:
		return []Step{{"push", false, create + " --push", minutes, writes}}
	case !remote:
		steps = append(steps, Step{"create", false, create, nothing, "an account"})
	}
	const rights = "Contents, Pull requests and Workflows: read and write"
	switch w.Keeper.Token {
	case workflow.App:
		steps = append(steps,
			Step{"token", false, "Create a GitHub App with the repository permissions " + rights + ". Install it on this repository.", nothing, "administration"},
			Step{"variable", false, "gh variable set " + workflow.ClientIDVariable, nothing, "variables: write"},
			Step{"secret", false, "gh secret set " + workflow.PrivateKeySecret + " <key.pem", nothing, "secrets: write"})
	case workflow.PAT:
		steps = append(steps,
			Step{"token", false, "Create a fine-grained personal access token for this repository with the permissions " + rights + ".", nothing, ""},
			Step{"secret", false, "gh secret set " + workflow.TokenSecret, nothing, "secrets: write"})
	}
	push, current := "git push --set-upstream origin ", w.Keeper.Branch
	if at, known := w.ask("symbolic-ref", "--short", "HEAD"); known {
		current = at
	}
	if current != w.Keeper.Branch {
		return append(steps,
			Step{"push", false, push + problem.ShellWord(current), nothing, writes},
			Step{"propose", false, "gh pr create --fill", minute, "pull requests: write"},
			Step{"merge", false, "gh pr merge", minutes, writes})
	}
	return append(steps, Step{"push", false, push + problem.ShellWord(w.Keeper.Branch), minutes, writes})
}

// start returns the steps to the first run, which is done if that has a URL.
func (w Way) start(job, url string) []Step {
	start := Step{"start", false, problem.Command(w.Program+" trigger", job, "--wait"), minute, "actions: write"}
	if url != "" {
		start = Step{Name: "start", Done: true, Do: "first green run " + url}
	}
	return []Step{start, {"look", false, w.Status, nothing, "actions: read"}}
}

// word returns a path from the repository's root as a word of a command.
func (w Way) word(path string) string { return problem.ShellWord(w.Here(path)) }

// ask returns what git prints, and whether it succeeds.
func (w Way) ask(args ...string) (string, bool) {
	out, err := w.Git(args...)
	return out, err == nil
}

// index reports whether everything is added to the index of git as it is, and committed.
func (w Way) index() (added, committed bool) {
	_, tracked := w.ask(w.named("ls-files", "--error-unmatch")...)
	changes, known := w.ask(w.named("status", "--porcelain=v2")...)
	added = tracked && known
	for line := range strings.Lines(changes) {
		added = added && (line[0] == '1' || line[0] == '2') && line[3] == '.' // changed in the index, and as it is there
	}
	return added, added && changes == ""
}

// onDefault reports whether the default branch, when it was last pushed or fetched, had
// everything as it is here.
func (w Way) onDefault() bool {
	if _, all := w.ask(w.named("ls-files", "--error-unmatch")...); !all {
		return false
	}
	_, same := w.ask(w.named("diff", "--quiet", "refs/remotes/origin/"+w.Keeper.Branch)...)
	return same
}

func (w Way) named(args ...string) []string {
	return append(append(args, "--"), w.Needed()...)
}

// Text says what is done, and lists the steps that are left.
func Text(steps []Step) string {
	var done, left []string
	for _, step := range steps {
		if step.Done {
			done = append(done, step.Do)
			continue
		}
		line := fmt.Sprintf("%d. %s", len(left)+1, step.Do)
		var takes []string
		if step.Costs != nothing {
			takes = append(takes, step.Costs)
		}
		if step.Rights != "" {
			takes = append(takes, "rights: "+step.Rights)
		}
		if len(takes) > 0 {
			line += "\n   " + strings.Join(takes, "; ")
		}
		left = append(left, line)
	}
	text := "\nNext, free where no cost is given:\n" + strings.Join(left, "\n") + "\n"
	if len(done) > 0 {
		text = "\nDone: " + strings.Join(done, ", ") + "\n" + text
	}
	return text
}

// Costs returns the rows of a table of what the jobs and their rescue cost in a month, while
// there are steps left that lead to that.
func (b *Beginning) Costs(steps []Step) (rows [][]string) {
	if !slices.ContainsFunc(steps, func(s Step) bool { return s.Name == "start" && !s.Done }) {
		return nil
	}
	for _, t := range b.targets {
		if jobs, rescue := workflow.Costs(t.Project); jobs != "" {
			rows = append(rows, []string{"  " + problem.Count(len(t.Project.Hosted()), "job"), jobs})
			if rescue != "" {
				rows = append(rows, []string{"  rescue", rescue})
			}
		}
	}
	return rows
}
