//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// releaser is the part of .goreleaser.yml that says what a release has.
type releaser struct {
	Project string `yaml:"project_name"`
	Builds  []struct{ Goos, Goarch []string }
	Brews   []struct {
		Directory  string
		Repository struct{ Name string }
	}
}

func readReleaser(t *testing.T) (config releaser, document any) {
	t.Helper()
	text, err := os.ReadFile("../../.goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return config, document
}

// TestReleaser holds .goreleaser.yml against the schema of the goreleaser that makes the
// releases: what `goreleaser jsonschema` prints. To compile it takes minutes.
func TestReleaser(t *testing.T) {
	workflow, err := os.ReadFile("../../.github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`goreleaser/v2@v(\S+)`).FindSubmatch(workflow)
	if version == nil {
		t.Fatal("the workflow of releases starts no goreleaser")
	}
	schema, err := jsonschema.NewCompiler().Compile(fmt.Sprintf("testdata/goreleaser-%s.json", version[1]))
	if err != nil {
		t.Fatal(err)
	}
	if _, document := readReleaser(t); schema.Validate(document) != nil {
		t.Error(schema.Validate(document))
	}
}

// packed writes the files of a release that other package managers take: for this machine
// the archive of the program, if there is one, for the other platforms that of a stand-in
// that is named as they are.
func packed(t *testing.T, program string) (dist string) {
	t.Helper()
	dist = t.TempDir()
	config, _ := readReleaser(t)
	sums := ""
	for _, os := range config.Builds[0].Goos {
		for _, arch := range config.Builds[0].Goarch {
			content := []byte(os + "_" + arch)
			if program != "" && os == runtime.GOOS && arch == runtime.GOARCH {
				content = read(t, program)
			}
			name, file := "scheduled", fmt.Sprintf("scheduled_%s_%s.tar.gz", os, arch)
			if os == "windows" {
				name += ".exe"
			}
			packed := archive(t, name, content)
			write(t, filepath.Join(dist, file), packed)
			sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(packed), file)
		}
	}
	write(t, filepath.Join(dist, "checksums.txt"), []byte(sums))
	write(t, filepath.Join(dist, "scheduled.rb"), []byte("class Scheduled < Formula\nend\n"))
	return dist
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// wheels makes the wheels of a release, and returns them by what follows their version.
func wheels(t *testing.T, dist string) map[string]string {
	t.Helper()
	in(t, ".", pythonTool(t, "python"), "../../.github/wheel/build.py", release, dist)
	files, err := filepath.Glob(filepath.Join(dist, "*.whl"))
	if err != nil {
		t.Fatal(err)
	}
	wheels := map[string]string{}
	for _, file := range files {
		wheels[strings.TrimPrefix(filepath.Base(file), "scheduled_actions-"+strings.TrimPrefix(release, "v")+"-")] = file
	}
	return wheels
}

// contains reports whether a wheel has a file of that size.
func contains(t *testing.T, wheel string, size int64) bool {
	t.Helper()
	r, err := zip.OpenReader(wheel)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return slices.ContainsFunc(r.File, func(f *zip.File) bool { return f.FileInfo().Size() == size })
}

// TestWheels makes the wheels twice and installs them as people do.
func TestWheels(t *testing.T) {
	program, _ := build(t)
	dist := packed(t, program)
	all, again := wheels(t, dist), wheels(t, packed(t, ""))
	wheel := "" // for this machine
	for name, file := range all {
		if contains(t, file, int64(len(read(t, program)))) {
			wheel = file
		} else if !bytes.Equal(read(t, file), read(t, again[name])) {
			t.Errorf("%s is not the same when it is made again", name)
		}
	}

	t.Run("platforms", func(t *testing.T) {
		used := map[string]bool{}
		for platform, want := range map[string]string{
			"x86_64-unknown-linux-gnu": "linux_amd64", "x86_64-unknown-linux-musl": "linux_amd64", "x86_64-manylinux_2_17": "linux_amd64",
			"aarch64-unknown-linux-gnu": "linux_arm64", "aarch64-unknown-linux-musl": "linux_arm64",
			"x86_64-apple-darwin": "darwin_amd64", "aarch64-apple-darwin": "darwin_arm64",
			"x86_64-pc-windows-msvc": "windows_amd64", "aarch64-pc-windows-msvc": "windows_arm64",
		} {
			target, name := t.TempDir(), "scheduled"
			if strings.HasPrefix(want, "windows") {
				name += ".exe"
			}
			in(t, dist, os.Getenv("UV"), "pip", "install", "--quiet", "--target", target, "--python-platform", platform,
				"--no-index", "--find-links", dist, "scheduled-actions")
			got := read(t, filepath.Join(target, "bin", name))
			own := want == runtime.GOOS+"_"+runtime.GOARCH
			if own && !bytes.Equal(got, read(t, program)) || !own && string(got) != want {
				t.Errorf("%s gets %.20q, want the program of %s", platform, got, want)
			}
			used[want] = true
		}
		if len(used) != len(all) {
			t.Errorf("%d of %d wheels are used", len(used), len(all))
		}
	})

	t.Run("metadata", func(t *testing.T) {
		const read = `import sys, zipfile
from packaging.metadata import Metadata
wheel = zipfile.ZipFile(sys.argv[1])
text = wheel.read(next(n for n in wheel.namelist() if n.endswith("/METADATA")))
m = Metadata.from_email(text, validate=True)
assert any(n.endswith("/licenses/LICENSE") for n in wheel.namelist())
print(m.name, m.version, m.license_expression, m.description_content_type)
print(m.description)`
		got := output(t, dist, pythonTool(t, "python"), "-c", read, wheel)
		if want := "scheduled-actions 1.2.3 MIT text/markdown\n# scheduled\n"; !bytes.HasPrefix(got, []byte(want)) {
			t.Errorf("metadata: %.100s", got)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllSubmatch(got, -1) {
			if !bytes.HasPrefix(link[1], []byte("https://")) && !bytes.HasPrefix(link[1], []byte("#")) {
				t.Errorf("%s leads nowhere from the page of the package", link[1])
			}
		}
	})

	// By what docs/installing.md says, where the wheels take the place of the package index.
	ways := installing(t)
	const check = "; scheduled --version; scheduled-actions list"
	for name, shell := range map[string]string{
		"uv":       ways["uv"].install + check + "; " + ways["uv"].upgrade + "; " + ways["uv"].remove,
		"pipx":     ways["pipx"].install + check + "; " + ways["pipx"].upgrade + "; " + ways["pipx"].remove,
		"pip":      ways["pip"].install + check + "; python -m scheduled_actions --version; " + ways["pip"].upgrade + "; " + ways["pip"].remove,
		"pip user": ways["pip"].install + " --user --break-system-packages" + check + "; " + ways["pip"].remove + " --break-system-packages",
		"tried":    "uvx --from scheduled-actions scheduled --version; " + block(t, "docs/installing.md", "uvx "),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "pip" {
				shell = `python3 -m venv --without-pip $HOME/venv; PATH=$HOME/venv/bin:$PATH; hash -r; ` + shell
			}
			cmd := exec.Command("bash", "-ec", `PATH=$HOME/.local/bin:$TOOLS:$PATH
				pip() { $TOOLS/pip --python "$(python3 -c 'import sys; print(sys.executable)')" "$@"; }
				`+shell+`; hash -r; ! command -v scheduled`)
			home := t.TempDir()
			tools := filepath.Join(home, "tools")
			if err := os.Mkdir(tools, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, tool := range []string{"uv", "uvx", "pipx", "pip"} {
				if err := os.Symlink(pythonTool(t, tool), filepath.Join(tools, tool)); err != nil {
					t.Fatal(err)
				}
			}
			cmd.Dir = checkout(t, "../../testdata/quickstart")
			cmd.Env = append(env(t), "HOME="+home, "TOOLS="+tools, "UV_FIND_LINKS="+dist, "UV_OFFLINE=1", "UV_PYTHON_DOWNLOADS=never", "PIP_FIND_LINKS="+dist, "PIP_NO_INDEX=1")
			out, err := cmd.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("scheduled version "+release+"\n")) || !bytes.Contains(out, []byte("\nclean-files ")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// way is a row of the table in docs/installing.md.
type way struct{ install, upgrade, remove string }

func installing(t *testing.T) map[string]way {
	t.Helper()
	ways := map[string]way{}
	for _, m := range regexp.MustCompile("(?m)^\\| (.+) \\| `(.+)` \\| `?(.+?)`? \\| `(.+)` \\|$").FindAllSubmatch(read(t, "../../docs/installing.md"), -1) {
		ways[string(m[1])] = way{string(m[2]), string(m[3]), string(m[4])}
	}
	return ways
}

// block returns the block of a page that begins so.
func block(t *testing.T, page, begin string) string {
	t.Helper()
	m := regexp.MustCompile("(?s)\n```sh\n(" + regexp.QuoteMeta(begin) + ".*?)\n```\n").FindSubmatch(read(t, filepath.Join("../..", page)))
	if m == nil {
		t.Fatalf("%s has no block that begins with %q", page, begin)
	}
	return string(m[1])
}

// TestPackagesDocs holds what docs/installing.md says of package managers that are not
// here against what a release has for them.
func TestPackagesDocs(t *testing.T) {
	config, _ := readReleaser(t)
	ways := installing(t)
	workflow := string(read(t, "../../.github/workflows/release.yml"))
	for name, want := range map[string]string{
		"Homebrew": "brew install scheduled-actions/" + strings.TrimPrefix(config.Brews[0].Repository.Name, "homebrew-") + "/" + config.Project,
		"Scoop":    "scoop install https://github.com/" + repository + "/releases/latest/download/" + config.Project + ".json",
		"Go":       "go install github.com/" + repository + "/cmd/scheduled@latest",
	} {
		if ways[name].install != want {
			t.Errorf("%s: %s; want %s", name, ways[name].install, want)
		}
	}
	for _, file := range []string{"dist/homebrew/" + config.Brews[0].Directory + "/scheduled.rb", "dist/scoop/scheduled.json", "dist/*.whl"} {
		if !strings.Contains(workflow, " "+file+" ") {
			t.Errorf("the release does not have %s", file)
		}
	}

	// gh is only asked whether it knows the options.
	cmd := exec.Command("bash", "-ec", `gh() { for o in "$@"; do case $o in --*) "$GH" "$1" "$2" --help | grep -qe " $o " ;; esac; done; }
		`+block(t, "docs/installing.md", "gh release download "))
	cmd.Dir = packed(t, "")
	cmd.Env = append(env(t), "GH="+pythonTool(t, "gh"))
	if out, err := cmd.CombinedOutput(); err != nil || string(read(t, filepath.Join(cmd.Dir, "scheduled"))) != "linux_amd64" {
		t.Errorf("from an archive: %v\n%s", err, out)
	}
}

// shelf is a GitHub with the repositories that publish.sh brings a release to. gh talks to
// it through a proxy, and without TLS because of the name of the server.
type shelf struct {
	*httptest.Server
	mu       sync.Mutex
	missing  string            // a repository that is not there
	release  map[string]any    // of gh-scheduled; nil for none
	assets   []string          // their names
	programs map[string][]byte // by asset name
	formula  []byte            // of homebrew-tap
	changes  int               // requests that changed something
}

const shelfAPI = "http://api.github.localhost"

func newShelf(t *testing.T) *shelf {
	s := &shelf{programs: map[string][]byte{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Host != "api.github.localhost" || r.Header.Get("Authorization") != "token s3cret" {
			t.Errorf("%s %s with %q", r.Method, r.URL, r.Header.Get("Authorization"))
		}
		if r.Method != "GET" && r.Method != "HEAD" {
			s.changes++
		}
		status, answer := s.answer(r, body)
		if content, ok := answer.([]byte); ok {
			w.Write(content)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(s.Close)
	return s
}

// answer returns the JSON of an answer, or the bytes of a download.
func (s *shelf) answer(r *http.Request, body []byte) (int, any) {
	const extension, tap = "/repos/scheduled-actions/gh-scheduled", "/repos/scheduled-actions/homebrew-tap"
	at := r.Method + " " + r.URL.Path
	switch {
	case s.missing != "" && strings.HasPrefix(r.URL.Path, "/repos/scheduled-actions/"+s.missing):
	case at == "GET "+extension, at == "GET "+tap:
		return 200, map[string]any{"name": path.Base(r.URL.Path)}
	case at == "POST "+extension+"/releases":
		s.release = map[string]any{}
		if err := json.Unmarshal(body, &s.release); err != nil {
			return 400, err.Error()
		}
		s.release["url"] = shelfAPI + extension + "/releases/1"
		s.release["upload_url"] = shelfAPI + extension + "/releases/1/assets{?name,label}"
		return 201, s.release
	case at == "POST "+extension+"/releases/1/assets":
		name := r.URL.Query().Get("name")
		s.assets, s.programs[name] = append(s.assets, name), body
		return 201, map[string]any{"name": name}
	case at == "PATCH "+extension+"/releases/1":
		s.release["draft"] = false
		return 200, s.release
	case s.release["draft"] == false && (at == "GET "+extension+"/releases/latest" || r.URL.Path == extension+"/releases/tags/"+release):
		assets := []any{}
		for i, name := range s.assets {
			assets = append(assets, map[string]any{"name": name, "url": fmt.Sprintf("%s%s/releases/assets/%d", shelfAPI, extension, i)})
		}
		answer := maps.Clone(s.release)
		answer["assets"] = assets
		return 200, answer
	case r.Method == "GET" && path.Dir(r.URL.Path) == extension+"/releases/assets":
		i, _ := strconv.Atoi(path.Base(r.URL.Path))
		return 200, s.programs[s.assets[i]]
	case at == "GET "+tap+"/contents/Formula/scheduled.rb" && s.formula != nil:
		return 200, map[string]any{"sha": "b10b"}
	case at == "PUT "+tap+"/contents/Formula/scheduled.rb":
		var change struct{ Message, Content, SHA string }
		if err := json.Unmarshal(body, &change); err != nil {
			return 400, err.Error()
		}
		if (change.SHA == "b10b") != (s.formula != nil) {
			return 409, map[string]any{"message": "sha does not match"}
		}
		s.formula, _ = base64.StdEncoding.DecodeString(change.Content)
		return 200, map[string]any{}
	}
	return 404, map[string]any{"message": "Not Found"}
}

// gh starts a command that talks to the shelf with gh.
func (s *shelf) gh(t *testing.T, home, command string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(command, args...)
	cmd.Env = append(env(t), "HOME="+home, "PATH="+filepath.Dir(pythonTool(t, "gh"))+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"GH_HOST=github.localhost", "GH_TOKEN=s3cret", "GITHUB_REPOSITORY="+repository, "http_proxy="+s.URL, "DO_NOT_TRACK=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestExtension publishes a release where gh installs extensions from, and the formula, and
// has gh install the program.
func TestExtension(t *testing.T) {
	program, _ := build(t)
	s, dist, home := newShelf(t), packed(t, program), t.TempDir()
	publish := func(want string) {
		t.Helper()
		if out, err := s.gh(t, home, "../../.github/publish.sh", release, dist); err != nil || !strings.Contains(out, want) {
			t.Fatalf("publish: %v\n%s", err, out)
		}
	}
	s.missing = "homebrew-tap"
	publish("::notice::scheduled-actions/homebrew-tap is not there")
	s.missing = "gh-scheduled"
	publish("::notice::scheduled-actions/gh-scheduled is not there")
	if want := string(read(t, filepath.Join(dist, "scheduled.rb"))); string(s.formula) != want {
		t.Errorf("the tap has %q, want %q", s.formula, want)
	}
	s.missing = ""
	publish("")
	if len(s.assets) != 6 || !bytes.Equal(s.programs["gh-scheduled-windows-amd64.exe"], []byte("windows_amd64")) {
		t.Errorf("the release has %q", s.assets)
	}

	docs := installing(t)["GitHub CLI"]
	for _, tt := range []struct{ command, want string }{
		{docs.install, ""},
		{"gh extension list", "gh scheduled\tscheduled-actions/gh-scheduled\t" + release},
		{"gh scheduled --version", "scheduled version " + release},
		{"gh scheduled list --help", "\n  gh scheduled list [flags]\n"},
		{"gh scheduled list --project ../../testdata/quickstart", "\nclean-files "},
		{docs.upgrade, ""},
		{docs.remove, ""},
		{block(t, "docs/installing.md", "gh alias ") + "; PATH=$PATH:" + filepath.Dir(program) + " gh scheduled --version", "scheduled version " + release},
	} {
		if out, err := s.gh(t, home, "sh", "-ec", tt.command); err != nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v\n%s", tt.command, err, out)
		}
	}

	changes := s.changes
	write(t, filepath.Join(dist, "scheduled_linux_arm64.tar.gz"), archive(t, "scheduled", []byte("evil")))
	if out, err := s.gh(t, home, "../../.github/publish.sh", release, dist); err == nil || s.changes != changes {
		t.Errorf("a changed archive is published: %d changes\n%s", s.changes-changes, out)
	}
	if out, err := s.gh(t, home, "env", "GH_TOKEN=", "../../.github/publish.sh", release, dist); err != nil || s.changes != changes || !strings.Contains(out, "no secret") {
		t.Errorf("without a token: %v\n%s", err, out)
	}
}
