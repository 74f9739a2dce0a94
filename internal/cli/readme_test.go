package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
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

var update = flag.Bool("update", false, "write the generated parts of the README anew")

const readme = "../../README.md"

func readReadme(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestReadme holds the generated parts of the README against the program.
func TestReadme(t *testing.T) {
	text := string(readReadme(t))
	for _, part := range []struct {
		name  string
		write func(*testing.T) string
	}{
		{"list", listPart},
		{"workflow", workflowPart},
		{"overview", overviewPart},
		{"commands", commandsPart},
		{"options", func(*testing.T) string { return pyproject.OptionsTable() }},
		{"owned", func(*testing.T) string { return pyproject.OwnedVariables() }},
		{"environments", environmentsPart},
		{"action", actionPart},
		{"cost", costPart},
		{"history", historyPart},
		{"simulation", simulationPart},
		{"settings", settingsPart},
	} {
		begin, end := "<!-- begin "+part.name+" -->\n", "<!-- end "+part.name+" -->\n"
		before, rest, found := strings.Cut(text, begin)
		was, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("README has no part %s", part.name)
		}
		want := "\n" + strings.TrimSpace(part.write(t)) + "\n\n"
		if *update {
			text = before + begin + want + end + after
		} else if diff := cmp.Diff(want, was); diff != "" {
			t.Errorf("part %s is stale; mend it with `go test ./internal/cli -run Readme -update` (-want +got):\n%s", part.name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
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

// overviewPart quotes what a pull request begins with, as its own test has it.
func overviewPart(t *testing.T) string {
	content, err := os.ReadFile("testdata/describe/overview.md")
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

// manifest is what the README tells of action.yml.
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
	b.WriteString("\n| output | holds |\n|---|---|\n")
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

// costPart counts a month of 30 days, a billed minute a tick.
func costPart(*testing.T) string {
	windows := map[schedule.Cadence]float64{schedule.Hour: 24 * 30, schedule.Day: 30, schedule.Week: 30.0 / 7, schedule.Month: 1}
	var b strings.Builder
	b.WriteString("| every | ticks a window | minutes a month | in a private repository | with `spares = 0` |\n|---|---|---|---|---|\n")
	for _, every := range schedule.Cadences[1:] {
		ticks := 1 + schedule.DefaultSpares(every)
		minutes := windows[every] * float64(ticks)
		fmt.Fprintf(&b, "| %s | %d | %.0f | $%.2f | $%.2f |\n", every, ticks, minutes, minutes*dollarsPerMinute, windows[every]*dollarsPerMinute)
	}
	return b.String()
}

// TestReadmeCommands holds that what the README tells to type exists.
func TestReadmeCommands(t *testing.T) {
	content := readReadme(t)
	root := new(Program).root()
	calls := regexp.MustCompile("(?m)(?:^|[` ])scheduled((?: --project \\S+)?) ([a-z]+)((?: [^`\n|&;)]*)?)").FindAllSubmatch(content, -1)
	checked := map[string]bool{}
	for _, call := range calls {
		cmd, _, err := root.Find([]string{string(call[2])})
		if err != nil || cmd == root {
			continue // "scheduled" is an English word, too
		}
		checked[cmd.Name()] = true
		for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllSubmatch(call[3], -1) {
			if cmd.Flag(string(flag[1])) == nil {
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

// TestReadmeYAML holds that the examples in YAML use inputs and outputs that the
// action has, and hooks that there are.
func TestReadmeYAML(t *testing.T) {
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
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(readReadme(t), -1) {
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

// TestReadmeTOML holds that the examples in TOML are valid.
func TestReadmeTOML(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllSubmatch(readReadme(t), -1)
	if len(blocks) < 3 {
		t.Errorf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		content := block[1]
		for _, job := range regexp.MustCompile(`scheduled-actions\.jobs\.([a-z-]+)\]`).FindAllSubmatch(content, -1) {
			content = fmt.Appendf(content[:len(content):len(content)], "[tool.scheduled.%s]\nevery = \"week\"\nentrypoint = \"app.jobs:run\"\n", job[1])
		}
		files := fstest.MapFS{"pyproject.toml": {Data: content}}
		if _, err := pyproject.Load(files, "pyproject.toml", "pyproject.toml"); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
	}
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
