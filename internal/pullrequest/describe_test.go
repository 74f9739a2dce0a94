package pullrequest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

var update = flag.Bool("update", false, "write the golden files")

// planned describes the change from one pyproject.toml to another.
func planned(t *testing.T, before, after string) Description {
	t.Helper()
	repo := fstest.MapFS{}
	target := func(toml string) workflow.Target {
		repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(toml)}
		project, err := pyproject.Load(repo, "pyproject.toml", "pyproject.toml")
		if err != nil {
			t.Fatal(err)
		}
		action := workflow.Uses{Action: "scheduled-actions/scheduled", Ref: "0123456789abcdef0123456789abcdef01234567", Version: "v1.2.3"}
		return workflow.Target{Project: project, Path: "pyproject.toml", Action: action}
	}
	there, err := target(before).Plan(repo)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range there.Created {
		repo[c.Path] = &fstest.MapFile{Data: c.New}
	}
	wanted := target(after)
	plan, err := wanted.Plan(repo)
	if err != nil {
		t.Fatal(err)
	}
	d := Describe(wanted, plan, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	d.head, d.branch = "1a2b3c4", "scheduled/sync"
	return d
}

// TestDescribe checks what is written about a typical change against the files
// in testdata/describe, about the page of the jobs against those in testdata/page, and about
// other kinds of schedule against those in testdata/schedules.
func TestDescribe(t *testing.T) {
	for _, row := range []struct {
		dir  string
		text map[string]func(Description) string
	}{
		{"describe", map[string]func(Description) string{
			"body.md":     Description.body,
			"overview.md": Description.Overview,
			"patch.md":    func(d Description) string { return d.Patch("scheduled sync") },
		}},
		{"page", map[string]func(Description) string{"overview.md": Description.Overview}},
		{"schedules", map[string]func(Description) string{"overview.md": Description.Overview}},
	} {
		read := func(name string) string {
			content, err := os.ReadFile(filepath.Join("testdata", row.dir, name))
			if err != nil && !*update {
				t.Fatal(err)
			}
			return string(content)
		}
		d := planned(t, read("before.toml"), read("after.toml"))
		for name, text := range row.text {
			got := text(d)
			if *update {
				if err := os.WriteFile(filepath.Join("testdata", row.dir, name), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(read(name), got); diff != "" {
				t.Errorf("%s/%s (-want +got):\n%s", row.dir, name, diff)
			}
		}
	}
}

// page is Markdown as GitHub reads it, as far as goldmark knows.
type page struct {
	blocks []string   // the kinds of its blocks
	rows   [][]string // the text of its tables, without their heads
	boxes  []bool     // its check boxes
	fences []string   // its blocks of code
	html   []string   // its HTML
	words  string     // all text outside of code
	links  int
}

func parsePage(t *testing.T, markdown string) page {
	t.Helper()
	source := []byte(markdown)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	var p page
	for block := doc.FirstChild(); block != nil; block = block.NextSibling() {
		p.blocks = append(p.blocks, block.Kind().String())
	}
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *east.TableRow:
			var cells []string
			for cell := n.FirstChild(); cell != nil; cell = cell.NextSibling() {
				cells = append(cells, plainText(cell, source))
			}
			p.rows = append(p.rows, cells)
		case *east.TaskCheckBox:
			p.boxes = append(p.boxes, n.IsChecked)
		case *ast.FencedCodeBlock:
			p.fences = append(p.fences, string(n.Lines().Value(source)))
		case *ast.HTMLBlock:
			p.html = append(p.html, strings.TrimSpace(string(n.Lines().Value(source))))
		case *ast.RawHTML:
			p.html = append(p.html, string(n.Segments.Value(source)))
		case *ast.Link, *ast.AutoLink, *ast.Image:
			p.links++
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			p.words += string(n.Value(source)) + " "
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// plainText returns the text below a node.
func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		switch child := child.(type) {
		case *ast.Text:
			b.Write(child.Value(source))
		case *ast.RawHTML:
			b.WriteByte('\n')
		default:
			b.WriteString(plainText(child, source))
		}
	}
	return b.String()
}

// checkDescription checks what is true of every body, whatever the effects are.
func checkDescription(t *testing.T, d Description) {
	t.Helper()
	body := d.body()
	if len(body) > maxBody {
		t.Fatalf("%d Effects: the body has %d bytes", len(d.Effects), len(body))
	}
	if strings.Count(body, "<!-- scheduled:") != 1 {
		t.Errorf("the box has not the only mark:\n%.2000s", body)
	}
	p := parsePage(t, body)
	if diff := cmp.Diff([]bool{false}, p.boxes); diff != "" {
		t.Errorf("check boxes (-want +got):\n%s\n%.2000s", diff, body)
	}
	if len(p.rows) > len(d.Effects) || len(p.rows) < len(d.Effects) && !strings.Contains(p.words, "The table is cut: ") {
		t.Errorf("%d rows for %d Effects:\n%.2000s", len(p.rows), len(d.Effects), body)
	}
	for i, cells := range p.rows {
		if len(cells) != 5 || cells[0] != markdown.Unmarked(problem.Show(d.Effects[i].Job)) || cells[1] != d.Effects[i].Kind {
			t.Errorf("row of job %q reads %q", d.Effects[i].Job, cells)
		}
	}
	if diff := cmp.Diff(blocksOf(d, p), p.blocks); diff != "" {
		t.Errorf("blocks (-want +got):\n%s\n%.2000s", diff, body)
	}
	if len(p.fences) > 0 {
		var diffs strings.Builder
		for _, e := range d.Effects {
			diffs.WriteString(diff(e))
		}
		if !strings.HasPrefix(markdown.Unmarked(markdown.Clean(markdown.FirstLines(diffs.String(), 2*maxBody))), p.fences[0]) {
			t.Errorf("the diff reads\n%.2000s", p.fences[0])
		}
	}
	for _, html := range p.html {
		if !slices.Contains([]string{"<br>", github.Discard, "</details>"}, html) && !strings.HasPrefix(html, "<details>\n<summary>") {
			t.Errorf("HTML %q", html)
		}
	}
	if p.links > 0 || strings.ContainsAny(p.words, "@#") || strings.Contains(p.words, "://") {
		t.Errorf("%d links; the words are\n%s", p.links, p.words)
	}
}

// blocksOf returns the kinds of the blocks that a body has to have.
func blocksOf(d Description, p page) []string {
	blocks := []string{"Paragraph", "Table", "Paragraph"}
	if len(p.rows) < len(d.Effects) {
		blocks = append(blocks, "Paragraph")
	}
	for range d.envs {
		blocks = append(blocks, "Paragraph")
	}
	if len(p.fences) > 0 {
		blocks = append(blocks, "HTMLBlock", "FencedCodeBlock", "HTMLBlock")
	} else { // not a line of the diff fits
		blocks = append(blocks, "Paragraph")
	}
	return append(blocks, "Heading", "List", "Paragraph", "List")
}

// hostile are texts that try to break out of their place.
var hostile = []string{
	"", " ", "a", "a b", " a ", "a|b", `a\|b`, `a\\|b`, `a\`, "|", "||", `\`, "`", "``", "`a", "a`", "a``b`c", "`` ` ``", " ` ", "`|`", "<b>", "</details>", "<!-- -->", "<!-- scheduled: {} -->", "-->", "<script>",
	"@org/team", "me@example.com", "#12", "o/r#12", "GH-12", "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d", "http://example.com", "www.example.com", "[a](http://b)", "![a](b)", "<http://a.b>",
	":tada:", "🚀", "👩‍👩‍👧", "*a*", "_a_", "~~a~~", "**", "&amp;", "&#64;a", "# a", "- [x] a", "- [x] " + github.Discard, "[x]", "> a", "---", "```", "~~~", "| a | b |", "|---|", "$a$", "{{ a }}",
	"a\nb", "a\r- [x] " + github.Discard + "\r", "\n\n- [x] " + github.Discard + "\n\n", "\n```\n</details>\n\n# a @me\n", "\x00", "\x1b[31m", "\xff\xfe", "\u202ea", "a\u200bb", "\u2028",
	strings.Repeat("x", 500), strings.Repeat("`", 500), strings.Repeat("|", 500), strings.Repeat("ü", 500),
}

// huge are texts longer than a body.
var huge = []string{strings.Repeat("`", 70_000), strings.Repeat("y", 70_000), strings.Repeat("`\n", 70_000), strings.Repeat("\xff\n", 70_000)}

// anyEffect makes an effect of hostile texts.
func anyEffect(random *rand.Rand) workflow.Effect {
	word := func() string { return hostile[random.IntN(len(hostile))] }
	lines := func() []byte {
		var b strings.Builder
		for range random.IntN(20) {
			b.WriteString(word() + word() + "\n")
		}
		return []byte(b.String() + word())
	}
	e := workflow.Effect{Change: workflow.Change{Path: workflow.Dir + "/scheduled-a.yml", Job: word()}, Was: "every " + word()}
	e.Kind = []string{"created", "updated", "deleted"}[random.IntN(3)]
	if e.Kind != "created" {
		e.Old = lines()
	}
	if e.Kind != "deleted" {
		e.New = lines()
		e.Trigger, e.Assigned = "day", "every day at 09:47 UTC"
		e.Next = []time.Time{time.Unix(1e9, 0), time.Unix(2e9, 0), time.Unix(3e9, 0)}
	}
	return e
}

// anyEnvironment makes an environment of hostile texts, as far as paths of files
// may be.
func anyEnvironment(random *rand.Rand) workflow.Installed {
	env := workflow.Installed{Jobs: []string{"a"}}
	for range random.IntN(10) {
		env.Jobs = append(env.Jobs, hostile[random.IntN(len(hostile))])
	}
	env.Tool, env.Locked = installer.UV, random.IntN(2) == 0
	if file := hostile[random.IntN(len(hostile))]; pyproject.Forbidden(file) == "" {
		env.File, env.Why = file, file
	}
	return env
}

// TestBodyOfAnything makes bodies of hostile texts, one effect at a time and
// many.
func TestBodyOfAnything(t *testing.T) {
	for _, id := range slices.Concat(hostile, huge) {
		e := workflow.Effect{Change: workflow.Change{Path: workflow.Dir + "/" + id, Job: id, Old: []byte(id), New: []byte("a\n" + id)}, Kind: "updated", Was: id, Assigned: "every day"}
		checkDescription(t, Description{Target: workflow.Target{Path: "pyproject.toml"}, branch: "b", Effects: []workflow.Effect{e}})
	}
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := Description{Target: workflow.Target{Path: "a`b/pyproject.toml"}, branch: "`b", head: "1a2b3c4"}
		for range 1 + random.IntN(1<<random.IntN(10)) {
			d.Effects = append(d.Effects, anyEffect(random))
		}
		for range random.IntN(3) {
			d.envs = append(d.envs, anyEnvironment(random))
		}
		checkDescription(t, d)
	}
}

