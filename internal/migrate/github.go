package migrate

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// ghPair is a name and its value in a workflow, as written there.
type ghPair struct {
	Name, Value string
	Line        int
}

// ghStep is a step of a job in a workflow. Its texts can have expressions: ${{ … }}.
type ghStep struct {
	Line                                int
	Name, ID, If, Uses, Run, Shell, Dir string   // Shell and Dir are of the step, else of defaults.run; "" for none
	With, Env                           []ghPair // Env only of the step itself
	RunLine, IfLine                     int      // of the first line of Run, and of If; 0 without
	Soft                                bool     // continue-on-error
	Timeout                             string   // minutes; "" for none
}

// ghJob is a job of a workflow, with one combination of its matrix.
type ghJob struct {
	Workflow   string // its name, else the name of its file
	ID, Name   string // Name is "" for none
	Line       int
	Steps      []ghStep
	Env        []ghPair // of the workflow and of the job
	Dir, Shell string   // of defaults.run; "" for none

	node      *yaml.Node
	needs     []string
	parts     []*ghJob          // jobs whose steps are at the end of its own
	followers []*ghJob          // other jobs that need it
	others    []*ghJob          // those of them that no schedule runs
	results   map[string]ghPair // outputs of the jobs before it that are part of it: ID.NAME
	copies    int               // jobs of ours that come of its matrix
	cron      string            // the one that starts it; "" if several do
	matrix    map[string]any
	dispatch  map[string]ghInput // inputs of workflow_dispatch, by their names in lower case
	fallbacks map[string]string  // values of inputs where nobody gives one, likewise
	outputs   map[string]bool    // ids of steps, in lower case, whose outputs are used
	given     ghGiven
	hidden    []ghPair // secrets that stand for literal ones, with their lines
	deciding  string   // an outcome while an if is looked at: success, failure or cancelled
	depth     int
}

// ghPhase says which of the job's own steps get something.
type ghPhase int

const (
	ghSetup ghPhase = iota // before, prepare and the set-up
	ghMain                 // the command
	ghAfter                // after
)

// workflow is a workflow file.
type workflow struct {
	file  File
	root  *yaml.Node
	on    *yaml.Node
	name  string // "" for none
	crons []ghCron
	jobs  []*ghJob

	zoned   bool                  // the project has a time zone for all jobs
	several bool                  // more than one job comes of it
	others  map[string]*yaml.Node // see siblings
}

// workflowFile matches the folder in which GitHub reads workflows.
var workflowFile = pattern.New(`(?:^|/)\.github/workflows/[^/]+\.ya?ml$`)

var (
	hasOn   = pattern.New(`(?m)^['"]?on['"]?[ \t]*:`)
	hasJobs = pattern.New(`(?m)^['"]?jobs['"]?[ \t]*:`)
)

func isGitHub(f File) bool {
	return workflowFile.MatchString(f.slashed()) || hasOn.Match(f.Text) && hasJobs.Match(f.Text)
}

// ourWorkflow matches the line by which we know our own files: see package workflow.
var ourWorkflow = pattern.New(`(?m)\A(?:#.*\n)*# scheduled: \{"version":`)

func readGitHub(r *reader, f File) error {
	if ourWorkflow.Match(f.Text) {
		r.skip(Place{f.Path, 1}, "a workflow that scheduled wrote")
		return nil
	}
	root, err := readYAML(f)
	if err != nil {
		return err
	}
	w, err := newWorkflow(f, root)
	if err != nil {
		return err
	}
	if len(w.crons) == 0 {
		r.skip(Place{f.Path, lineOf(w.on, 1)}, "%s", w.unscheduled())
		return nil
	}
	if p := w.oddEnv(); p != nil {
		r.lose(Place{f.Path, p.Line}, "the variable %s has no text as its value, so GitHub does not run the file: write a secret as ${{ secrets.NAME }}", p.Value)
		return nil
	}
	var stay []*ghJob
	before := len(r.Jobs)
	jobs := w.scheduled()
	w.zoned = r.sharedZone()
	w.several = w.count(jobs) > 1
	for _, g := range jobs {
		if !w.read(r, g) {
			stay = append(stay, g)
		}
	}
	if len(r.Jobs) > before || len(stay) == 0 && w.count(jobs) > 0 { // the project may have them already
		w.stop(r, before, stay)
	}
	return nil
}

