package onboarding

import (
	"fmt"
	"path"
	"path/filepath"
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
	Do     string `json:"do"`             // a command, or a sentence; what was done, if it is
	Costs  string `json:"costs"`          // "" if it is done
	Rights string `json:"rights"`         // that it takes on GitHub; "" for none
	Does   string `json:"does,omitempty"` // where the command does not say it
}

// Way is the way to the first run.
type Way struct {
	*Beginning
	Written bool                                 // by Write
	Tried   string                               // how a job ended on this machine; "" if none ran
	Program string                               // "scheduled", with the project of the first job where it needs to be named
	Status  string                               // the command that shows how the jobs are
	Offer   *Offer                               // what can be imported
	Runs    func() Runs                          // says how the jobs have run on GitHub; is asked once everything is pushed
	Git     func(args ...string) (string, error) // runs git in the repository's root
}

// What a step costs, in a private repository, and the rights that it takes.
const (
	nothing = "nothing"
	started = "1 runner minute, more if the job takes longer"
	writes  = "contents, workflows: write"
)

// costs says what a change of the repository costs, in runner minutes.
func (w Way) costs(minutes int) string {
	words := problem.Count(minutes, "runner minute")
	if w.others() {
		words += ", and those of your other workflows"
	}
	return words
}

// others reports whether the repository has workflows that are not ours.
func (w Way) others() bool {
	there, _ := filepath.Glob(filepath.Join(w.Place.Root, filepath.FromSlash(workflow.Dir), "*.y*ml"))
	ours := map[string]bool{}
	for _, changes := range [][]workflow.Change{w.Files.Created, w.Files.Updated, w.Files.Deleted, w.Files.Unchanged} {
		for _, c := range changes {
			ours[path.Base(c.Path)] = true
		}
	}
	return slices.ContainsFunc(there, func(file string) bool { return !ours[filepath.Base(file)] })
}

// pushed returns how many runner minutes a push to the default branch takes that changes
// jobs: the check of the files, and the rescues.
func (b *Beginning) pushed() int {
	minutes := 1
	for _, t := range b.targets {
		if _, rescue := workflow.Costs(t.Project); rescue != "" {
			minutes++
		}
	}
	return minutes
}

// Steps returns the steps, in their order.
func (w Way) Steps() []Step {
	jobs := w.hosted()
	switch {
	case len(w.Jobs()) == 0:
		return []Step{w.Offer.step()}
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
		return append(append(steps, Step{Name: "push", Done: true, Do: "pushed to " + w.Keeper.Branch}), w.start(jobs[0].ID, w.Runs())...)
	}
	try := Step{Name: "try", Do: problem.Command(w.Program+" run", jobs[0].ID), Costs: nothing}
	if w.Tried != "" {
		try = Step{Name: "try", Done: true, Do: w.Tried}
	}
	if w.Import != nil && w.Import.Glue() {
		steps = append(steps, Step{Name: "glue", Do: "Do by hand what needs glue: see above.", Costs: nothing})
	}
	return slices.Concat(steps, []Step{try}, w.commit(), w.publish(), w.start(jobs[0].ID, Runs{}))
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
	if _, installed := w.ask("--version"); !installed {
		steps = append(steps, Step{Name: "git", Do: "Install git, which is not on PATH: https://git-scm.com/downloads", Costs: nothing})
	}
	if _, repository := w.ask("rev-parse", "--git-dir"); !repository {
		steps = append(steps, Step{Name: "repository", Do: "git init --initial-branch=" + problem.ShellWord(w.Keeper.Branch), Costs: nothing})
	}
	if !added {
		add := "git add"
		for _, path := range w.needed() {
			add += " " + w.Word(path)
		}
		steps = append(steps, Step{Name: "add", Do: add, Costs: nothing})
	}
	return append(steps, Step{Name: "commit", Do: `git commit -m "Add scheduled jobs"`, Costs: nothing})
}

