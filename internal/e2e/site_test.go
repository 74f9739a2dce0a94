//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSite reads the site of the docs from disk: no page is wider than a phone or asks another
// server, wide tables are within reach of the keyboard, the colors follow the system, and the search finds options.
func TestSite(t *testing.T) {
	t.Parallel()
	site := os.Getenv("SITE")
	files, err := filepath.Glob(filepath.Join(site, "*.html"))
	if err != nil || site == "" || len(files) < 20 {
		t.Fatalf("SITE names a folder with %d pages, %v: use make e2e", len(files), err)
	}
	b := startBrowser(t)
	tab := b.tab(t)
	tab.size(320, 800)
	for _, file := range files {
		if filepath.Base(file) == "404.html" {
			continue // its addresses begin at the root of a server
		}
		tab.visit(file)
		if wide := eval[int](tab, `document.documentElement.scrollWidth`); wide > 320 {
			t.Errorf("%s is %d wide", filepath.Base(file), wide)
		}
		tab.until(`[...document.querySelectorAll(".md-typeset table:not([class])")].every((table) => {
			const wrap = table.closest(".md-typeset__scrollwrap");
			return wrap && wrap.scrollWidth > wrap.clientWidth == (wrap.tabIndex == 0);
		})`)
	}
	tab.quiet()

	background := `getComputedStyle(document.body).backgroundColor`
	tab.media("prefers-color-scheme", "light")
	light := eval[string](tab, background)
	tab.media("prefers-color-scheme", "dark")
	tab.until(background+` != %s`, light)

	for _, option := range []string{"timezone", "catch-up", "setup-secrets"} {
		tab.visit(filepath.Join(site, "index.html"))
		tab.until(`(document.querySelector("[data-md-component=search-query]").focus(), document.activeElement.name == "query")`)
		tab.press(strings.Split(option, "")...)
		tab.until(`[...document.querySelectorAll(".md-search-result__link")].some((a) => a.href.split("?")[0].endsWith("options.html") && a.parentNode.innerText.includes(%s))`, option)
	}
	for _, address := range tab.requests() {
		if !strings.HasPrefix(address, "file://") {
			t.Errorf("the site asks for %s", address)
		}
	}

	index, err := os.ReadFile(filepath.Join(site, "search", "search_index.json"))
	if err != nil {
		t.Fatal(err)
	}
	options, err := os.ReadFile("../../docs/options.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?m)^### `(.+)`$").FindAllSubmatch(options, -1)
	if len(found) < 50 {
		t.Errorf("%d options", len(found))
	}
	for _, option := range found {
		if !strings.Contains(string(index), `"options.html#`+string(option[1])+`"`) {
			t.Errorf("the search knows no %s", option[1])
		}
	}
	var pages struct {
		Docs []struct {
			Location string
			Boost    float64
		}
	}
	if err := json.Unmarshal(index, &pages); err != nil {
		t.Fatal(err)
	}
	boost := map[string]float64{}
	for _, page := range pages.Docs {
		boost[page.Location] = page.Boost
	}
	if boost["editing.html"] <= 1 || boost["architecture.html"] <= 0 || boost["architecture.html"] >= 1 {
		t.Errorf("the search ranks architecture.html by %g, and editing.html by %g", boost["architecture.html"], boost["editing.html"])
	}
}