// stop makes the old file run none of the jobs from the n-th on by its schedule, which
// stays for those that could not be imported. Where that cannot be had, none is imported.
func (w *workflow) stop(r *reader, n int, stay []*ghJob) {
	content := w.unschedule()
	if len(stay) > 0 {
		content = w.exclude(stay)
	}
	switch imported := r.Jobs[n:]; {
	case content == nil && len(stay) > 0:
		r.withdraw(n)
		r.lose(Place{w.file.Path, w.crons[0].Line}, "the schedule: it has to stay for the job %s, and would start the other jobs too; move that job to a workflow of its own first", stay[0].ID)
	case content == nil:
		for i := range imported {
			imported[i].glue(w.crons[0].Line, "remove the schedule from %s, or both will run", path.Base(w.file.Path))
		}
	default:
		r.Changes = append(r.Changes, Change{w.file.Path, content})
		for i := range imported {
			if len(stay) > 0 {
				imported[i].kept(w.crons[0].Line, "the schedule of %s, which stays for the job %s and no longer starts this one", path.Base(w.file.Path), stay[0].ID)
			}
		}
	}
}

// newWorkflow reads what all jobs of a workflow have in common.
func newWorkflow(f File, root *yaml.Node) (*workflow, error) {
	const hint = "name a workflow, which has on and jobs, as in .github/workflows"
	w := &workflow{file: f, root: root, on: member(root, "on"), name: scalar(member(root, "name"))}
	if w.on == nil {
		w.on = member(root, "true") // as older tools write it
	}
	jobs := member(root, "jobs")
	switch {
	case root.Kind != yaml.MappingNode:
		return nil, yamlAt(f, root.Line, root.Column, hint, "the file is not a workflow")
	case w.on == nil:
		return nil, yamlAt(f, root.Line, root.Column, hint, "the file is not a workflow: it has no on")
	case jobs == nil || jobs.Kind != yaml.MappingNode:
		return nil, yamlAt(f, lineOf(jobs, root.Line), root.Column, hint, "the file is not a workflow: it has no jobs")
	}
	for _, p := range members(jobs) {
		if p.value.Kind != yaml.MappingNode {
			return nil, yamlAt(f, p.key.Line, p.key.Column, "give it runs-on and steps", "the job %s has nothing in it", p.key.Value)
		}
	}
	var err error
	if w.crons, err = w.readCrons(); err != nil {
		return nil, err
	}
	for _, p := range members(jobs) {
		w.jobs = append(w.jobs, w.newJob(p.key, p.value))
	}
	return w, nil
}

// oddEnv returns the name of a variable whose value is no text; nil without one.
func (w *workflow) oddEnv() *yaml.Node {
	all := []*yaml.Node{member(w.root, "env")}
	for _, p := range members(member(w.root, "jobs")) {
		all = append(all, member(p.value, "env"))
		for _, s := range items(member(p.value, "steps")) {
			all = append(all, member(s, "env"))
		}
	}
	for _, env := range all {
		for _, p := range members(env) {
			if p.value.Kind == yaml.MappingNode || p.value.Kind == yaml.SequenceNode {
				return p.key
			}
		}
	}
	return nil
}

// maxID is the length of what identifier returns, at most.
const maxID = 50

// generic are the names of files that say nothing about a workflow.
var generic = strings.Fields("main blank ci cd workflow workflows action actions python python-app python-package schedule scheduled cron build test run job jobs index github-actions")

// id returns the id of a job: of the workflow's file, or its name where the file's says
// nothing, and of the job if there are several.
func (w *workflow) id(g *ghJob, several bool) string {
	id := identifier(w.file.name())
	if named := identifier(w.name); named != "" && (id == "" || slices.Contains(generic, id)) {
		id = named
	}
	if several {
		own := identifier(g.ID)
		id = cmp.Or(id, "job")
		return strings.TrimRight(id[:min(len(id), max(1, maxID-1-len(own)))], "-_") + "-" + own
	}
	return id
}

// count returns how many of the jobs a schedule runs.
func (w *workflow) count(jobs []*ghJob) (n int) {
	for _, g := range jobs {
		if v := g.decide(condition(scalar(member(g.node, "if"))))[0]; !v.known || v.true() {
			n++
		}
	}
	return n
}
