//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/past"
)

// visibleRows are the ids of the jobs that are to be seen.
const visibleRows = `[...document.querySelectorAll("tr[data-job]")].filter((row) => row.checkVisibility()).map((row) => row.dataset.job)`

// those returns the ids of the jobs that a filter is for, and never nil.
func (w written) those(matches func(writtenJob) bool) []string {
	ids := []string{}
	for _, job := range w.Jobs {
		if matches(job) {
			ids = append(ids, job.ID)
		}
	}
	return ids
}

func (j writtenJob) has(state string) bool {
	return j.State == state || slices.ContainsFunc(j.newest(), func(w past.ShownWindow) bool { return string(w.State) == state })
}

// set changes a field of the filters as a reader does.
func (t *tab) set(name, value string) {
	t.Helper()
	eval[bool](t, `(() => {
		const field = document.forms[0].elements[%s];
		field.value = %s;
		return field.dispatchEvent(new Event("input", {bubbles: true}));
	})()`, name, value)
}

func testFilters(t *testing.T, p *pages) {
	tab := p.open(t, p.hundred.page())
	shows := func(when string, matches func(writtenJob) bool) {
		t.Helper()
		want := p.hundred.those(matches)
		if diff := cmp.Diff(want, eval[[]string](tab, visibleRows)); diff != "" {
			t.Errorf("%s: jobs (-want +got):\n%s", when, diff)
		}
		if got, count := eval[string](tab, `document.querySelector("output").innerText`), fmt.Sprintf("%d of 100 jobs", len(want)); got != count {
			t.Errorf("%s: the page counts %q, want %q", when, got, count)
		}
		if told := eval[bool](tab, `document.body.innerText.includes("No job matches the filters")`); told != (len(want) == 0) {
			t.Errorf("%s: the page says that no job matches: %v", when, told)
		}
	}
	all := func(writtenJob) bool { return true }
	none := func(writtenJob) bool { return false }
	text := func(j writtenJob) bool { return strings.HasPrefix(j.ID, "clean") }
	group := func(j writtenJob) bool { return j.Group == "ops" }
	state := func(j writtenJob) bool { return j.has("missed") }
	shows("at first", all)
	tab.do(chromedp.Focus(chromedp.CSS(`[name="text"]`)))
	tab.press("C", "l", "e", "a", "n")
	shows("text", text)
	tab.set("text", " ops  REPORT ")
	shows("words", func(j writtenJob) bool { return group(j) && strings.HasPrefix(j.ID, "report") })
	tab.set("text", "")
	tab.set("group", "=ops")
	shows("group", group)
	tab.set("group", "")
	tab.set("state", "=missed")
	shows("state", state)
	if n := len(p.hundred.those(state)); n == 0 || n == 100 {
		t.Errorf("%d of 100 jobs have a missed window, which shows nothing", n)
	}
	tab.set("text", "clean")
	tab.set("group", "=ops")
	both := func(j writtenJob) bool { return text(j) && group(j) && state(j) }
	shows("all three", both)
	if hash := eval[string](tab, `location.hash`); hash != "#text=clean&group=%3Dops&state=%3Dmissed" {
		t.Errorf("the address ends in %q", hash)
	}

	tab.do(chromedp.Reload())
	shows("after a reload", both)
	tab.do(chromedp.Navigate("file://"+p.one.page()), chromedp.NavigateBack())
	shows("back from another page", both)
	eval[string](tab, `location.hash = "#group=%3Dshop"`)
	tab.until(`document.forms[0].elements.group.value === "=shop"`)
	shows("another address", func(j writtenJob) bool { return j.Group == "shop" })
	eval[any](tab, `history.back()`)
	tab.until(`document.forms[0].elements.group.value === "=ops"`)
	shows("back", both)

	tab.set("text", "no such job")
	shows("no match", none)
	tab.do(chromedp.Click(chromedp.CSS(`button[type="reset"]`)))
	tab.until(`location.hash === ""`)
	shows("after a reset", all)
	if eval[bool](tab, `document.querySelector("button").checkVisibility()`) {
		t.Error("without a filter there is something to reset")
	}
	tab.visit(p.hundred.page() + "#group=%3Dno&state=%3Dnonsense&text=%3Cscript%3E&other=1")
	shows("an address with nonsense", none)
	tab.quiet()
}

// focused says which element has the focus: the name of a field, the kind of an element, or
// the job and the place of a window.
const focused = `(() => {
	const e = document.activeElement, cell = e.closest("td[data-state]");
	return cell ? cell.parentElement.dataset.job + " " + [...cell.parentElement.querySelectorAll("td[data-state]")].indexOf(cell) : e.name || e.localName;
})()`

// visiblyFocused is the problem with how the focus and the text of the window are shown, or "".
const visiblyFocused = `(() => {
	const e = document.activeElement, style = getComputedStyle(e), text = e.querySelector("span").getBoundingClientRect();
	if (!e.matches(":focus-visible") || style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "no outline";
	if (text.width < 50 || text.height < 10 || text.left < 0 || text.right > innerWidth) return "its text is at " + JSON.stringify(text);
	return "";
})()`

