package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

func (e *examination) configuration() (Check, bool) {
	const hint = "run `scheduled validate`, which shows every error in its place"
	if e.Wrong == nil {
		e.Wrong = Waiting(e.Project, e.Now())
	}
	problems, several := errors.AsType[problem.Problems](e.Wrong)
	switch {
	case several && len(problems) > 0:
		first := problems[0]
		c, _ := bad(fmt.Sprintf("%s, the first in line %d: %s", problem.Count(len(problems), "error"), first.Line, first.Message), hint)
		return c, e.Project != nil
	case e.Wrong != nil:
		return e.failed(e.Wrong, hint)
	case len(e.Project.Jobs) == 0:
		return Check{Message: e.Place.Path + " declares no job", Hint: "add an example with `scheduled init`, or a job of your own with `scheduled add`"}, false
	}
	message := e.Place.Path + " declares " + problem.Count(len(e.Project.Jobs), "job") + " without errors"
	if remarks := Remarks(e.Project, e.Place.Path, e.Now()); len(remarks) > 0 {
		message += ", and " + problem.Count(len(remarks), "remark") + " from `scheduled validate`: " + remarks[0]
	}
	return fine(message)
}

func (e *examination) environment() (Check, bool) {
	installed, err := e.target.Environments(e.repo.FS())
	if err != nil {
		return e.failed(errors.New(firstLine(err)), "run `scheduled validate`")
	}
	e.installed = installed
	var tools []string
	for _, i := range installed {
		if i.Environment.Tool != installer.None {
			tools = append(tools, string(i.Environment.Tool))
		}
	}
	if len(tools) == 0 {
		return fine("the jobs need no packages")
	}
	return fine("packages are installed with " + strings.Join(distinct(tools), ", "))
}

// python looks for the Python that would run the jobs on this machine.
func (e *examination) python() (Check, bool) {
	var found []string
	for _, i := range e.installed {
		launcher, err := python.Find(i.Environment, e.Place.Root, e.Place.Dir, python.Environ(e.Environ))
		if err != nil {
			c, _ := e.failed(err, "set up the project's environment, or put a Python on PATH")
			return c, true
		}
		found = append(found, launcher.Words)
	}
	if len(found) == 0 {
		return Check{}, true
	}
	return fine("jobs would run here with " + strings.Join(distinct(found), ", "))
}

// entrypoints proves that the entrypoints exist, without running them.
func (e *examination) entrypoints() (Check, bool) {
	proof, err := entrypoint.Jobs{Project: e.Project, Place: e.Place, Installed: workflow.ByJob(e.installed), Environ: e.Environ}.Prove()
	const hint = "run `scheduled validate --entrypoints`"
	switch {
	case err != nil:
		c, _ := e.failed(err, hint)
		return c, true
	case len(proof.Problems) > 0:
		first := proof.Problems[0]
		return bad(fmt.Sprintf("%s, the first in line %d: %s", problem.Count(len(proof.Problems), "error"), first.Line, first.Message), hint)
	case len(proof.Open) > 0:
		return fine("unknown: " + proof.Open[0].String())
	}
	return fine("all entrypoints exist")
}

// files compares the workflow files here with what the jobs need.
func (e *examination) files() (Check, bool) {
	plan, err := e.target.Plan(e.repo.FS())
	if err != nil {
		c, _ := e.failed(errors.New(firstLine(err)), problem.Hint(err))
		return c, true
	}
	if changes := plan.Changes(); len(changes) > 0 {
		return bad(fmt.Sprintf("%s out of step with %s, such as %s", count(len(changes), "workflow file is", "workflow files are"), e.Place.Path, changes[0].Path),
			"run `scheduled sync` and commit the files")
	}
	return fine(count(len(plan.Unchanged), "workflow file is", "workflow files are") + " in step with " + e.Place.Path)
}

// ledger looks whether the local history can be written.
func (e *examination) ledger() (Check, bool) {
	folder := filepath.Join(e.Place.Dir, ".scheduled")
	file, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return bad("the local history cannot be written: "+err.Error(), "let this user write to "+folder+", or remove it")
	}
	file.Close()
	os.Remove(file.Name())
	return fine("the local history in .scheduled/ can be written")
}

// count writes a number with what it is about, and its verb.
func count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// distinct returns the texts, each once.
func distinct(texts []string) (once []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			seen[text], once = true, append(once, text)
		}
	}
	return once
}
