//go:build e2e

package e2e

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// liveJobs are one of each kind.
const liveJobs = `[project]
name = "acme"

[tool.scheduled-actions.jobs.work]
every = "day"
command = "echo worked"
group = "ops"

[tool.scheduled-actions.jobs.fail]
every = "day"
command = "false"

[tool.scheduled-actions.jobs.wait]
every = "day"
command = "sleep 180"

[tool.scheduled-actions.jobs.broken]
every = "dayy"
command = "true"
`

// serveLive starts a loop, and opens its page.
func serveLive(t *testing.T, p *pages) (tab *tab, stop func()) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pyproject.toml"), []byte(liveJobs))
	cmd := exec.Command(p.program, "--project", dir, "serve", "--local", "--listen", "127.0.0.1:0", "--workers", "4")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	tab = p.tab(t)
	lines := bufio.NewReader(log)
	for tab.server == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("serve has ended: %v", err)
		}
		if _, address, found := strings.Cut(line, "listening on "); found {
			tab.server = strings.TrimSpace(address)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	tab.do(chromedp.Navigate(tab.server + "/"))
	return tab, stop
}

// later has the page believe that minutes have passed, and that it is looked at again.
const later = `(() => {
	const now = Date.now() + 600_000, begun = performance.now();
	Date.now = () => now + performance.now() - begun;
	return document.dispatchEvent(new Event("visibilitychange"));
})()`

// isNow is whether a job is in a state.
const isNow = `document.querySelector("#job-" + %s + " .now").dataset.now === %s`

// testLive uses the page of a loop: it renews itself, and keeps what a person did.
func testLive(t *testing.T, p *pages) {
	tab, stop := serveLive(t, p)
	tab.until(later+` && `+isNow, "wait", "running")
	tab.until(later + ` && document.querySelectorAll('.trouble li').length > 1`)
	tab.axe("live")
	for _, screen := range screens {
		tab.size(screen.width, screen.height)
		for _, out := range eval[[]string](tab, sticksOut) {
			t.Errorf("%d pixels wide: %s", screen.width, out)
		}
	}
	if title := eval[string](tab, `document.querySelector("[data-job=broken] .now").innerText`); !strings.Contains(title, "dayy") || !eval[bool](tab, `document.querySelector("[data-job=broken] button") === null`) {
		t.Errorf("of the job with an error the page says %q", title)
	}

	tab.set("group", "=ops")
	tab.do(chromedp.Click(chromedp.CSS(".legend summary")))
	eval[any](tab, `window.same = document.querySelector("[data-job=broken]"), null`)
	tab.do(chromedp.Focus(chromedp.CSS(`#job-work [action$="/pause"] button`)))
	tab.press("\r")
	tab.until(isNow, "work", "paused")
	kept := func(when, button string) {
		t.Helper()
		if got := eval[string](tab, `document.activeElement.getAttribute("aria-label")`); got != button {
			t.Errorf("%s: the focus is on %q, want %q", when, got, button)
		}
		if ids := eval[[]string](tab, visibleRows); len(ids) != 1 || ids[0] != "work" {
			t.Errorf("%s: the filter shows %q", when, ids)
		}
		if !eval[bool](tab, `document.querySelector(".legend").open`) {
			t.Errorf("%s: what was open is closed", when)
		}
	}
	kept("paused", "Resume work")
	tab.press("\r")
	tab.until(isNow, "work", "scheduled")
	kept("resumed", "Pause work")

	tab.do(chromedp.Click(chromedp.CSS(`#job-work [action$="/trigger"] button`)))
	tab.until(`document.querySelector(".status").innerText === "work: a run was asked for"`)
	tab.until(later + ` && document.querySelector("#job-work .now a")?.getAttribute("href") === "/runs/work@2/log"`)
	for _, link := range []string{"#job-work .now a", "#job-work td[data-state=late] a, #job-work td[data-state=confirmed] a"} {
		if log := eval[string](tab, `fetch(document.querySelector(%s).href).then((answer) => answer.text())`, link); log != "worked\n" {
			t.Errorf("%s leads to a log that says %q", link, log)
		}
	}
	if !eval[bool](tab, `document.querySelector("[data-job=broken]") === window.same`) {
		t.Error("a row that has not changed is replaced")
	}

	resp, err := http.Post(tab.server+"/jobs/wait/pause", "", nil) // by somebody else
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	tab.until(later + ` && document.querySelector('#job-wait [action$="/resume"]') !== null`)
	tab.quiet()

	stop()
	tab.until(later + ` && document.querySelector(".status").innerText.startsWith("scheduled serve has not answered since ")`)
	kept("without a server", "Trigger work")
}

// testLiveWithoutScript presses a button where scripts are switched off.
func testLiveWithoutScript(t *testing.T, p *pages) {
	tab, _ := serveLive(t, p)
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	tab.do(chromedp.Reload())
	tab.do(chromedp.Click(chromedp.CSS(`#job-work [action$="/pause"] button`)))
	tab.until(`location.hash === "#job-work"`)
	tab.do(chromedp.Reload())
	tab.until(`document.querySelector('#job-work [action$="/resume"]') !== null`)
	if refresh := eval[string](tab, `document.querySelector('meta[http-equiv="refresh"]')?.content ?? ""`); refresh != "30" {
		t.Errorf("the page is read again after %q seconds", refresh)
	}
	tab.quiet()
}