// TestBodyOfMany checks that with ever more jobs first the diff is cut and then
// the table.
func TestBodyOfMany(t *testing.T) {
	one := planned(t, "", "[tool.scheduled-actions]\nrescue = false\n[tool.scheduled.job]\nevery = \"hour\"\nentrypoint = \"app:run\"\n")
	all := one
	for i := range 1999 {
		e := one.Effects[0]
		e.Job, e.Path = fmt.Sprintf("job-%d", i), fmt.Sprintf("%s/scheduled-job-%d.yml", workflow.Dir, i)
		all.Effects = append(all.Effects, e)
	}
	for _, row := range []struct {
		jobs        int
		diff, table string // what is said of them
	}{
		{1, "<summary>Diff</summary>", ""},
		{100, "<summary>The diff is cut: ", ""},
		{2000, "\nThe diff is cut: 0 of ", "\nThe table is cut: "},
	} {
		d := all
		d.Effects, d.intro = all.Effects[:row.jobs], strings.Repeat("x", MaxIntro)
		body := d.body()
		if len(body) > maxBody || !strings.Contains(body, row.diff) || !strings.Contains(body, row.table) || row.table == "" && strings.Contains(body, "The table") {
			t.Errorf("%d jobs: %d bytes\n%.300s…\n%s", row.jobs, len(body), body, body[len(body)-2000:])
		}
		if summary := d.Overview() + d.Patch("scheduled sync"); len(summary) > 1<<20-50_000 {
			t.Errorf("%d jobs: a summary of %d bytes", row.jobs, len(summary))
		}
		d.intro = ""
		checkDescription(t, d)
	}
	for spare := range 5 { // whatever room the rows leave: no fold with a line or two
		d := all
		d.Effects, d.intro = all.Effects[:500], strings.Repeat("x", 40*spare)
		if body := d.body(); strings.Contains(body, "<details>") {
			t.Errorf("a fold without use:\n%s", body[len(body)-2000:])
		}
	}
}

