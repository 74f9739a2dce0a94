package pyproject

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// reader turns the tables of a document into a Project, and collects everything that
// is wrong on the way: the document, the drafts in it, and a job of each.
type reader struct {
	text     string
	folder   string // of the project in the repository, with slashes; "." for its root
	findings []finding
	of       int // the job whose problems are reported: a draft, from 1, or after them a stray; 0 for the file

	drafts  []draft  // in file order
	strays  []string // ids of jobs with problems but without a draft
	name    string   // of the project
	named   span     // its place
	general []placed
	extras  []string        // that the project declares; nil if unknown
	groups  []string        // dependency groups that it declares
	scripts map[string]bool // what the project's scripts call: "module:callable"
}

// draft is a job that is declared but not read yet.
type draft struct {
	id          string
	table       string // the header of its declaration
	declaration *entry // the table with every and entrypoint
	options     *entry // the table with the job's options; nil if there is none
}

// whole reports whether the job is declared in the table with its options.
func (d draft) whole() bool { return d.declaration == d.options }

// project reads the whole document.
func (r *reader) project(root *entry) *Project {
	metadata := r.table(root.child("project"), "project")
	r.name = normalise(r.metadata(metadata.child("name"), `"my-project"`))
	if name := metadata.child("name"); name != nil {
		r.named = name.at
	}
	r.scripts = scripts(metadata)
	r.extras, r.groups = declaresExtras(root), declaresGroups(root)
	p := &Project{
		text:           r.text,
		Name:           r.name,
		RequiresPython: r.metadata(metadata.child("requires-python"), `">=3.11"`),
		BuildSystem:    root.child("build-system").isTable(),
		Dependencies:   dependencies(root),
		Tools:          tools(root),
	}
	tool := r.table(root.child("tool"), "tool")
	r.misspelt(tool)
	jobs := r.table(tool.child("scheduled"), jobsTable+".<job-id>")
	options := r.table(tool.child("scheduled-actions"), optionsTable)
	perJob := r.table(options.child("jobs"), optionsTable+".jobs.<job-id>")

	r.declared(jobs, perJob)
	r.undeclared(jobs, perJob)
	r.general = r.projectOptions(options, jobs)
	p.Rescue = r.rescue(options)
	p.Jobs = make([]Job, 0, len(r.drafts)) // jobs are large
	at := beginning
	for i, d := range r.drafts {
		at.advance(r.text, d.declaration.at.start)
		r.of = i + 1
		job := r.job(d)
		job.Line = at.line
		p.Jobs = append(p.Jobs, job)
	}
	r.clashes(p.Jobs, p.Rescue.Pages)
	r.needed(p.Jobs)
	return p
}

// rescue reads what the options of the project say about its rescue.
func (r *reader) rescue(table *entry) Rescue {
	o := r.defaults()
	for _, key := range r.general {
		key.set(&o)
	}
	r.overlap(o, r.general)
	r.unserved(o, r.general)
	if at := lastOf(r.general, "pacemaker", "rescue"); at != nil && o.rescue.pacemaker && o.rescue.every == 0 {
		r.report(*at, `write rescue = "15m", or remove pacemaker`, "pacemaker has no effect with rescue = false: its ticks restart it")
	}
	if at := lastOf(r.general, "pages", "rescue"); at != nil && o.rescue.pages != "" && o.rescue.every == 0 {
		r.report(*at, `write rescue = "15m", or remove pages`, "pages has no effect with rescue = false: the rescue starts the workflow that publishes the page")
	}
	rescue := Rescue{RunsOn: o.RunsOn, Notify: o.rescue.notify, Pacemaker: o.rescue.pacemaker,
		Pages: o.rescue.pages != "", AllPages: o.rescue.pages == AllProjects}
	if o.rescue.every > 0 {
		rescue.Rounds = schedule.NewRounds(o.Seed, o.rescue.every)
	}
	line := func(name string) int {
		if e := table.child(name); e != nil {
			return 1 + strings.Count(r.text[:e.at.start], "\n")
		}
		return 0
	}
	rescue.Line, rescue.PagesLine = line("rescue"), line("pages")
	return rescue
}

// table returns the entry if it is a table or nil; else it reports it and returns
// nil. header is the header of such tables.
func (r *reader) table(e *entry, header string) *entry {
	if e == nil || e.isTable() {
		return e
	}
	r.report(e.at, tableHint(e, "["+header+"]"), "%s must be a table, not %s", tomlKey(e.name), typeName(e.value))
	return nil
}

// tableHint returns the remedy for a value that must be a table.
func tableHint(e *entry, header string) string {
	if _, ok := e.value.([]map[string]any); ok {
		return "begin it with " + header + " in single brackets"
	}
	return "write it as a table that begins with " + header
}

// metadata returns a string of [project], or "" if there is none.
func (r *reader) metadata(e *entry, example string) string {
	if e == nil {
		return ""
	}
	s, flawed := parseName(e.value)
	r.valid(e, "a string", flawed, exampleHint(e.name, example))
	return s
}

var separators = pattern.New(`[-_.]+`)

// normalise returns a project's name in the form that PEP 503 compares.
// https://peps.python.org/pep-0503/#normalized-names
func normalise(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}

