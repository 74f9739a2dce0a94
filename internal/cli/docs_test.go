package cli

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the generated parts of the docs")

// pages reads the README and the pages of the folder docs, by their paths from the
// repository's root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("pages: %q, %v", files, err)
	}
	pages := map[string]string{}
	for _, file := range append(files, "../../README.md", "../../CONTRIBUTING.md", "../../SECURITY.md") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[strings.TrimPrefix(file, "../../")] = string(content)
	}
	return pages
}

// TestDocs compares the generated parts of the docs with the program.
func TestDocs(t *testing.T) {
	pages := pages(t)
	for _, part := range []struct {
		name  string
		write func(*testing.T) string
	}{
		{"first", firstPart},
		{"list", listPart},
		{"workflow", workflowPart},
		{"excerpt", excerptPart},
		{"lanes", lanesPart},
		{"overview", overviewPart},
		{"commands", commandsPart},
		{"options", func(*testing.T) string { return pyproject.OptionsReference() }},
		{"owned", func(*testing.T) string { return pyproject.OwnedVariables() }},
		{"environments", environmentsPart},
		{"action", actionPart},
		{"cost", costPart},
		{"schedules", schedulesPart},
		{"history", historyPart},
		{"simulation", simulationPart},
		{"kinds", kindsPart},
		{"on-time", onTimePart},
		{"settings", settingsPart},
		{"moved", movedPart},
		{"fates", fatesPart},
		{"all-projects", allProjectsPart},
		{"projects", projectsPart},
		{"policies", policiesPart},
		{"reasons", reasonsPart},
		{"formats", formatsPart},
		{"messages", messagesPart},
	} {
		begin, end := "<!-- begin "+part.name+" -->\n", "<!-- end "+part.name+" -->\n"
		want, places := "\n"+strings.TrimSpace(part.write(t))+"\n\n", 0
		for page, text := range pages {
			before, rest, found := strings.Cut(text, begin)
			was, after, closed := strings.Cut(rest, end)
			if !found || !closed {
				continue
			}
			places++
			if *update {
				pages[page] = before + begin + want + end + after
			} else if diff := cmp.Diff(want, was); diff != "" {
				t.Errorf("%s: part %s is stale; update it with `go test ./internal/cli -run Docs -update` (-want +got):\n%s", page, part.name, diff)
			}
		}
		if places != 1 {
			t.Errorf("part %s stands in %d pages, want one", part.name, places)
		}
	}
	if *update {
		for page, text := range pages {
			if err := os.WriteFile("../../"+page, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// maxReadme is the size of a README that is read to its end, in bytes.
const maxReadme = 12_000

func TestReadmeSize(t *testing.T) {
	if size := len(pages(t)["README.md"]); size > maxReadme {
		t.Errorf("the README has %d bytes, at most %d are wanted: move details to docs/", size, maxReadme)
	}
}

// output runs the program on the sample project.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := Program{Args: args, Stdout: &stdout, Stderr: &stderr, Now: time.Now, Environ: os.Environ()}
	if code := p.Main(); code != 0 {
		t.Fatalf("%v: exit %d\n%s", args, code, &stderr)
	}
	return stdout.String()
}

// firstPart is the transcript that the script init_first replays.
func firstPart(t *testing.T) string {
	transcript, err := os.ReadFile("testdata/first.console")
	if err != nil {
		t.Fatal(err)
	}
	return "```console\n" + string(transcript) + "```"
}

func listPart(t *testing.T) string {
	return "```\n" + output(t, "list", "--project", "../../testdata/quickstart", "-n", "1", "--now", "2026-11-21T00:00:00Z") + "```"
}

func workflowPart(t *testing.T) string {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/quickstart")); err != nil {
		t.Fatal(err)
	}
	output(t, "sync", "--project", dir, "--action", "scheduled-actions/scheduled@0123456789abcdef0123456789abcdef01234567 # v1.0.0")
	content, err := os.ReadFile(dir + "/.github/workflows/scheduled-clean-files.yml")
	if err != nil {
		t.Fatal(err)
	}
	return "```yaml\n" + string(content) + "```"
}

// excerptPart leaves out of a workflow what few people look at.
func excerptPart(t *testing.T) string {
	whole := workflowPart(t)
	part := func(begin, end string) string {
		_, rest, found := strings.Cut(whole, begin)
		text, _, ends := strings.Cut(rest, end)
		if !found || !ends {
			t.Fatalf("the workflow has no part from %q to %q", begin, end)
		}
		return begin + text
	}
	return "```yaml\n" + part("name: ", "\nrun-name: ") + part("\non:\n", "  workflow_dispatch:\n") + part("\njobs:\n", "      - name: \"Next run: ") + "```"
}

// lanesPart quotes the jobs of a workflow with a job for each slot.
func lanesPart(t *testing.T) string {
	content, err := os.ReadFile("../workflow/testdata/golden/lanes/scheduled-three-at-once.yml")
	_, jobs, found := strings.Cut(string(content), "\njobs:\n")
	if err != nil || !found {
		t.Fatalf("the golden file has no jobs: %v", err)
	}
	return "```yaml\njobs:\n" + jobs + "```"
}

// overviewPart quotes what a pull request begins with, as its own test has it.
func overviewPart(t *testing.T) string {
	content, err := os.ReadFile("../pullrequest/testdata/describe/overview.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll("> "+strings.TrimSpace(string(content)), "\n", "\n> ")
}

// historyPart quotes what `history` prints, as its own test has it.
func historyPart(t *testing.T) string {
	script, err := txtar.ParseFile("testdata/script/history.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range script.Files {
		if file.Name == "states.txt" {
			return "```\n" + string(file.Data) + "```"
		}
	}
	t.Fatal("the script of history has no states.txt")
	return ""
}

func commandsPart(*testing.T) string {
	var b strings.Builder
	b.WriteString("| command | does | flags |\n|---|---|---|\n")
	for _, cmd := range new(Program).root().Commands() {
		if cmd.Name() == "help" {
			continue
		}
		var flags []string
		for _, line := range regexp.MustCompile(`(?m)^ +(?:-\w, )?(--\S+)`).FindAllStringSubmatch(cmd.LocalFlags().FlagUsages(), -1) {
			flags = append(flags, "`"+line[1]+"`")
		}
		fmt.Fprintf(&b, "| `scheduled %s` | %s | %s |\n", cmd.Use, cmd.Short, strings.Join(flags, " "))
	}
	return b.String()
}

// manifest is what the docs say about action.yml.
type manifest struct {
	Inputs  yaml.Node
	Outputs yaml.Node
}

func actionPart(t *testing.T) string {
	content, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Unmarshal(content, &m); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| input | meaning | default |\n|---|---|---|\n")
	for i := 0; i < len(m.Inputs.Content); i += 2 {
		var in struct{ Description, Default string }
		if err := m.Inputs.Content[i+1].Decode(&in); err != nil {
			t.Fatal(err)
		}
		if in.Default != "" {
			in.Default = "`" + in.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.Inputs.Content[i].Value, strings.TrimSpace(in.Description), in.Default)
	}
	b.WriteString("\n| output | meaning |\n|---|---|\n")
	for i := 0; i < len(m.Outputs.Content); i += 2 {
		var out struct{ Description string }
		if err := m.Outputs.Content[i+1].Decode(&out); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", m.Outputs.Content[i].Value, strings.TrimSpace(out.Description))
	}
	return b.String()
}

// dollarsPerMinute is the price of a hosted runner with two cores.
// https://docs.github.com/billing/reference/actions-runner-pricing
const dollarsPerMinute = 0.006

// costPart says what the ticks of jobs and of the rescue cost in 30 days, a billed
// minute a tick.
func costPart(*testing.T) string {
	minutes := func(crons []schedule.Cron) (ticks float64) {
		for _, c := range crons {
			ticks += c.PerMonth()
		}
		return ticks
	}
	var b strings.Builder
	b.WriteString("| job | spare ticks a window | minutes a month | in a private repository | with `spares = 0` |\n|---|---|---|---|---|\n")
	for _, sample := range samples {
		s := sample.schedule("a")
		all, primary := minutes(s.Crons(s.DefaultSpares())), minutes(s.Crons(0))
		fmt.Fprintf(&b, "| %s | %d | %.0f | $%.2f | $%.2f |\n", sample.written, s.DefaultSpares(), all, all*dollarsPerMinute, primary*dollarsPerMinute)
	}
	b.WriteString("\n| the shortest window of the project's jobs | minutes a month of its rescue | in a private repository |\n|---|---|---|\n")
	for _, row := range []struct {
		words string
		least time.Duration
	}{
		{"less than 4 hours", time.Hour}, {"4 hours or more", 4 * time.Hour}, {"a day or more", 24 * time.Hour}, {"a week or more", 7 * 24 * time.Hour},
	} {
		all := minutes(schedule.NewRounds("acme", schedule.RoundsEvery[0]).Needed(row.least))
		fmt.Fprintf(&b, "| %s | %.0f | $%.2f |\n", row.words, all, all*dollarsPerMinute)
	}
	return b.String()
}

// schedulesPart shows what a job can declare, and when that is.
func schedulesPart(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| declared as | due | crons | next |\n|---|---|---|---|\n")
	for _, declared := range []string{
		`every = "15 minutes"`,
		`every = "7 hours"`,
		`every = "day"<br>at = "09:00"`,
		`every = "2 weeks"<br>start = 2026-12-01`,
		`every = "friday"<br>at = "17:30"<br>timezone = "America/New_York"`,
		`every = "3 months"`,
		`cron = "0 9 * * MON-FRI"<br>timezone = "Europe/Berlin"`,
		`cron = ["30 6 * * *", "0 18 * * 1-5"]`,
		`cron = "H H(1-5) * * *"`,
		`cron = "0 22 L * *"`,
		`cron = "0 8 * * MON#1"`,
		`run-at = 2026-12-24T18:00:00Z`,
		`run-at = [2026-12-01T08:00:00, 2026-12-15T08:00:00]`,
	} {
		content := "[project]\nname = \"acme\"\n[tool.scheduled-actions.jobs.job]\nentrypoint = \"app.jobs:run\"\n" + strings.ReplaceAll(declared, "<br>", "\n")
		project, err := pyproject.Load(fstest.MapFS{"pyproject.toml": {Data: []byte(content)}}, "pyproject.toml", "pyproject.toml")
		if err != nil {
			t.Fatal(err)
		}
		job := project.Jobs[0]
		next, crons := []string{}, []string{}
		slot := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		for range 2 {
			if slot = job.Schedule.Next(slot); slot.IsZero() {
				break
			}
			next = append(next, slot.Format("01-02 15:04"))
		}
		for _, cron := range job.Schedule.Crons(0) {
			crons = append(crons, "`"+cron.Expr+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", strings.ReplaceAll(declared, "<br>", "`<br>`"), job.Schedule, strings.Join(crons, "<br>"), strings.Join(next, ", "))
	}
	return b.String()
}

// TestDocsCommands checks that the commands and flags in the docs exist.
func TestDocsCommands(t *testing.T) {
	root := new(Program).root()
	calls := regexp.MustCompile("(?m)(?:^|[` ])scheduled((?: --project \\S+)?) ([a-z]+)((?: [^`\n|&;)]*)?)").FindAllStringSubmatch(everything(t), -1)
	checked := map[string]bool{}
	for _, call := range calls {
		cmd, _, err := root.Find([]string{call[2]})
		if err != nil || cmd == root {
			continue // "scheduled" is an English word, too
		}
		checked[cmd.Name()] = true
		for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(call[3], -1) {
			if cmd.Flag(flag[1]) == nil {
				t.Errorf("%s: %s has no such flag", call[0], cmd.Name())
			}
		}
	}
	for _, name := range []string{"init", "sync", "list", "run", "demo"} {
		if !checked[name] {
			t.Errorf("no example of %s", name)
		}
	}
}

// TestDocsYAML checks that the examples in YAML use inputs and outputs that the
// action has, and hooks that there are.
func TestDocsYAML(t *testing.T) {
	var manifest struct{ Inputs, Outputs map[string]any }
	var hooks []struct{ ID string }
	for file, v := range map[string]any{"../../action.yml": &manifest, "../../.pre-commit-hooks.yaml": &hooks} {
		text, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(text, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	steps := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch([]byte(everything(t)), -1) {
		var example yaml.Node
		if err := yaml.Unmarshal(block[1], &example); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
		eachMapping(&example, func(fields map[string]yaml.Node) {
			var with map[string]string
			uses, inputs := fields["uses"], fields["with"]
			if strings.HasPrefix(uses.Value, "scheduled-actions/scheduled@") {
				steps++
				if err := inputs.Decode(&with); err != nil {
					t.Error(err)
				}
			}
			for name := range with {
				if manifest.Inputs[name] == nil {
					t.Errorf("the action has no input %s", name)
				}
			}
		})
		for _, output := range regexp.MustCompile(`steps\.sync\.outputs\.([a-z-]+)`).FindAllSubmatch(block[1], -1) {
			if manifest.Outputs[string(output[1])] == nil {
				t.Errorf("the action has no output %s", output[1])
			}
		}
		for _, id := range regexp.MustCompile(`- id: (scheduled-\S+)`).FindAllSubmatch(block[1], -1) {
			if !slices.ContainsFunc(hooks, func(hook struct{ ID string }) bool { return hook.ID == string(id[1]) }) {
				t.Errorf("no hook %s", id[1])
			}
		}
	}
	if steps < 3 {
		t.Errorf("%d steps with the action", steps)
	}
}

// TestDocsTOML checks that the examples in TOML are valid.
func TestDocsTOML(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllSubmatch([]byte(everything(t)), -1)
	if len(blocks) < 3 {
		t.Errorf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		content := block[1]
		for _, job := range regexp.MustCompile(`scheduled-actions\.jobs\.([a-z-]+)\]`).FindAllSubmatch(content, -1) {
			if regexp.MustCompile(`(?s)jobs\.` + string(job[1]) + `\]\n[^\[]*(?:entrypoint|command) = `).Match(block[1]) {
				continue // it is declared whole there
			}
			content = fmt.Appendf(content[:len(content):len(content)], "[tool.scheduled.%s]\nevery = \"week\"\nentrypoint = \"app.jobs:run\"\n", job[1])
		}
		files := fstest.MapFS{"pyproject.toml": {Data: content}}
		if _, err := pyproject.Load(files, "pyproject.toml", "pyproject.toml"); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
	}
}

// everything returns the text of all pages.
func everything(t *testing.T) string {
	t.Helper()
	pages := pages(t)
	var text strings.Builder
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		text.WriteString(pages[page] + "\n")
	}
	return text.String()
}

// eachMapping calls do for every mapping of a YAML document.
func eachMapping(node *yaml.Node, do func(fields map[string]yaml.Node)) {
	if node.Kind == yaml.MappingNode {
		fields := map[string]yaml.Node{}
		for i := 0; i < len(node.Content); i += 2 {
			fields[node.Content[i].Value] = *node.Content[i+1]
		}
		do(fields)
	}
	for _, child := range node.Content {
		eachMapping(child, do)
	}
}