func testKeyboard(t *testing.T, p *pages) {
	tab := p.open(t, p.hundred.page())
	at := func(want string) {
		t.Helper()
		if got := eval[string](tab, focused); got != want {
			t.Errorf("the focus is on %q, want %q", got, want)
		}
		if wrong := eval[string](tab, `document.activeElement.closest("td") ? `+visiblyFocused+` : ""`); wrong != "" {
			t.Errorf("the focus on %q: %s", want, wrong)
		}
	}
	jobs := p.hundred.Jobs
	place := func(row, cell int) string { return fmt.Sprint(jobs[row].ID, " ", cell) }
	// All that is before the filters, and then what is from there to the first rows.
	for range 30 {
		if tab.press(kb.Tab); eval[string](tab, focused) == "text" {
			break
		}
	}
	at("text")
	for _, want := range []string{"group", "state", "summary", place(0, 99), place(1, 99), place(2, 99)} {
		tab.press(kb.Tab)
		at(want)
	}
	for _, step := range []struct{ key, want string }{
		{kb.ArrowLeft, place(2, 98)}, {kb.ArrowLeft, place(2, 97)}, {kb.ArrowDown, place(3, 97)}, {kb.ArrowRight, place(3, 98)},
		{kb.Home, place(3, 0)}, {kb.ArrowLeft, place(3, 0)}, {kb.ArrowUp, place(2, 0)}, {kb.End, place(2, 99)}, {kb.ArrowRight, place(2, 99)},
		{kb.ArrowUp, place(1, 99)}, {kb.ArrowUp, place(0, 99)}, {kb.ArrowUp, place(0, 99)}, {kb.ArrowLeft, place(0, 98)},
		{kb.Tab, place(1, 99)},
	} {
		tab.press(step.key)
		at(step.want)
	}
	tab.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	at(place(0, 98)) // where it was

	// Rows that are filtered out are passed over.
	tab.set("group", "=ops")
	eval[any](tab, `document.querySelector('tr[data-group="ops"] td:last-child > *').focus()`)
	at(place(4, 99))
	tab.press(kb.ArrowDown)
	at(place(9, 99))
	tab.press(kb.Tab)
	at(place(14, 99))

	// Enter opens a run, and what is folded.
	tab = p.open(t, p.hostile.page())
	for range 60 {
		if tab.press(kb.Tab); eval[string](tab, focused) == "summary" {
			break
		}
	}
	tab.press(kb.Enter)
	if !eval[bool](tab, `document.querySelector("details").open`) {
		t.Error("Enter does not open what is folded")
	}
	job, link := p.hostile.linked()
	eval[any](tab, `document.querySelector(%s).focus()`, link)
	tab.requests()
	tab.press(kb.Enter)
	tab.until(`location.href === %s`, job)
	if asked := tab.requests(); len(asked) == 0 || asked[0] != job {
		t.Errorf("Enter opens %q, want %q", asked, job)
	}
}

// linked returns the address of a run, and a selector of the link of a window.
func (w written) linked() (address, selector string) {
	for _, row := range w.wanted() {
		for _, cell := range row.Cells {
			if cell.Link != "" {
				return cell.Link, fmt.Sprintf(`td[data-state] > a[href=%q]`, cell.Link)
			}
		}
	}
	return "", ""
}

// shownText is whether the text of a window, or of what is in it, is to be seen in the window of the
// browser.
const shownText = `(() => {
	const r = document.querySelector(%s).querySelector("span").getBoundingClientRect();
	return r.width > 50 && r.height > 10 && r.left >= 0 && r.right <= innerWidth;
})()`

func testTouch(t *testing.T, p *pages) {
	tab := p.tab(t)
	call(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	tab.size(360, 740)
	tab.visit(p.hostile.page())
	job, link := p.hostile.linked()
	if eval[bool](tab, shownText, link) {
		t.Error("the text of a window is shown before anything has happened")
	}
	tab.requests()
	tab.tap(link)
	tab.until(shownText, link)
	if asked := tab.requests(); len(asked) > 0 {
		t.Errorf("the first tap opens %q", asked)
	}
	tab.tap(link)
	tab.until(`location.href === %s`, job)
	tab.quiet()
}

// testWithoutScript reads a page where scripts are switched off.
func testWithoutScript(t *testing.T, p *pages) {
	tab := p.tab(t)
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	tab.visit(p.hostile.page())
	if ids := eval[[]string](tab, visibleRows); len(ids) != len(hostileIDs) {
		t.Errorf("%d of %d jobs are to be seen", len(ids), len(hostileIDs))
	}
	if eval[bool](tab, `document.querySelector("form").checkVisibility()`) {
		t.Error("there are filters, which do nothing")
	}
	_, link := p.hostile.linked()
	tab.point(link)
	tab.until(shownText, link)
	tab.do(chromedp.Click(chromedp.CSS("summary")))
	if !eval[bool](tab, `document.querySelector("details li").checkVisibility()`) {
		t.Error("what is folded does not open")
	}
	tab.quiet()
}
