package cli

import (
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

var (
	fences = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	links  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// Pages of the site link to other files of the repository by their address on GitHub.
	sources = regexp.MustCompile(`^https://github\.com/scheduled-actions/scheduled/(?:blob|tree)/main/(.+)$`)
	header  = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// TestDocsLinks follows the links between the pages, to their headings too.
func TestDocsLinks(t *testing.T) {
	pages := pages(t)
	anchors := map[string]bool{}
	for page, text := range pages {
		for _, heading := range header.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
			// https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
			anchor := regexp.MustCompile(`[^\pL\pN_ -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
			anchors[page+"#"+strings.ReplaceAll(anchor, " ", "-")] = true
		}
	}
	linked := map[string]bool{}
	for page, text := range pages {
		for _, link := range links.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if file := sources.FindStringSubmatch(target); file != nil {
				target = file[1]
			} else if strings.Contains(target, "://") {
				continue
			} else if target = path.Join(path.Dir(page), target); strings.HasPrefix(link[1], "#") {
				target = page
			} else if path.Dir(page) == "docs" && path.Dir(target) != "docs" {
				t.Errorf("%s: %s is not on the site: link to it on GitHub", page, link[1])
			}
			linked[target] = true
			if _, err := os.Stat("../../" + target); err != nil {
				t.Errorf("%s: %s leads nowhere", page, link[1])
			} else if anchor != "" && !anchors[target+"#"+anchor] {
				t.Errorf("%s: %s: %s has no such heading", page, link[1], target)
			}
		}
	}
	for page := range pages {
		if page != "README.md" && !linked[page] {
			t.Errorf("no page links to %s", page)
		}
	}
}

// TestDocsNav checks that each page has its place in the navigation of the site.
func TestDocsNav(t *testing.T) {
	content, err := os.ReadFile("../../mkdocs.yml")
	if err != nil {
		t.Fatal(err)
	}
	var site struct{ Nav yaml.Node }
	if err := yaml.Unmarshal(content, &site); err != nil {
		t.Fatal(err)
	}
	var named []string
	var collect func(*yaml.Node)
	collect = func(node *yaml.Node) {
		if strings.HasSuffix(node.Value, ".md") {
			named = append(named, "docs/"+node.Value)
		}
		for _, child := range node.Content {
			collect(child)
		}
	}
	collect(&site.Nav)
	slices.Sort(named)
	pages := slices.DeleteFunc(slices.Sorted(maps.Keys(pages(t))), func(page string) bool { return path.Dir(page) != "docs" })
	if diff := cmp.Diff(pages, named); diff != "" {
		t.Errorf("nav in mkdocs.yml (-pages +named):\n%s", diff)
	}
}

// TestDocsPages checks that each page begins with a title of its own, and can be read in one
// sitting, generated parts and code aside.
func TestDocsPages(t *testing.T) {
	generated := regexp.MustCompile(`(?s)<!-- begin (\S+) -->.*?<!-- end (\S+) -->`)
	titles := map[string]string{}
	for page, text := range pages(t) {
		prose := fences.ReplaceAllString(generated.ReplaceAllString(text, ""), "")
		title, _, _ := strings.Cut(text, "\n")
		if !strings.HasPrefix(title, "# ") || strings.Count("\n"+prose, "\n# ") != 1 {
			t.Errorf("%s does not begin with its one title", page)
		} else if titles[title] != "" && path.Dir(page) == "docs" && path.Dir(titles[title]) == "docs" {
			t.Errorf("%s and %s have the same title", page, titles[title])
		}
		titles[title] = page
		if words := len(strings.Fields(strings.ReplaceAll(prose, "|", ""))); words > maxPage {
			t.Errorf("%s has %d words, at most %d are wanted", page, words, maxPage)
		}
	}
}

// maxPage is how many words a page can have.
const maxPage = 2_000

var message = regexp.MustCompile(`(?m)^\| (.+?) \| .+ \|$`)

// messagesPart lists the messages that pages explain at their end.
func messagesPart(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| you see | explained in |\n|---|---|\n")
	pages := pages(t)
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		_, section, found := strings.Cut(pages[page], "\n## When it ")
		heading, rows, _ := strings.Cut(section, "\n")
		if !found || page == "docs/troubleshooting.md" {
			continue
		}
		_, rows, _ = strings.Cut(rows, "\n|---|---|\n")
		rows, _, _ = strings.Cut(rows, "\n\n")
		for _, row := range message.FindAllStringSubmatch(rows, -1) {
			title, _, _ := strings.Cut(strings.TrimPrefix(pages[page], "# "), "\n")
			fmt.Fprintf(&b, "| %s | [%s](%s#when-it-%s) |\n", row[1], title, path.Base(page), strings.ReplaceAll(heading, " ", "-"))
		}
	}
	return b.String()
}