// misspelt reports tables that are almost certainly meant for us and would be ignored
// silently: [tool.scheduled_actions].
func (r *reader) misspelt(tool *entry) {
	for _, e := range tool.children() {
		for _, name := range []string{"scheduled", "scheduled-actions"} {
			if e.name != name && (fold(e.name) == fold(name) || name == "scheduled" && e.holdsJobs() && nearest(e.name, []string{name}) != "") {
				r.report(e.at, "did you mean [tool."+name+"]?", "unknown table [tool.%s]", tomlKey(e.name))
			}
		}
	}
}

// declared finds the jobs, in both places where one can be declared.
func (r *reader) declared(jobs, perJob *entry) {
	for _, e := range jobs.children() {
		if e.isTable() {
			r.drafts = append(r.drafts, draft{e.name, jobTable(e.name), e, perJob.child(e.name)})
		}
	}
	for _, e := range perJob.children() {
		if jobs.child(e.name) == nil && slices.ContainsFunc(wholeKeys, func(key string) bool { return e.child(key) != nil }) {
			r.drafts = append(r.drafts, draft{e.name, jobOptions(e.name), e, e})
		}
	}
	slices.SortFunc(r.drafts, func(a, b draft) int {
		return cmp.Compare(a.declaration.at.start, b.declaration.at.start)
	})
}

// stray makes the problems reported next those of a job without a draft.
func (r *reader) stray(id string) {
	r.strays = append(r.strays, id)
	r.of = len(r.drafts) + len(r.strays)
}

// maxGuesses is the number of unknown job ids for which we look for a similar one. Each
// is compared with every job.
const maxGuesses = 20

// undeclared reports what has the place of a job but is none, and the entries of
// [tool.scheduled-actions.jobs] that belong to no job.
func (r *reader) undeclared(jobs, perJob *entry) {
	var ids []string
	known := make(map[string]bool)
	for _, d := range r.drafts {
		ids = append(ids, d.id)
		known[d.id] = true
	}
	guesses := 0
	for _, e := range jobs.children() {
		// The table of a job can have the name of an option.
		_, array := e.value.([]map[string]any)
		if !e.isTable() && (array || !r.misplaced(e, "["+jobsTable+"]", anyJob)) {
			r.stray(e.name)
			r.report(e.at, tableHint(e, jobTable(e.name)), "job %s must be a table, not %s", problem.Quote(e.name), typeName(e.value))
			r.of = 0
		}
	}
	for _, e := range perJob.children() {
		switch {
		case !e.isTable():
			if !r.misplaced(e, "["+optionsTable+".jobs]", anyJob) {
				r.stray(e.name)
				r.report(e.at, tableHint(e, jobOptions(e.name)), "the options of job %s must be a table, not %s", problem.Quote(e.name), typeName(e.value))
			}
		case !known[e.name] && jobs.child(e.name) == nil:
			hint := "declare the job as " + jobTable(e.name)
			if guesses++; guesses <= maxGuesses {
				if near := nearest(e.name, ids); near != "" {
					hint = "did you mean " + jobOptions(near) + "?"
				}
			}
			r.stray(e.name)
			r.report(e.at, hint, "there is no job %s", problem.Quote(e.name))
			r.jobOptions(draft{id: e.name, options: e}) // to report what is wrong with them
		}
		r.of = 0
	}
}

// projectOptions reads the options of all jobs.
func (r *reader) projectOptions(table, jobs *entry) []placed {
	const header = "[" + optionsTable + "]"
	var set []placed
	for _, e := range table.children() {
		option := lookup(e.name)
		switch {
		case e.name == "jobs":
		case e.isTable() && jobs.child(e.name).isTable() && (option == nil || option.read == nil):
			r.report(e.at, "move them to "+jobOptions(e.name), "the options of job %s do not belong in %s", problem.Quote(e.name), header)
		case e.isTable() && option == nil && nearest(e.name, []string{"jobs"}) != "":
			r.report(e.at, "did you mean ["+optionsTable+".jobs.<job-id>]?", "unknown table %s in %s", tomlKey(e.name), header)
		case (option == nil || option.single) && r.misplaced(e, header, anyJob):
		default:
			set = r.option(set, e, header)
		}
	}
	return set
}

// clashes reports jobs whose workflows would have the file of another workflow or the
// concurrency group of another job. "The concurrency group name is case insensitive",
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#concurrency
// and so are file names on macOS and Windows.
func (r *reader) clashes(jobs []Job, pages bool) {
	slugs, files := make(map[string]int), make(map[string]int)
	for i := range jobs {
		job := &jobs[i]
		r.of = i + 1
		at := r.drafts[i].declaration.at
		file := strings.ToLower(job.File())
		if reservedFiles[file] || pages && file == PagesFile {
			r.report(at, "choose another workflow-prefix", "job %s would have the workflow file %s, which scheduled uses itself", problem.Quote(job.ID), problem.Quote(job.File()))
		}
		if first, taken := slugs[job.Slug]; taken {
			r.report(at, "rename one of the two", "job %s has the same slug %s as job %s on line %d",
				problem.Quote(job.ID), problem.Quote(job.Slug), problem.Quote(jobs[first].ID), jobs[first].Line)
		} else if first, taken := files[file]; taken {
			r.report(at, "rename one of the two, or change its workflow-prefix", "job %s has the same workflow file %s as job %s on line %d",
				problem.Quote(job.ID), problem.Quote(job.File()), problem.Quote(jobs[first].ID), jobs[first].Line)
		}
		slugs[job.Slug], files[file] = i, i
	}
}
