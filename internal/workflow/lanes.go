package workflow

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// This file renders the second shape of a job's workflow: a job `check` finds the slots to
// run, and a job `run` of a matrix executes each of them in its lane. The matrix is the
// output of our own check, so nothing that a user wrote is part of an expression.

// onlyIfSlots is the condition of the job `run`: "The if conditional is evaluated before
// jobs.<job_id>.strategy.matrix is applied", so that a check without slots needs no matrix.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idif
const onlyIfSlots = "needs.check.outputs.run == 'true'"

// checkJob returns the job that decides which slots to run. It has none of the user's
// secrets, containers and steps, and no environment whose rules it could wait for.
func (t Target) checkJob(job pyproject.Job) *yaml.Node {
	steps := []step{
		{name: "Checkout", uses: &checkout, with: t.sparsely(job.Options)},
		t.checkStep(job),
	}
	if job.Schedule.Spec().CatchUp {
		steps = append(steps, namedBy(schedule.SettledMark, "steps.check.outputs.settled"))
	}
	if job.Options.Command == nil {
		steps = append(steps, namedBy(schedule.NextMark, nextOfCheck))
	}
	outputs := mapping()
	for _, name := range []string{"run", "matrix", "cancel", "missed"} {
		add(outputs, name, plain("${{ steps.check.outputs."+name+" }}"))
	}
	check := mapping("name", plain("Check window"), "if", plain(forkGuard))
	if !oneByOne(job) {
		add(check, "concurrency", group(stem(job)+"/check"))
	}
	add(check, "runs-on", runsOn(job.Options.RunsOn))
	add(check, "timeout-minutes", plain("10"))
	add(check, "permissions", permissions(pyproject.Options{}))
	add(check, "outputs", outputs)
	add(check, "steps", sequence(nodes(steps)...))
	return check
}

// sparsely returns the inputs of a checkout of what a check reads: pyproject.toml, the
// workflow files, and the files beside and above pyproject.toml that say how packages are
// installed. "By default, a sparse checkout includes all files of the root folder":
// https://github.com/actions/checkout#fetch-only-the-root-files-and-github-and-src-folder
func (t Target) sparsely(o pyproject.Options) []input {
	folders := []string{Dir}
	for _, file := range slices.Concat([]string{t.Path}, o.Requirements) {
		if dir := path.Dir(file); dir != "." {
			folders = append(folders, dir)
		}
	}
	slices.Sort(folders)
	inputs := slices.Concat(withoutCredentials, []input{{"sparse-checkout", lines(strings.Join(slices.Compact(folders), "\n"))}})
	if ref := o.CheckedOut(); ref != "" {
		inputs = append(inputs, input{"ref", text(ref)})
	}
	return inputs
}

// addLanes gives the job `run` its matrix and its concurrency. At most max-instances of a
// run's slots execute at once, and no two of a lane, or of a lock, whichever run they are of.
func addLanes(run *yaml.Node, job pyproject.Job) {
	add(run, "needs", plain("check"))
	add(run, "if", plain(onlyIfSlots))
	add(run, "strategy", mapping(
		"fail-fast", comment(plain("false"), "a slot that fails holds up no other"),
		"max-parallel", plain(fmt.Sprint(job.Options.MaxInstances)),
		"matrix", plain("${{ fromJSON(needs.check.outputs.matrix) }}"),
	))
	add(run, "concurrency", lane(job))
}

// lane returns the concurrency of a slot's execution. The group contains one /, and that of
// a lock two, so it is that of no workflow, whose groups are names of files, nor of another
// job. "Any string"; "the concurrency group name
// is case insensitive"; "the combination of queue: max and cancel-in-progress: true is not
// allowed and results in a workflow validation error", so where an execution may be
// cancelled, one slot waits, and the next to come replaces it.
// https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
func lane(job pyproject.Job) *yaml.Node {
	name := stem(job) + "/lane-${{ matrix.lane }}"
	if job.Options.Lock != "" {
		name = "scheduled/lock/" + job.Options.Lock
	}
	if job.Options.Cancel {
		return mapping("group", text(name), "cancel-in-progress",
			comment(plain("${{ needs.check.outputs.cancel == 'true' }}"), "a new window, not a spare tick of the one that executes"))
	}
	return group(name)
}

// oneByOne reports whether the runs of a job wait for each other as a whole: not where
// several windows may execute at once, or a new one cancels the execution of the last.
// There only the checks wait for each other, so that a run whose check may have it cancel an
// execution is in the lane before the check of the next run ends.
func oneByOne(job pyproject.Job) bool { return job.Options.MaxInstances <= 1 && !job.Options.Cancel }

// perSlot distinguishes what the slots of one run make; "" for a job whose runs have one
// slot at most. A slot itself has colons, which the name of an artifact must not have.
func perSlot(job pyproject.Job) string {
	if job.Schedule.Spec().CatchUp {
		return "-${{ strategy.job-index }}"
	}
	return ""
}
