package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/scheduled-actions/scheduled/testdata"
	"gopkg.in/yaml.v3"
)

// supported are the tools in the order of the README. What a workflow does for
// each is read from a golden file; what is exercised, from the projects that the
// end-to-end tests run.
var supported = []struct {
	tool    installer.Tool
	knownBy string
	golden  string
	lock    string // how the workflow holds the environment to the lock
}{
	{installer.UV, "`uv.lock`, `[tool.uv]`, `[project].dependencies`", "uv", "yes, and that it fits `pyproject.toml`"},
	{installer.Poetry, "`poetry.lock`, `[tool.poetry]`", "poetry", "yes, and that it fits `pyproject.toml`"},
	{installer.PDM, "`pdm.lock`, `[tool.pdm]`", "pdm", "yes, and that it fits `pyproject.toml`"},
	{installer.Pipenv, "`Pipfile.lock`, `Pipfile`", "pipenv", "yes, and that it fits the `Pipfile`"},
	{installer.Pylock, "`pylock.toml`", "pylock", "yes, with its hashes"},
	{installer.Pip, "`requirements*.txt`", "pip-hashes", "yes, where the file has hashes"},
	{installer.Package, "`[build-system]`, `setup.py`", "package", "has none"},
	{installer.Hatch, "`[tool.hatch.envs]`", "hatch", "has none"},
	{installer.None, "none of these", "cadences", ""},
	{installer.Pixi, "`pixi.lock`, `pixi.toml`, `[tool.pixi]`", "pixi", "yes, and that it fits the manifest"},
	{installer.Conda, "`conda-lock.yml`, `environment.yml`", "conda-lock", "yes, where it is `conda-lock.yml`"},
}

func environmentsPart(t *testing.T) string {
	exercised := map[installer.Tool][]string{}
	for _, project := range testdata.Projects() {
		if project.Code {
			tool := installerOf(t, filepath.Join("../../testdata/projects", project.Name, filepath.FromSlash(project.Path)))
			exercised[tool] = append(exercised[tool], "`"+project.Name+"`")
		}
	}
	var b strings.Builder
	b.WriteString("| tool | known by | the workflow | lock enforced | exercised end to end |\n|---|---|---|---|---|\n")
	for _, row := range supported {
		runs := strings.Join(exercised[row.tool], ", ")
		if runs == "" {
			runs = "generated, not exercised"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.tool, row.knownBy, setUpOf(t, row.golden), row.lock, runs)
	}
	return b.String()
}

// installerOf returns the tool that installs the project of a pyproject.toml.
func installerOf(t *testing.T, file string) installer.Tool {
	t.Helper()
	var listed struct{ Jobs []workflow.Listed }
	if err := json.Unmarshal([]byte(output(t, "list", "--json", "--project", file)), &listed); err != nil {
		t.Fatal(err)
	}
	return listed.Jobs[0].Environment.Tool
}

// setUpOf returns the steps of a generated workflow before the entrypoint, except checkout and our own.
func setUpOf(t *testing.T, golden string) string {
	t.Helper()
	files, err := filepath.Glob("../workflow/testdata/golden/" + golden + "/scheduled-[cd]*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files of %s: %q, %v", golden, files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Uses, Run string }
		}
	}
	if err := yaml.Unmarshal(content, &parsed); err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, step := range parsed.Jobs["run"].Steps {
		if step.Name == schedule.EvidenceStep {
			break
		}
		action, _, _ := strings.Cut(step.Uses, "@")
		if action != "actions/checkout" && action != "scheduled-actions/scheduled" {
			did = append(did, "`"+action+step.Run+"`")
		}
	}
	return strings.Join(did, ", ")
}

// TestKnownBy checks that each file and table in the README has its tool chosen.
func TestKnownBy(t *testing.T) {
	tables := map[string]string{
		"[project].dependencies": `dependencies = ["six"]`,
		"[build-system]":         "[build-system]\nrequires = []",
		"[tool.hatch.envs]":      "[tool.hatch.envs.default]",
	}
	for _, row := range supported {
		for _, sign := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row.knownBy, -1) {
			dir := t.TempDir()
			files := map[string]string{".git/HEAD": ""}
			table := ""
			if strings.HasPrefix(sign[1], "[") {
				if table = tables[sign[1]]; table == "" {
					table = sign[1]
				}
			} else {
				files[strings.ReplaceAll(sign[1], "*", "")] = ""
			}
			files["pyproject.toml"] = "[project]\nname = \"app\"\n" + table + "\n[tool.scheduled.job]\nevery = \"day\"\nentrypoint = \"app:run\"\n"
			for name, content := range files {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if tool := installerOf(t, filepath.Join(dir, "pyproject.toml")); tool != row.tool {
				t.Errorf("%s: %s, want %s", sign[1], tool, row.tool)
			}
		}
	}
}