// TestPatch hands patches to git.
func TestPatch(t *testing.T) {
	whole := planned(t, "[tool.scheduled.gone]\nevery = \"day\"\nentrypoint = \"app:run\"\n[tool.scheduled.moved]\nevery = \"day\"\nentrypoint = \"app:run\"\n",
		"[tool.scheduled.new]\nevery = \"day\"\nentrypoint = \"app:run\"\n[tool.scheduled.moved]\nevery = \"hour\"\nentrypoint = \"app:run\"\n").Effects
	effect := func(name, was, is string) workflow.Effect {
		e := workflow.Effect{Change: workflow.Change{Path: workflow.Dir + "/" + name}}
		if was != "" {
			e.Old = []byte(was)
		}
		if is != "" {
			e.New = []byte(is)
		}
		return e
	}
	big := strings.Repeat("- \"````\" # a line of a large file\n", maxPatch/40)
	for _, row := range []struct {
		name    string
		effects []workflow.Effect
		files   int // that the patch changes
	}{
		{"created, updated and deleted", whole, 4},
		{"no final newline", []workflow.Effect{effect("a.yml", "a", "b"), effect("b.yml", "a\n", "a"), effect("c.yml", "a", "a\n"), effect("d.yml", "a", ""), effect("e.yml", "", "a")}, 5},
		{"lines like headers", []workflow.Effect{effect("a.yml", "-- a/x\n++ b/x\n", "-- /dev/null\n@@ -1 +1 @@\n```\n````\n"), effect("b.yml", "a\n", "diff --git a/x b/x\n")}, 2},
		{"cut after a file", []workflow.Effect{effect("a.yml", "a\n", "b\n"), effect("b.yml", "", big), effect("c.yml", "a\n", "b\n"), effect("d.yml", "", big)}, 3},
		{"too large a file", []workflow.Effect{effect("a.yml", "", big+big)}, 0},
	} {
		t.Run(row.name, func(t *testing.T) { applies(t, row.effects, row.files) })
	}
}

