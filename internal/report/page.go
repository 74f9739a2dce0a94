package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

//go:embed page.css
var style string

//go:embed page.js
var script string

// Sources are the style and the script of the page, as a Content-Security-Policy names
// them.
var Sources = struct{ Style, Script string }{hashed(style), hashed(script)}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// policy lets a page that is only files ask nothing of anybody, and run no script but its own.
var policy = "default-src 'none'; img-src data:; style-src " + Sources.Style + "; script-src " + Sources.Script + "; base-uri 'none'; form-action 'none'"

// HTML writes the page, the rows of the table one by one: there may be thousands.
func (r *Report) HTML(w io.Writer) error {
	out := bufio.NewWriter(w)
	write := func(nodes ...node) {
		for _, n := range nodes {
			out.WriteString(string(n) + "\n") // an error comes again at the end
		}
	}
	write("<!doctype html>", `<html lang="en">`, "<head>", r.Loop.head(),
		element("meta", attrs{"charset", "utf-8"}),
		element("meta", attrs{"name", "viewport", "content", "width=device-width, initial-scale=1"}),
		element("link", attrs{"rel", "icon", "href", "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(r.icon()))}),
		element("title", nil, text(r.Title+": scheduled jobs")),
		"<style>"+node(style)+"</style>", "</head>", "<body>",
		r.header(), r.Loop.status(), "<main>", r.Loop.unready(), r.trouble())
	if len(r.Jobs) == 0 {
		write(noJobs)
	} else {
		write(`<section aria-labelledby="windows">`, element("h2", attrs{"id", "windows"}, "Windows"), r.filters(), r.legend(),
			`<table>`, "<caption>The newest windows of each job, the newest last</caption>",
			`<thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col">Next (UTC)</th>`+r.Loop.column()+`<th scope="col">Windows, the newest at the right</th></tr></thead>`, "<tbody>")
		for i := range r.Jobs {
			write(r.Jobs[i].row(r.Now))
		}
		write("</tbody></table>", element("p", attrs{"class", "none", "hidden", ""}, "No job matches the filters."), "</section>",
			`<div class="pair">`, r.chart(), r.upcoming(), "</div>")
	}
	write("</main>", r.footer(), "<script>"+node(script)+"</script>", "</body>", "</html>")
	return out.Flush()
}

// noJobs is what the page has in place of jobs.
const noJobs = `<section><p>No job yet. Declare one in pyproject.toml:</p>
<pre>[tool.scheduled.clean-files]
every = "day"
entrypoint = "app.jobs:clean_files"</pre></section>`

func (r *Report) header() node {
	var chips []node
	counts, remark := r.standing(), node("")
	if r.Loop != nil {
		remark = isolated(r.Loop.Remark)
	}
	for _, c := range counts {
		chips = append(chips, element("li", nil, element("b", nil, text(fmt.Sprint(c.n))), chip(c.state)))
	}
	return element("header", nil,
		element("h1", nil, isolated(r.Title)),
		element("p", nil, text(problem.Count(len(r.Jobs), "job")+", from "), link(r.URL, isolated(r.Source)), ", ", instant(r.Now), " UTC", remark),
		element("ul", attrs{"class", "standing", "aria-label", "Jobs by state"}, chips...), r.notes())
}

// mostNotes is the number of notes that the page shows.
const mostNotes = 5

func (r *Report) notes() node {
	var items []node
	for _, note := range r.Notes[:min(len(r.Notes), mostNotes)] {
		items = append(items, element("li", nil, isolated(note)))
	}
	if more := len(r.Notes) - mostNotes; more > 0 {
		items = append(items, element("li", nil, text(fmt.Sprintf("and %d more", more))))
	}
	if len(items) == 0 {
		return ""
	}
	return element("ul", attrs{"class", "notes", "aria-label", "Notes"}, items...)
}

// mostTrouble is the number of jobs with trouble that the page lists openly.
const mostTrouble = 5

// trouble says what was missed and why: the jobs with the newest trouble first.
func (r *Report) trouble() node {
	var jobs []*Job
	for i := range r.Jobs {
		if j := &r.Jobs[i]; j.Unread != nil || len(j.trouble()) > 0 {
			jobs = append(jobs, j)
		}
	}
	if len(jobs) == 0 {
		return ""
	}
	slices.SortStableFunc(jobs, func(a, b *Job) int { return b.troubled(r.Now).Compare(a.troubled(r.Now)) })
	var items []node
	for _, j := range jobs {
		items = append(items, j.troubleItem())
	}
	return troubles("trouble", "trouble", "Missed, and why", items, func(rest int) string { return problem.Count(rest, "more job") })
}

// troubles returns a section with a list, of which the first items are open, and the rest
// behind the words of more.
func troubles(id, class, title string, items []node, more func(rest int) string) node {
	open := min(len(items), mostTrouble)
	inside := []node{element("h2", attrs{"id", id}, text(title)), element("ul", nil, items[:open]...)}
	if rest := items[open:]; len(rest) > 0 {
		inside = append(inside, element("details", nil, element("summary", nil, text(more(len(rest)))), element("ul", nil, rest...)))
	}
	return element("section", attrs{"class", class, "aria-labelledby", id}, inside...)
}

// trouble returns the windows that went wrong, the newest first.
func (j *Job) trouble() []past.ShownWindow {
	return slices.DeleteFunc(slices.Clone(j.newest()), func(w past.ShownWindow) bool { return !bad(w.State) })
}

// troubled returns the time of the newest trouble.
func (j *Job) troubled(now time.Time) time.Time {
	if j.Unread != nil {
		return now
	}
	return j.trouble()[0].Start
}

// troubleItem says what went wrong with a job, and where to look.
func (j *Job) troubleItem() node {
	name := element("a", attrs{"href", "#job-" + j.Slug}, element("b", nil, isolated(j.name())))
	if j.Unread != nil {
		return element("li", nil, chip("unknown"), name, small(isolated(*j.Unread)))
	}
	all := j.trouble()
	w := all[0]
	about := []node{"due ", instant(w.Start), ": ", isolated(cmp.Or(said(w.Why), string(w.State)))}
	if followed(w.URL) && w.RunID != nil {
		about = append(about, ", ", link(w.URL, text(fmt.Sprintf("run %d", *w.RunID))))
	}
	if more := len(all) - 1; more > 0 {
		about = append(about, text(fmt.Sprintf("; %d more since ", more)), instant(all[more].Start))
	}
	return element("li", nil, chip(string(w.State)), name, small(about...))
}

func said(why *string) string {
	if why == nil {
		return ""
	}
	return *why
}

// filters need the script, which shows them.
func (r *Report) filters() node {
	groups, states := map[string]bool{}, map[string]bool{}
	for _, j := range r.Jobs {
		if j.Group != nil {
			groups[*j.Group] = true
		}
		for _, w := range j.newest() {
			states[string(w.State)] = true
		}
		if j.Live != nil {
			states[j.Live.State] = true
		}
	}
	fields := []node{element("label", nil, "Find ", element("input", attrs{"type", "search", "name", "text", "placeholder", "job, group or schedule"}))}
	if len(groups) > 0 {
		fields = append(fields, choice("group", "all groups", groups))
	}
	fields = append(fields, choice("state", "any state", states), element("button", attrs{"type", "reset", "hidden", ""}, "Reset"), element("output", nil))
	return element("form", attrs{"class", "filters", "role", "search", "aria-label", "Jobs", "hidden", ""}, fields...)
}

func choice(name, all string, values map[string]bool) node {
	options := []node{element("option", attrs{"value", ""}, text(all))}
	var sorted []string
	for value := range values {
		sorted = append(sorted, value)
	}
	slices.Sort(sorted)
	for _, value := range sorted {
		options = append(options, element("option", attrs{"value", "=" + value}, text(problem.Show(value))))
	}
	return element("label", nil, text(strings.ToUpper(name[:1])+name[1:]+" "), element("select", attrs{"name", name}, options...))
}

// legend says what the colors mean, of the states that are there.
func (r *Report) legend() node {
	var items []node
	for _, l := range looks {
		if slices.ContainsFunc(r.Jobs, func(j Job) bool {
			return slices.ContainsFunc(j.newest(), func(w past.ShownWindow) bool { return w.State == l.state })
		}) {
			items = append(items, element("li", nil, chip(string(l.state)), small(text(l.means))))
		}
	}
	return element("details", attrs{"class", "legend"}, element("summary", nil, "What the colors mean"), element("ul", nil, items...))
}

// row returns the row of a job.
func (j *Job) row(now time.Time) node {
	about := []node{text(j.Schedule)}
	if j.Group != nil {
		about = append(about, " ", element("span", attrs{"class", "group", "title", "group"}, isolated(*j.Group)))
	}
	name := []node{isolated(j.name()), small(about...)}
	if j.Description != nil {
		name = append(name, small(isolated(*j.Description)))
	}
	with := attrs{"data-job", j.Job, "id", "job-" + j.Slug}
	if j.Group != nil {
		with = append(with, "data-group", *j.Group)
	}
	cells := append([]node{element("th", attrs{"scope", "row"}, name...)}, j.standing(now)...)
	for _, w := range slices.Backward(j.newest()) {
		cells = append(cells, cell(w))
	}
	return element("tr", with, cells...)
}

// standing returns the cells between the name of a job and its windows.
func (j *Job) standing(now time.Time) []node {
	if j.Live != nil {
		return []node{j.Live.standing(j.stands(), now), upcoming(j.Live.Next), element("td", attrs{"class", "acts"}, j.Live.buttons()...)}
	}
	return []node{element("td", attrs{"class", "now"}, chip(j.State)), upcoming(j.Next)}
}

// upcoming returns the cell of the next slot.
func upcoming(next *time.Time) node {
	when := node("none")
	if next != nil {
		when = instant(*next)
	}
	return element("td", attrs{"class", "next"}, when)
}

// cell returns the cell of a window: its text is its accessible name, which is shown while
// somebody points at it.
func cell(w past.ShownWindow) node {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, due %s", w.State, past.Minute(w.Start))
	if w.Ran != nil {
		fmt.Fprintf(&b, ", ran %s, %s late", past.Minute(*w.Ran), past.Late(time.Duration(*w.Lateness)*time.Second))
	}
	if w.Attempt != nil {
		fmt.Fprintf(&b, ", attempt %d", *w.Attempt)
	}
	if w.Why != nil {
		b.WriteString(": " + *w.Why)
	}
	name, with := "i", attrs(nil)
	if followed(w.URL) {
		name, with = "a", attrs{"href", *w.URL}
	}
	return element("td", attrs{"data-state", string(w.State)}, element(name, with, element("span", nil, text(b.String()))))
}

// mostUpcoming is the number of next slots that the page lists.
const mostUpcoming = 10

// upcoming lists the next slots of all jobs.
func (r *Report) upcoming() node {
	var next []*Job
	for i := range r.Jobs {
		if r.Jobs[i].Next != nil {
			next = append(next, &r.Jobs[i])
		}
	}
	slices.SortStableFunc(next, func(a, b *Job) int { return a.Next.Compare(*b.Next) })
	var items []node
	for _, j := range next[:min(len(next), mostUpcoming)] {
		items = append(items, element("li", nil, instant(*j.Next), " ", element("a", attrs{"href", "#job-" + j.Slug}, isolated(j.name()))))
	}
	if len(items) == 0 {
		items = append(items, element("li", nil, "none"))
	}
	return element("section", attrs{"class", "upcoming", "aria-labelledby", "upcoming"}, element("h2", attrs{"id", "upcoming"}, "Next slots (UTC)"), element("ol", nil, items...))
}

func (r *Report) footer() node {
	if r.Loop != nil {
		return liveFooter
	}
	return element("footer", nil, element("p", nil, "Times are in UTC. ", element("a", attrs{"href", "data.json"}, "data.json"), " has all of it, ",
		element("a", attrs{"href", "badges/all.svg"}, "badges/all.svg"), " is a badge."))
}
