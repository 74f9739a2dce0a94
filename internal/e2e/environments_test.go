//go:build e2e

package e2e

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"github.com/scheduled-actions/scheduled/testdata"
)

// edit is a change to one file of a project.
type edit struct{ file, old, new string }

func (e edit) apply(t testing.TB, dir string) {
	t.Helper()
	file := filepath.Join(dir, e.file)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(content, []byte(e.old), []byte(e.new), 1)
	if bytes.Equal(changed, content) {
		t.Fatalf("%s does not say %q", file, e.old)
	}
	write(t, file, changed)
}

// environments are the projects in testdata/projects that have Python code. The table
// of tools in docs/environments.md names them.
var environments = []struct {
	project string
	dir     string // of the project in its repository
	setUp   string // the steps between the check and the entrypoint
	starts  string // what the log says of Python
	stale   edit   // puts the lock behind the project
	refuses string // the step that then fails
}{
	{"none", ".", "Set up Python", ", from PATH", edit{}, ""},
	{"uv", ".", "Set up uv, Install dependencies", ".venv/bin/python, which `uv run --no-sync python` would start",
		edit{"pyproject.toml", `"iniconfig"`, `"iniconfig", "idna"`}, "Install dependencies"},
	{"uv-workspace", "packages/shop", "Set up uv, Install dependencies", ".venv/bin/python, which `uv run --no-sync python` would start",
		edit{"packages/shop/pyproject.toml", `"stock"`, `"stock", "idna"`}, "Install dependencies"},
	{"src", ".", "Set up uv, Install dependencies", ".venv/bin/python, which `uv run --no-sync python` would start",
		edit{"pyproject.toml", `"iniconfig"`, `"iniconfig", "idna"`}, "Install dependencies"},
	{"pylock", ".", "Set up uv, Create the environment, Install dependencies", ".venv/bin/python",
		edit{"pylock.toml", `sha256 = "9121`, `sha256 = "0000`}, "Install dependencies"},
	{"poetry", ".", "Install Poetry, Set up Python, Install dependencies", "poetry run python",
		edit{"pyproject.toml", `"iniconfig"`, `"iniconfig", "idna"`}, "Install dependencies"},
	{"poetry-1", ".", "Install Poetry, Set up Python, Use that Python, Install dependencies", "poetry run python",
		edit{"pyproject.toml", `iniconfig = "*"`, "iniconfig = \"*\"\nidna = \"*\""}, "Install dependencies"},
	{"poetry-none", ".", "Install Poetry, Set up Python, Install dependencies", "poetry run python", edit{}, ""},
	{"pdm", ".", "Set up PDM, Check the lock, Install dependencies", ".venv/bin/python, which `pdm run python` would start",
		edit{"pyproject.toml", `"iniconfig"`, `"iniconfig", "idna"`}, "Check the lock"},
	{"pipenv", ".", "Set up Python, Install Pipenv, Check the lock, Install dependencies", "pipenv run python",
		edit{"Pipfile", `iniconfig = "*"`, "iniconfig = \"*\"\nidna = \"*\""}, "Check the lock"},
	{"hatch", ".", "Set up Python, Install Hatch, Install dependencies", "hatch run python", edit{}, ""},
	{"pip-hashes", ".", "Set up Python, Install dependencies", "/tmp/python/bin/python3, from PATH",
		edit{"requirements.txt", "iniconfig", "idna==3.20\niniconfig"}, "Install dependencies"},
	{"package", ".", "Set up Python, Install dependencies", "/tmp/python/bin/python3, from PATH", edit{}, ""},
}

