package serve

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// node is HTML. All text of others gets into it through text and element, which escape it.
//
// A template would be shorter, but it calls methods by their names: the linker then keeps
// every exported method of every library, which is 4 MiB.
type node string

// text returns a text as HTML.
func text(s string) node { return node(html.EscapeString(s)) }

// element returns an element. attrs are names and values in turn.
func element(name string, attrs []string, inside ...node) node {
	var b strings.Builder
	b.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		b.WriteString(" " + attrs[i] + `="` + html.EscapeString(attrs[i+1]) + `"`)
	}
	b.WriteString(">")
	for _, n := range inside {
		b.WriteString(string(n))
	}
	b.WriteString("</" + name + ">")
	return node(b.String())
}

// small returns what stands below the main thing of a cell.
func small(inside ...node) node { return " " + element("small", nil, inside...) }

// isolated returns a text that cannot change the direction of what stands beside it.
func isolated(s string) node { return element("bdi", nil, text(s)) }

// instant returns a time for people.
func instant(t time.Time) node {
	return element("time", []string{"datetime", t.UTC().Format(time.RFC3339)}, text(t.UTC().Format("2006-01-02 15:04:05 UTC")))
}

// state returns a state, or an outcome, with its color.
func state(word string) node {
	return element("span", []string{"class", "state " + word}, text(word))
}

// html returns the page.
func (b shownBoard) html() node {
	var rows, body strings.Builder
	for _, j := range b.Jobs {
		rows.WriteString(string(b.row(j)))
	}
	body.WriteString(string(element("header", nil,
		element("h1", nil, text(b.Project)),
		element("p", nil, text(problem.Count(len(b.Jobs), "job")+", "), instant(b.Now)))))
	body.WriteString("\n" + string(element("main", nil, b.problems(), "\n<table><caption>Jobs</caption>\n",
		`<thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col">Next slot</th><th scope="col">Last run</th><th scope="col">Actions</th></tr></thead>`,
		"\n<tbody>\n", node(rows.String()), "</tbody></table>\n")))
	return `<!doctype html>
<html lang="en"><head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="30">
<link rel="icon" href="data:,">
` + element("title", nil, text(b.Project+": scheduled jobs")) + "\n<style>" + node(pageStyle) + "</style>\n</head>\n" +
		element("body", nil, node(body.String())) + "\n</html>\n"
}

// problems returns why not all is well; nothing if it is.
func (b shownBoard) problems() node {
	if len(b.Problems) == 0 {
		return ""
	}
	var items []node
	for _, why := range b.Problems {
		items = append(items, element("li", nil, isolated(why)))
	}
	return element("section", []string{"class", "problems", "aria-labelledby", "problems"},
		element("h2", []string{"id", "problems"}, "Not ready"), element("ul", nil, items...))
}

// row returns the row of a job.
func (b shownBoard) row(j shownJob) node {
	name := []node{isolated(problem.Show(j.ID))}
	if j.Starts == "github" {
		name = append(name, small("on GitHub"))
	}
	next := node("none")
	if j.Next != nil {
		next = instant(*j.Next) + small("in ", text(span(j.Next.Sub(b.Now).Seconds())))
	}
	return element("tr", []string{"data-job", j.ID, "data-state", j.State},
		"\n", element("th", []string{"scope", "row"}, name...),
		cell("State", b.standing(j)...), cell("Next slot", next), cell("Last run", last(j.Last)...), cell("Actions", j.forms()...), "\n") + "\n"
}

func cell(label string, inside ...node) node {
	return "\n" + element("td", []string{"data-label", label}, inside...)
}

// standing returns how a job is, and why.
func (b shownBoard) standing(j shownJob) []node {
	all := []node{state(j.State)}
	if len(j.Owed) > 0 {
		all = append(all, small(text(fmt.Sprintf("%d owed since ", len(j.Owed))), instant(j.Owed[0])))
	}
	if g := j.Going; g != nil && g.Start != nil {
		all = append(all, small("for ", text(span(b.Now.Sub(*g.Start).Seconds())), link(g.Log)))
	}
	if j.Refused != nil {
		all = append(all, small(isolated(*j.Refused)))
	}
	return all
}

// last returns how the last run ended.
func last(r *shownRun) []node {
	if r == nil {
		return []node{"none yet"}
	}
	all := []node{state(r.Outcome)}
	if r.Start != nil {
		all = append(all, " ", instant(*r.Start))
	}
	all = append(all, small(text(span(r.Late)), " late", link(r.Log)))
	if r.Cause != nil {
		all = append(all, small(isolated(*r.Cause)))
	}
	return all
}

func link(log *string) node {
	if log == nil {
		return ""
	}
	return ", " + element("a", []string{"href", *log}, "log")
}

// forms returns the buttons of a job: none for one with errors.
func (j shownJob) forms() (all []node) {
	if j.Slug == nil {
		return nil
	}
	names := []string{"trigger", "pause"}
	if j.Paused {
		names[1] = "resume"
	}
	for _, name := range names {
		title := strings.ToUpper(name[:1]) + name[1:]
		all = append(all, element("form", []string{"method", "post", "action", "/jobs/" + *j.Slug + "/" + name},
			element("button", []string{"aria-label", title + " " + problem.Show(j.ID)}, text(title))))
	}
	return all
}
