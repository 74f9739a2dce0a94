//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// pages are what the tests of the page look at.
type pages struct {
	browser
	program string
	empty   written // no jobs
	one     written // one job, which ran on this machine
	hundred written // 100 jobs of which each has 200 windows in the ledger
	hostile written // jobs on GitHub whose ids and outcomes try to be something else than text
}

func (p *pages) all() map[string]written {
	return map[string]written{"empty": p.empty, "one": p.one, "hundred": p.hundred, "hostile": p.hostile}
}

func openPages(t testing.TB) *pages {
	p := &pages{}
	p.program, _ = build(t)
	p.empty = report(t, p.program, newProject(t, "acme"), 10)
	p.one = oneJob(t, p.program)
	p.hundred = hundredJobs(t, p.program)
	p.hostile = hostileJobs(t, p.program)
	p.browser = startBrowser(t)
	return p
}

// TestPage looks at pages in a real browser.
func TestPage(t *testing.T) {
	t.Parallel()
	p := openPages(t)
	for _, part := range []struct {
		name string
		test func(*testing.T, *pages)
	}{
		{"contents", testContents}, {"accessible names", testNames}, {"hostile texts", testHostileTexts}, {"without script", testWithoutScript},
		{"filters", testFilters}, {"keyboard", testKeyboard}, {"touch", testTouch},
		{"axe", testAxe}, {"sizes", testSizes}, {"themes", testThemes}, {"media", testMedia}, {"budget", testBudget},
		{"badges", testBadges}, {"live", testLive}, {"live without script", testLiveWithoutScript},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, p)
		})
	}
}

// shownJob is the row of a job, as the page has it.
type shownJob struct {
	Job, Group, Name string
	Cells            []shownWindow
}

type shownWindow struct{ State, Text, Link string }

// wanted returns the rows that a page has to have.
func (w written) wanted() (rows []shownJob) {
	for _, job := range w.Jobs {
		row := shownJob{Job: job.ID, Group: job.Group, Name: problem.Show(job.ID)}
		for _, window := range job.newest() {
			cell := shownWindow{State: string(window.State), Text: text(window)}
			if window.URL != nil {
				cell.Link = *window.URL
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// testContents compares pages with the data beside them. They ask for nothing but
// themselves.
func testContents(t *testing.T, p *pages) {
	for name, w := range p.all() {
		tab := p.open(t, w.page())
		shown := eval[[]shownJob](tab, `[...document.querySelectorAll("tr[data-job]")].map((row) => ({
			Job: row.dataset.job, Group: row.dataset.group ?? "", Name: row.querySelector("th bdi").textContent,
			Cells: [...row.querySelectorAll("td[data-state]")].map((cell) => ({
				State: cell.dataset.state, Text: cell.textContent, Link: cell.querySelector("a")?.getAttribute("href") ?? "",
			})),
		}))`)
		if diff := cmp.Diff(w.wanted(), shown, cmp.Transformer("empty", func(rows []shownJob) []shownJob { return slices.Concat(rows) })); diff != "" {
			t.Errorf("%s: rows (-data +page):\n%s", name, diff)
		}
		states, trouble := map[string]int{}, 0
		for _, job := range w.Jobs {
			states[job.State]++
			for _, window := range job.newest() {
				if strings.Contains("failed missed expired", string(window.State)) {
					trouble++
					break
				}
			}
		}
		chips := eval[[]string](tab, `[...document.querySelectorAll(".standing li")].map((li) => li.textContent)`)
		for state, n := range states {
			if !slices.Contains(chips, fmt.Sprint(n, state)) {
				t.Errorf("%s: the page counts %q, and the data %d %s", name, chips, n, state)
			}
		}
		if n := eval[int](tab, `document.querySelectorAll(".trouble li").length`); len(chips) != len(states) || n != trouble {
			t.Errorf("%s: the page counts %q and %d jobs with trouble, and the data %v and %d", name, chips, n, states, trouble)
		}
		if diff := cmp.Diff([]string{"file://" + w.page()}, tab.requests()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", name, diff)
		}
		tab.quiet()
	}
	if w := p.hundred; len(w.Jobs) != 100 || len(w.Jobs[7].Windows) < 200 || len(w.wanted()[7].Cells) != 100 {
		t.Errorf("%d jobs, of which one has %d windows and shows %d", len(w.Jobs), len(w.Jobs[7].Windows), len(w.wanted()[7].Cells))
	}
}

// testNames asks the browser what it tells a screen reader: a table, of which the cells of
// windows begin with their states.
func testNames(t *testing.T, p *pages) {
	for name, w := range map[string]written{"one": p.one, "hostile": p.hostile} {
		tab := p.open(t, w.page())
		var want, got, heads []string
		for _, row := range w.wanted() {
			for _, cell := range row.Cells {
				want = append(want, cell.Text)
			}
		}
		for _, node := range call(tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
			if node.Ignored {
				continue
			}
			switch said := plain(t, node.Name); plain(t, node.Role) {
			case "cell", "gridcell":
				if strings.Contains(said, ", due ") {
					got = append(got, said)
				}
			case "rowheader":
				heads = append(heads, said)
			}
		}
		slices.Sort(want)
		slices.Sort(got) // the tree comes in no order
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: names of the cells (-data +browser):\n%s", name, diff)
		}
		for _, job := range w.Jobs {
			if !slices.ContainsFunc(heads, func(head string) bool { return strings.HasPrefix(head, problem.Show(job.ID)+" ") }) {
				t.Errorf("%s: no row has a head %q: %q", name, job.ID, heads)
			}
		}
	}
}

// plain returns the text of a value of the accessibility tree.
func plain(t testing.TB, value *accessibility.Value) (text string) {
	t.Helper()
	if value == nil {
		return ""
	}
	if err := json.Unmarshal(value.Value, &text); err != nil {
		t.Fatal(err)
	}
	return text
}

var hostileElements = `[document.querySelectorAll("script").length, document.querySelectorAll("img, iframe, object, embed, base").length,
	[...document.querySelectorAll("*")].filter((e) => e.getAttributeNames().some((name) => name.startsWith("on"))).length,
	[...document.querySelectorAll("[href]")].filter((e) => !/^(https:\/\/|#|data:image\/|data\.json$|badges\/all\.svg$)/.test(e.getAttribute("href"))).length]`

// testHostileTexts shows texts that try to be something else, as what they are.
func testHostileTexts(t *testing.T, p *pages) {
	tab := p.open(t, p.hostile.page())
	if diff := cmp.Diff([]int{1, 0, 0, 0}, eval[[]int](tab, hostileElements)); diff != "" {
		t.Errorf("scripts, what loads something, handlers, and strange links (-want +got):\n%s", diff)
	}
	for _, name := range hostileIDs {
		if !eval[bool](tab, `document.querySelector("main").innerText.includes(%s)`, problem.Show(name)) {
			t.Errorf("%q is not to be seen", name)
		}
	}
	tab.quiet()
}