// TestEnvironments runs generated workflows with the real tools, which come from
// the package registry in the versions that the workflows ask for: a job imports
// what the lock has and nothing that is for development, and a lock that is
// behind ends the run before the entrypoint.
func TestEnvironments(t *testing.T) {
	path, program := build(t)
	r := newRunner(t, program)
	for _, tt := range environments {
		t.Run(tt.project, func(t *testing.T) {
			t.Parallel()
			dir := checkout(t, "../../testdata/projects/"+tt.project)
			project := filepath.Join(dir, tt.dir)
			in(t, dir, path, "--project", project, "validate", "--entrypoints")
			in(t, dir, path, "--project", project, "sync", "--action", repository+"@"+pin+" # "+release)
			file := generated(t, dir, "count-stock")
			machine := r.withTools(t)

			got := machine.tick(t, dir, file)
			steps := map[string]string{"Checkout": "success", "Check window": "success", "Run entrypoint": "success"}
			for name := range strings.SplitSeq(tt.setUp, ", ") {
				steps[name] = "success"
			}
			if diff := cmp.Diff(steps, got.steps); diff != "" || got.failed || len(got.annotations) > 0 {
				t.Fatalf("failed: %v; annotations %q; steps (-want +got):\n%s\n%s", got.failed, got.annotations, diff, got.log)
			}
			const work = "42 pieces, low: nuts"
			for _, line := range []string{work + "\n", tt.starts + "\n"} {
				if !strings.Contains(got.log, line) {
					t.Errorf("the log lacks %q:\n%s", line, got.log)
				}
			}
			if tt.refuses == "" {
				return
			}
			tt.stale.apply(t, dir)
			got = machine.tick(t, dir, file)
			maps.DeleteFunc(got.steps, func(_, result string) bool { return result == "success" })
			if diff := cmp.Diff(map[string]string{tt.refuses: "failure"}, got.steps); diff != "" || !got.failed {
				t.Errorf("a stale lock: failed: %v; failed steps (-want +got):\n%s\n%s", got.failed, diff, got.log)
			}
			if strings.Contains(got.log, work) {
				t.Errorf("the entrypoint ran on a stale lock:\n%s", got.log)
			}
		})
	}
}

// generated returns the name of the workflow file of a job.
func generated(t testing.TB, dir, job string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, workflow.Dir, "scheduled-*"+job+".yml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("workflow files of %s: %q, %v", job, files, err)
	}
	return filepath.Base(files[0])
}

// TestEveryProject checks that none of the projects is left out.
func TestEveryProject(t *testing.T) {
	want := map[string]bool{}
	for _, project := range testdata.Projects() {
		if project.Code {
			want[project.Name] = true
		}
	}
	got := map[string]bool{}
	for _, tt := range environments {
		got[tt.project] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("projects (-in testdata +tested):\n%s", diff)
	}
}

// withTools returns the runner with what GitHub's own have for installing Python
// packages: pipx, and access to the registry. uv is for the stand-ins.
func (r *runner) withTools(t testing.TB) *runner {
	t.Helper()
	bin := t.TempDir()
	uv, pipx := os.Getenv("UV"), os.Getenv("PIPX")
	if uv == "" || pipx == "" {
		t.Fatal("UV and PIPX name no programs: use make e2e")
	}
	if err := os.Symlink(pipx, filepath.Join(bin, "pipx")); err != nil {
		t.Fatal(err)
	}
	cache, err := filepath.Abs("../../.tools/cache")
	if err != nil {
		t.Fatal(err)
	}
	machine := *r
	machine.path = bin + string(filepath.ListSeparator) + os.Getenv("PATH")
	machine.env = append(registryEnv(),
		"E2E_UV="+uv, "PIPX_HOME="+t.TempDir(), "PIPX_BIN_DIR="+bin,
		"PIP_CACHE_DIR="+filepath.Join(cache, "pip"), "UV_CACHE_DIR="+filepath.Join(cache, "uv"))
	return &machine
}

// registryEnv is how this machine comes by Python packages, where variables say so.
func registryEnv() (env []string) {
	for _, name := range strings.Fields(`
		PIP_INDEX_URL PIP_CERT UV_DEFAULT_INDEX UV_INDEX_URL SSL_CERT_FILE REQUESTS_CA_BUNDLE
		HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy`) {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// tick runs a workflow file for a tick after these runs of the past.
func (r *runner) tick(t testing.TB, dir, file string, history ...ghtest.Run) result {
	t.Helper()
	github := ghtest.New(t)
	github.SetNow(now)
	github.SetToken(token)
	for _, run := range history {
		run.Workflow = file
		github.Add(run)
	}
	return r.tickAt(t, github, dir, file)
}

// tickAt runs a workflow file for a tick of a repository.
func (r *runner) tickAt(t testing.TB, github *ghtest.Server, dir, file string) result {
	t.Helper()
	return r.run(t, dir, file, "schedule", tick,
		"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL,
		"GITHUB_WORKFLOW_REF="+ghtest.Repository+"/.github/workflows/"+file+"@refs/heads/main")
}
