package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// recipe returns the first block of code of a language below a heading of docs/deploying.md.
func recipe(t *testing.T, heading, language string) string {
	t.Helper()
	_, section, found := strings.Cut(pages(t)["docs/deploying.md"], "\n"+heading+"\n")
	_, block, opened := strings.Cut(section, "\n```"+language+"\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !found || !opened || !closed {
		t.Fatalf("docs/deploying.md has no block of %s below %s", language, heading)
	}
	return block + "\n"
}

// checkDispatch holds the body of a dispatch against the inputs that our workflows have.
func checkDispatch(t *testing.T, body string) {
	t.Helper()
	var dispatch struct {
		Ref    string
		Inputs map[string]string
	}
	if err := json.Unmarshal([]byte(body), &dispatch); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var workflow struct {
		On struct {
			Dispatch struct{ Inputs map[string]any } `yaml:"workflow_dispatch"`
		}
	}
	text := strings.TrimPrefix(strings.TrimSuffix(workflowPart(t), "```"), "```yaml\n")
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	for name := range dispatch.Inputs {
		if _, ok := workflow.On.Dispatch.Inputs[name]; !ok {
			t.Errorf("the workflow has no input %s, only %v", name, workflow.On.Dispatch.Inputs)
		}
	}
	if dispatch.Ref == "" || dispatch.Inputs["force"] != "false" {
		t.Errorf("dispatch %+v", dispatch)
	}
}

// TestDeployingGoogle runs the recipe with a gcloud of its own.
func TestDeployingGoogle(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command("sh", "-euc", `gcloud() { printf '%s\n' "$@"; }`+"\n"+recipe(t, "### Google Cloud Scheduler", "sh"))
	cmd.Env = append(os.Environ(), "REPOSITORY=octo/app", "GITHUB_TOKEN=secret")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Split(strings.TrimSpace(string(out)), "\n")
	value := func(flag string) string { return args[slices.Index(args, flag)+1] }
	if got := value("--uri"); got != "https://api.github.com/repos/octo/app/actions/workflows/scheduled-clean-files.yml/dispatches" {
		t.Errorf("--uri %s", got)
	}
	if !strings.HasPrefix(value("--headers"), "Authorization=Bearer secret,") {
		t.Errorf("--headers %s", value("--headers"))
	}
	checkDispatch(t, value("--message-body"))
}

// TestDeployingAmazon follows the template from its timer to the dispatch: each name that it
// mentions is there, the rule takes the event, and what it sends is a dispatch.
func TestDeployingAmazon(t *testing.T) {
	text := recipe(t, "### Amazon EventBridge", "yaml")
	var template struct {
		Parameters map[string]any `yaml:"Parameters"`
		Resources  map[string]struct {
			Type       string         `yaml:"Type"`
			Properties map[string]any `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\$\{(\w+)\}|!Ref (\w+)|!GetAtt (\w+)\.Arn`).FindAllStringSubmatch(text, -1) {
		name := m[1] + m[2] + m[3]
		if template.Parameters[name] == nil && template.Resources[name].Type == "" {
			t.Errorf("the template has no %s", name)
		}
	}
	timer := template.Resources["Timer"].Properties["Target"].(map[string]any)
	target := template.Resources["Rule"].Properties["Targets"].([]any)[0].(map[string]any)
	pattern := template.Resources["Rule"].Properties["EventPattern"].(map[string]any)
	if source := timer["EventBridgeParameters"].(map[string]any)["Source"]; !slices.Contains(pattern["source"].([]any), source) {
		t.Errorf("the rule takes events of %v, and the timer makes them as %v", pattern["source"], source)
	}
	var event map[string]string
	if err := json.Unmarshal([]byte(timer["Input"].(string)), &event); err != nil || event["workflow"] != "${Workflow}" {
		t.Errorf("the event is %v, %v", timer["Input"], err)
	}
	checkDispatch(t, target["Input"].(string))
}

// TestDeployingNames holds the file names in the page against what export writes, and what
// a container runs against our commands.
func TestDeployingNames(t *testing.T) {
	dir := t.TempDir()
	project := "[project]\nname = \"app\"\n[tool.scheduled.clean-files]\nevery = \"day\"\nentrypoint = \"app.jobs:clean_files\"\n"
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(project), 0o644); err != nil {
		t.Fatal(err)
	}
	page := pages(t)["docs/deploying.md"]
	for _, format := range []string{"systemd", "kubernetes"} {
		outputs(t, 0, "export", format, "--project", dir, "--output", dir)
	}
	container, err := os.ReadFile(filepath.Join(dir, "scheduled-app.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	_, list, _ := strings.Cut(string(container), "          args: ")
	list, _, _ = strings.Cut(list, "\n")
	if err := json.Unmarshal([]byte(list), &args); err != nil {
		t.Fatalf("args %s: %v", list, err)
	}
	root := new(Program).root()
	if cmd, rest, err := root.Find(args); err != nil || cmd.Name() != "serve" || cmd.ParseFlags(rest) != nil {
		t.Errorf("the container runs %q, which is no command: %v", args, err)
	}
	written, err := filepath.Glob(filepath.Join(dir, "scheduled-app.*"))
	if err != nil || len(written) != 2 {
		t.Fatalf("%q, %v", written, err)
	}
	for _, file := range written {
		if !strings.Contains(page, filepath.Base(file)) {
			t.Errorf("docs/deploying.md does not mention %s", filepath.Base(file))
		}
	}
}