// publish returns the steps that bring the commit to the default branch on GitHub.
func (w Way) publish() (steps []Step) {
	create := "gh repo create --private --source=" + w.Word(".")
	_, remote := w.ask("remote", "get-url", "origin")
	switch {
	case !remote && w.Keeper.Token == workflow.NoToken:
		return []Step{{Name: "push", Do: create + " --push", Costs: w.costs(w.pushed()), Rights: writes}}
	case !remote:
		steps = append(steps, Step{Name: "create", Do: create, Costs: nothing, Rights: "an account"})
	}
	const rights = "Contents, Pull requests and Workflows: read and write"
	switch w.Keeper.Token {
	case workflow.App:
		steps = append(steps,
			Step{Name: "token", Do: "Create a GitHub App with the repository permissions " + rights + ". Install it on this repository.", Costs: nothing, Rights: "administration"},
			Step{Name: "variable", Do: "gh variable set " + workflow.ClientIDVariable, Costs: nothing, Rights: "variables: write"},
			Step{Name: "secret", Do: "gh secret set " + workflow.PrivateKeySecret + " <key.pem", Costs: nothing, Rights: "secrets: write"})
	case workflow.PAT:
		steps = append(steps,
			Step{Name: "token", Do: "Create a fine-grained personal access token for this repository with the permissions " + rights + ".", Costs: nothing},
			Step{Name: "secret", Do: "gh secret set " + workflow.TokenSecret, Costs: nothing, Rights: "secrets: write"})
	}
	push, current := "git push --set-upstream origin ", w.Keeper.Branch
	if at, known := w.ask("symbolic-ref", "--short", "HEAD"); known {
		current = at
	}
	if current != w.Keeper.Branch {
		return append(steps,
			Step{Name: "push", Do: push + problem.ShellWord(current), Costs: nothing, Rights: writes},
			Step{Name: "propose", Do: "gh pr create --fill", Costs: w.costs(1), Rights: "pull requests: write"},
			Step{Name: "merge", Do: "gh pr merge", Costs: w.costs(w.pushed()), Rights: writes})
	}
	return append(steps, Step{Name: "push", Do: push + problem.ShellWord(w.Keeper.Branch), Costs: w.costs(w.pushed()), Rights: writes})
}

// start returns the steps to the first green run, which is done if there is one.
func (w Way) start(job string, runs Runs) (steps []Step) {
	look := Step{Name: "look", Do: w.Status, Costs: nothing, Rights: "actions: read"}
	if runs.Green != "" {
		return []Step{{Name: "start", Done: true, Do: "first green run " + runs.Green}, look}
	}
	if runs.Failed != "" {
		steps = []Step{{Name: "mend", Do: "Find out why the newest run failed: " + runs.Failed, Costs: nothing}}
	}
	return append(steps, Step{Name: "start", Do: problem.Command(w.Program+" trigger", job, "--wait"), Costs: started, Rights: "actions: write"}, look)
}

// Word returns a path from the repository's root as a word of a command, from the working
// folder.
func (w Way) Word(path string) string {
	file := filepath.Join(w.Place.Root, filepath.FromSlash(path))
	if here, err := filepath.Abs("."); err == nil {
		if rel, err := filepath.Rel(here, file); err == nil {
			file = rel
		}
	}
	return problem.ShellWord(filepath.ToSlash(file))
}

// ask returns what git prints, and whether it succeeds.
func (w Way) ask(args ...string) (string, bool) {
	out, err := w.Git(args...)
	return out, err == nil
}

// index reports whether everything is added to the index of git as it is, and committed.
func (w Way) index() (added, committed bool) {
	_, tracked := w.ask(w.named("ls-files", "--error-unmatch")...)
	changes, known := w.changes()
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
	changes, known := w.changes()
	_, same := w.ask(w.named("diff", "--quiet", "refs/remotes/origin/"+w.Keeper.Branch)...)
	return same && known && !strings.Contains("\n"+changes, "\n? ")
}

// changes returns what git says of changed and untracked files among those that are needed.
func (w Way) changes() (status string, known bool) {
	return w.ask(append(w.named("status", "--porcelain=v2"), ":(exclude,glob)**/__pycache__/**")...)
}

// named adds what is needed to the arguments of git.
func (w Way) named(args ...string) []string {
	return append(append(args, "--"), w.needed()...)
}

// needed returns what is needed, without code that git ignores.
func (w Way) needed() []string {
	paths := w.Needed()
	list, _ := w.ask(append([]string{"check-ignore", "--"}, paths...)...)
	ignored := strings.Split(list, "\n")
	return slices.DeleteFunc(paths, func(p string) bool {
		return slices.Contains(ignored, p) && p != workflow.Dir && path.Base(p) != "pyproject.toml"
	})
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
		if step.Does != "" {
			line += "\n   " + step.Does
		}
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

// Costs returns the rows of a table of what the jobs, their rescue and pushes cost in a month,
// while there are steps left that lead to that.
func (b *Beginning) Costs(steps []Step) (rows [][]string) {
	if !slices.ContainsFunc(steps, func(s Step) bool { return s.Name == "start" && !s.Done }) {
		return nil
	}
	for _, t := range b.targets {
		if jobs, rescue := workflow.Costs(t.Project); jobs != "" {
			of := ""
			if b.All != nil {
				of = " of " + t.Path
			}
			rows = append(rows, []string{"  " + problem.Count(len(t.Project.Hosted()), "job") + of, jobs})
			if rescue != "" {
				rows = append(rows, []string{"  rescue" + of, rescue})
			}
		}
	}
	return append(rows, []string{"  pushes", fmt.Sprintf("up to %d for each to %s, 1 for each to a pull request", b.pushed(), problem.Show(b.Keeper.Branch))})
}