// applies has git apply the patch of effects. It changes the first one so many files,
// and compares what is there then.
func applies(t *testing.T, effects []workflow.Effect, changed int) {
	dir, want := t.TempDir(), map[string]string{}
	for i, e := range effects {
		is := e.Old
		if i < changed {
			is = e.New
		}
		if is != nil {
			want[e.Path] = string(is)
		}
		if e.Old != nil {
			write(t, dir, e.Path, e.Old)
		}
	}
	shown := Description{Target: workflow.Target{Path: "pyproject.toml"}, Effects: effects}.Patch("scheduled sync")
	if cut := strings.Contains(shown, "The patch is cut: "); cut != (changed < len(effects)) {
		t.Errorf("cut %v", cut)
	}
	fences := parsePage(t, shown).fences
	if len(fences) != min(2, 1+changed) {
		t.Fatalf("%d blocks of code", len(fences))
	}
	if changed > 0 {
		git := exec.Command("git", "apply", "-")
		git.Dir, git.Stdin = dir, strings.NewReader(fences[1])
		if out, err := git.CombinedOutput(); err != nil {
			t.Errorf("git apply: %v\n%s\n%.2000s", err, out, fences[1])
		}
	}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%.2000s", diff)
	}
}

func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// files reads the workflow files of a repository.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	names, _ := filepath.Glob(filepath.Join(dir, workflow.Dir, "*"))
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[workflow.Dir+"/"+filepath.Base(name)] = string(content)
	}
	return found
}

// FuzzBody checks that nothing in a job or a file breaks out of its place.
func FuzzBody(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[len(hostile)-1-i], []byte(text))
	}
	f.Fuzz(func(t *testing.T, id, was string, old []byte) {
		e := workflow.Effect{Change: workflow.Change{Path: workflow.Dir + "/a.yml", Job: id, Old: old, New: []byte("name: a\n")}, Kind: "updated", Was: was, Assigned: "every day"}
		checkDescription(t, Description{Target: workflow.Target{Path: "pyproject.toml"}, branch: "b", Effects: []workflow.Effect{e, e}})
	})
}
