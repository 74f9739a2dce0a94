package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// workspace is a repository as the step Checkout leaves it: at the newest commit of main,
// shallow, with the remote's branch.
type workspace struct {
	t        *testing.T
	root     string
	git      string
	environ  []string
	patterns []string
}

func newWorkspace(t *testing.T, upstream string) *workspace {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	w := &workspace{t: t, root: t.TempDir(), git: git, patterns: []string{"."}, environ: append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")}
	if upstream == "" {
		return w
	}
	w.do("init", "--quiet", "--template=")
	w.do("remote", "add", "origin", "file://"+filepath.ToSlash(upstream))
	w.do("fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main")
	w.do("checkout", "--quiet", "--force", "-B", "main", "refs/remotes/origin/main")
	return w
}

// newUpstream returns a repository with some files on main.
func newUpstream(t *testing.T, files map[string]string) string {
	t.Helper()
	w := newWorkspace(t, "")
	w.do("init", "--quiet", "--template=", "--initial-branch=main")
	for name, content := range files {
		w.write(name, content)
	}
	w.do("add", "--all")
	w.do("commit", "--quiet", "--allow-empty", "--message=first")
	w.do("commit", "--quiet", "--allow-empty", "--message=second")
	return w.root
}

// do runs git in the workspace.
func (w *workspace) do(args ...string) string {
	w.t.Helper()
	cmd := exec.Command(w.git, args...)
	cmd.Dir, cmd.Env = w.root, w.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *workspace) path(name string) string { return filepath.Join(w.root, filepath.FromSlash(name)) }

func (w *workspace) write(name, content string) {
	w.t.Helper()
	if err := write(w.path(name), strings.NewReader(content)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) remove(name string) {
	w.t.Helper()
	if err := os.RemoveAll(w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) link(to, name string) {
	w.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(w.path(name)), 0o777), os.Symlink(to, w.path(name))); err != nil {
		w.t.Fatal(err)
	}
}

// find returns the changes as lines: the mode of each file, its path and its content.
func (w *workspace) find() (lines []string, c *changes, err error) {
	w.t.Helper()
	ctx := context.Background()
	v, err := Checkout{Root: w.root, Git: w.git, Environ: w.environ}.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	w.t.Cleanup(v.close)
	base, branch := v.begin(ctx, "refs/heads/main", "")
	if branch != "main" {
		w.t.Errorf("branch %q", branch)
	}
	if c, err = v.find(ctx, base, w.patterns); err != nil {
		return nil, nil, err
	}
	for _, f := range c.files {
		if f.Mode == "" {
			lines = append(lines, "deleted "+f.Path)
			continue
		}
		content, err := f.Read()
		if err != nil || int64(len(content)) != f.Size {
			w.t.Errorf("%s: %v, %d bytes for %d", f.Path, err, len(content), f.Size)
		}
		lines = append(lines, fmt.Sprintf("%s %s %q", f.Mode, f.Path, content))
	}
	return lines, c, nil
}

// start has a file of each kind.
var start = map[string]string{
	"README.md": "hello\n", "data/a.csv": "1\n", "data/b.csv": "2\n", "data/deep/c.csv": "3\n",
	".gitignore": "*.tmp\n/out/\n", "src/app.py": "pass\n", ".github/workflows/ci.yml": "on: push\n",
}

// TestFind changes a checkout, and wants the changes.
func TestFind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and executable bits")
	}
	upstream := newUpstream(t, start)
	for _, row := range []struct {
		name     string
		patterns string // separated by spaces; "" for all
		do       func(w *workspace)
		want     []string
		remark   string
	}{
		{"nothing", "", func(w *workspace) {}, nil, ""},
		{"touched only", "", func(w *workspace) {
			if err := os.Chtimes(w.path("README.md"), now, now); err != nil {
				w.t.Fatal(err)
			}
			w.write("data/a.csv", "1\n")
		}, nil, ""},
		{"changed in the same moment", "", func(w *workspace) { w.write("data/a.csv", "9\n") }, []string{`100644 data/a.csv "9\n"`}, ""},
		{"added, changed, deleted", "data", func(w *workspace) {
			w.write("data/new/x.csv", "")
			w.write("data/a.csv", "1\n2\n")
			w.remove("data/b.csv")
			w.write("README.md", "not of it\n")
		}, []string{`100644 data/a.csv "1\n2\n"`, "deleted data/b.csv", `100644 data/new/x.csv ""`}, ""},
		{"a pattern", "data/*.csv **/*.md", func(w *workspace) {
			w.write("data/a.csv", "x")
			w.write("data/a.txt", "x")
			w.write("data/deep/d.csv", "x")
			w.write("docs/x/y.md", "x")
			w.write("README.md", "x")
		}, []string{`100644 README.md "x"`, `100644 data/a.csv "x"`, `100644 docs/x/y.md "x"`}, ""},
		{"a pattern takes folders", "data/*", func(w *workspace) { w.write("data/deep/d.csv", "x") }, []string{`100644 data/deep/d.csv "x"`}, ""},
		{"what is special to git only", "a[1]?", func(w *workspace) {
			w.write("a[1]?/x", "x")
			w.write("a1b", "x")
		}, []string{`100644 a[1]?/x "x"`}, ""},
		{"nothing matches", "none* other/**", func(w *workspace) { w.write("x", "x") }, nil, ""},
		{"a .gitignore that is a link, which git does not follow", "", func(w *workspace) {
			w.write("data/rules", "*.log\n")
			w.link("rules", "data/.gitignore")
			w.write("data/x.log", "x")
		}, []string{`120000 data/.gitignore "rules"`, `100644 data/rules "*.log\n"`, `100644 data/x.log "x"`}, ""},
		{"ignored", "", func(w *workspace) {
			w.write("x.tmp", "x")
			w.write("out/x", "x")
			w.write(".git/info/exclude", "secret\n")
			w.write("secret", "x")
		}, nil, ""},
		{"what Python leaves", "", func(w *workspace) {
			for _, name := range []string{"src/__pycache__/app.pyc", ".venv/bin/python", "app.egg-info/PKG-INFO", "build/lib/app.py", "notes/.ipynb_checkpoints/a.ipynb"} {
				w.write(name, "x")
			}
			w.write("build/index.html", "x")
			w.write("keep/.gitignore", "!__pycache__/\n")
			w.write("keep/__pycache__/x", "x")
		}, []string{`100644 build/index.html "x"`, "100644 keep/.gitignore \"!__pycache__/\\n\"", `100644 keep/__pycache__/x "x"`}, ""},
		{"locks of the set-up", "", func(w *workspace) {
			w.write("uv.lock", "x")
			w.write("sub/poetry.lock", "x")
			w.write("theirs/pdm.lock", "x")
			w.write("theirs/.gitignore", "*.lock\n")
			w.write("wanted/pixi.lock", "x")
			w.write("wanted/.gitignore", "!pixi.lock\n")
		}, []string{"100644 theirs/.gitignore \"*.lock\\n\"", "100644 wanted/.gitignore \"!pixi.lock\\n\"", `100644 wanted/pixi.lock "x"`},
			`left out "sub/poetry.lock", "uv.lock": the set-up makes such a file. Commit it yourself, or write !poetry.lock into .gitignore`},
		{"a path that is ignored", "out/x", func(w *workspace) { w.write("out/x", "x") }, nil,
			`left out "out/x", which commit names: git ignores it, by the pattern "/out/" in .gitignore`},
		{"a folder that is ignored", "build/lib", func(w *workspace) { w.write("build/lib/x", "x") }, nil,
			`left out "build/lib", which commit names: git ignores it, by the pattern "build/lib/" in what is ignored besides`},
		{"a path that is ignored, and there already", "data", func(w *workspace) {
			w.write(".gitignore", "data/\n")
			w.write("data/a.csv", "x")
		}, []string{`100644 data/a.csv "x"`}, ""},
		{"a path that is not there", "data/new/x.csv data", func(w *workspace) {}, nil, `commit names "data/new/x.csv", and nothing is there`},
		{"a path that is gone", "data/deep", func(w *workspace) { w.remove("data/deep") }, []string{"deleted data/deep/c.csv"}, ""},
		{"a lock of other paths", "data", func(w *workspace) { w.write("uv.lock", "x") }, nil, ""},
		{"a lock that is there", "", func(w *workspace) {
			w.write("poetry.lock", "x")
			w.do("add", "--force", "poetry.lock")
			w.do("commit", "--quiet", "--message=lock")
			w.do("update-ref", "refs/remotes/origin/main", "HEAD")
			w.write("poetry.lock", "y")
		}, []string{`100644 poetry.lock "y"`}, ""},
		{"an ignored file that is there already", "", func(w *workspace) {
			w.write(".gitignore", "*.csv\n")
			w.write("data/a.csv", "x")
		}, []string{`100644 .gitignore "*.csv\n"`, `100644 data/a.csv "x"`}, ""},
		{"executable", "", func(w *workspace) {
			w.write("run.sh", "x")
			for _, name := range []string{"run.sh", "src/app.py"} {
				if err := os.Chmod(w.path(name), 0o755); err != nil {
					w.t.Fatal(err)
				}
			}
		}, []string{`100755 run.sh "x"`, `100755 src/app.py "pass\n"`}, ""},
		{"a link", "", func(w *workspace) { w.link("data/a.csv", "latest") }, []string{`120000 latest "data/a.csv"`}, ""},
		{"a link for a file", "", func(w *workspace) {
			w.remove("README.md")
			w.link("data/a.csv", "README.md")
		}, []string{`120000 README.md "data/a.csv"`}, ""},
		{"a link for a folder", "", func(w *workspace) {
			w.remove("data")
			w.link("src", "data")
		}, []string{`120000 data "src"`, "deleted data/a.csv", "deleted data/b.csv", "deleted data/deep/c.csv"}, ""},
		{"a link for a folder with the same files", "", func(w *workspace) {
			if err := os.Rename(w.path("data"), w.path("moved")); err != nil {
				w.t.Fatal(err)
			}
			w.link("moved", "data")
		}, []string{`120000 data "moved"`, "deleted data/a.csv", "deleted data/b.csv", "deleted data/deep/c.csv",
			`100644 moved/a.csv "1\n"`, `100644 moved/b.csv "2\n"`, `100644 moved/deep/c.csv "3\n"`}, ""},
		{"a folder for a file", "", func(w *workspace) {
			w.remove("README.md")
			w.write("README.md/x", "x")
		}, []string{"deleted README.md", `100644 README.md/x "x"`}, ""},
		{"a file for a folder", "data", func(w *workspace) {
			w.remove("data")
			w.write("data", "x")
		}, []string{`100644 data "x"`, "deleted data/a.csv", "deleted data/b.csv", "deleted data/deep/c.csv"}, ""},
		{"names", "", func(w *workspace) {
			for _, name := range []string{"ü ö.txt", "-x", "a\"b\\c", ":(top)x", "new\nline", "#x", "日本/語"} {
				w.write(name, "x")
			}
		}, []string{`100644 #x "x"`, `100644 -x "x"`, `100644 :(top)x "x"`, "100644 a\"b\\c \"x\"", "100644 new\nline \"x\"", `100644 ü ö.txt "x"`, `100644 日本/語 "x"`}, ""},
		{"workflows", "", func(w *workspace) {
			w.write(".github/workflows/ci.yml", "on: pull_request\n")
			w.write(".github/workflows/new.yml", "x")
			w.write(".GitHub/Workflows/evil.yml", "x")
			w.write(".github/dependabot.yml", "x")
		}, []string{`100644 .github/dependabot.yml "x"`}, `left out ".GitHub/Workflows/evil.yml", ".github/workflows/ci.yml", ".github/workflows/new.yml"`},
		{"commits of the job", "", func(w *workspace) {
			w.write("data/a.csv", "x")
			w.do("commit", "--quiet", "--all", "--message=own")
			w.do("rm", "--quiet", "data/b.csv")
			w.do("commit", "--quiet", "--message=own")
			w.write("staged", "x")
			w.do("add", "staged")
			w.write("new", "x")
		}, []string{`100644 data/a.csv "x"`, "deleted data/b.csv", `100644 new "x"`, `100644 staged "x"`}, ""},
		{"commits of the job, and others fetched", "", func(w *workspace) {
			base := w.do("rev-parse", "HEAD")
			w.write("README.md", "theirs")
			w.do("commit", "--quiet", "--all", "--message=theirs")
			w.do("update-ref", "refs/remotes/origin/main", "HEAD")
			w.do("reset", "--quiet", "--hard", base)
			w.write("data/a.csv", "x")
			w.do("commit", "--quiet", "--all", "--message=own")
		}, []string{`100644 data/a.csv "x"`}, ""},
		{"the first commit replaced", "", func(w *workspace) {
			w.write("data/a.csv", "x")
			w.do("commit", "--quiet", "--all", "--amend", "--message=own")
			w.write("new", "x")
		}, []string{`100644 new "x"`}, "the commit that the job began with is no longer"},
		{"staged, then changed", "", func(w *workspace) {
			w.write("data/a.csv", "x")
			w.do("add", "--all")
			w.write("data/a.csv", "y")
			w.write("later", "x")
			w.do("add", "--intent-to-add", "later")
			w.do("rm", "--quiet", "--cached", "README.md")
		}, []string{`100644 data/a.csv "y"`, `100644 later "x"`}, ""},
		{"ends of lines", "", func(w *workspace) {
			w.write(".gitattributes", "*.txt text\n*.bin -text\n")
			w.write("a.txt", "a\r\nb\r\n")
			w.write("a.bin", "a\r\nb\r\n")
			w.write("c.csv", "a\r\nb\r\n")
		}, []string{`100644 .gitattributes "*.txt text\n*.bin -text\n"`, `100644 a.bin "a\r\nb\r\n"`, `100644 a.txt "a\nb\n"`, `100644 c.csv "a\r\nb\r\n"`}, ""},
		{"autocrlf of the checkout", "", func(w *workspace) {
			w.do("config", "core.autocrlf", "true")
			w.write("c.csv", "a\r\nb\r\n")
		}, []string{`100644 c.csv "a\nb\n"`}, ""},
		{"sparse", "", func(w *workspace) {
			w.do("sparse-checkout", "set", "--no-cone", "/data/")
			if _, err := os.Stat(w.path("src/app.py")); err == nil {
				w.t.Fatal("not sparse")
			}
			w.write("data/a.csv", "x")
			w.write("src/new.py", "x")
			w.write("README.md", "x")
		}, []string{`100644 README.md "x"`, `100644 data/a.csv "x"`, `100644 src/new.py "x"`}, ""},
		{"sparse, of folders", "", func(w *workspace) {
			w.do("sparse-checkout", "set", "--cone", "data")
			w.write("data/a.csv", "x")
			w.write("src/app.py", "x")
		}, []string{`100644 data/a.csv "x"`, `100644 src/app.py "x"`}, ""},
		{"sparse, with an index of folders", "", func(w *workspace) {
			w.do("sparse-checkout", "set", "--cone", "--sparse-index", "data")
			w.write("data/a.csv", "x")
			w.write("src/app.py", "x")
			w.write("src/new.py", "x")
		}, []string{`100644 data/a.csv "x"`, `100644 src/app.py "x"`, `100644 src/new.py "x"`}, ""},
		{"an index in two files", "", func(w *workspace) {
			w.do("update-index", "--split-index")
			w.write("data/a.csv", "x")
			w.write("staged", "x")
			w.do("add", "staged")
			w.do("rm", "--quiet", "data/b.csv")
			w.write("new", "x")
		}, []string{`100644 data/a.csv "x"`, "deleted data/b.csv", `100644 new "x"`, `100644 staged "x"`}, ""},
		{"an index in two files, by configuration", "", func(w *workspace) {
			w.do("config", "core.splitIndex", "true")
			for _, name := range []string{"staged", "data/a.csv"} {
				w.write(name, "x")
				w.do("add", "--all")
			}
			w.write("staged", "y")
		}, []string{`100644 data/a.csv "x"`, `100644 staged "y"`}, ""},
		{"an index of another form", "", func(w *workspace) {
			for _, setting := range []string{"core.untrackedCache", "feature.manyFiles", "index.threads"} {
				w.do("config", setting, "true")
			}
			w.do("update-index", "--index-version=4", "--untracked-cache")
			w.do("status")
			w.do("config", "core.fsmonitor", "true; echo -n; true")
			w.do("config", "core.fsmonitorHookVersion", "1")
			w.do("update-index", "--fsmonitor")
			w.do("status")
			w.write("data/a.csv", "x")
			w.write("data/new", "x")
		}, []string{`100644 data/a.csv "x"`, `100644 data/new "x"`}, ""},
		{"binary", "", func(w *workspace) { w.write("x.bin", "\x00\xff\r\n") }, []string{`100644 x.bin "\x00\xff\r\n"`}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, upstream)
			if row.patterns != "" {
				w.patterns = strings.Fields(row.patterns)
			}
			row.do(w)
			before := snapshot(t, w.path(".git"))
			got, c, err := w.find()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if remarks := strings.Join(c.remarks, "\n"); !strings.HasPrefix(remarks, row.remark) || (remarks == "") != (row.remark == "") {
				t.Errorf("remarks %q", remarks)
			}
			if diff := cmp.Diff(before, snapshot(t, w.path(".git"))); diff != "" {
				t.Errorf("the repository changed:\n%s", diff)
			}
			if !testing.Short() {
				applies(t, w, c)
			}
		})
	}
}

// snapshot returns the files of a folder, with their times. Git notes in that of an
// object that it is in use.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			files[path] = info.ModTime().String()
			if strings.Contains(path, "/objects/") {
				files[path] = fmt.Sprint(info.Size())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// applies checks that the patch makes the same changes to what was checked out.
func applies(t *testing.T, w *workspace, c *changes) {
	t.Helper()
	patch, whole := c.patch(context.Background(), 1<<20)
	if !whole || (patch == "") != (len(c.files) == 0) {
		t.Fatalf("patch %v %q", whole, patch)
	}
	if patch == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "patch")
	if err := os.WriteFile(file, []byte(patch), 0o600); err != nil {
		t.Fatal(err)
	}
	w.do("config", "core.autocrlf", "false")
	w.do("sparse-checkout", "disable")
	w.do("update-ref", "--no-deref", "HEAD", "refs/remotes/origin/main")
	w.do("read-tree", "refs/remotes/origin/main")
	w.do("apply", "--cached", file)
	for _, f := range c.files {
		if got := w.do("ls-files", "--stage", "--", ":(literal)"+f.Path); f.Mode == "" && strings.HasSuffix(got, "\t"+f.Path) || f.Mode != "" && !strings.HasPrefix(got, f.Mode+" "+f.ID+" ") {
			t.Errorf("%s: applied %q, want %s %s", f.Path, got, f.Mode, f.ID)
		}
	}
	if got := len(strings.Fields(w.do("diff", "--cached", "--name-only", "--no-renames", "-z", "refs/remotes/origin/main"))); got == 0 {
		t.Error("nothing was applied")
	}
}

// TestPartial has a checkout without the contents of most files, as the step Checkout
// makes for some folders only. None is fetched: there are no credentials for that.
func TestPartial(t *testing.T) {
	upstream := newUpstream(t, start)
	w := newWorkspace(t, "")
	there := *w
	there.root = upstream
	there.do("config", "uploadpack.allowFilter", "true")
	w.do("init", "--quiet", "--template=")
	w.do("remote", "add", "origin", "file://"+filepath.ToSlash(upstream))
	w.do("config", "remote.origin.promisor", "true")
	w.do("config", "remote.origin.partialclonefilter", "blob:none")
	w.do("sparse-checkout", "set", "--cone", "data")
	w.do("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "origin", "+refs/heads/main:refs/remotes/origin/main")
	w.do("checkout", "--quiet", "--force", "-B", "main", "refs/remotes/origin/main")
	w.do("remote", "set-url", "origin", "file:///nowhere")
	if _, err := os.Stat(w.path("src/app.py")); err == nil {
		t.Fatal("not sparse")
	}
	w.write("data/a.csv", "x")
	w.remove("data/b.csv")
	w.write("src/app.py", "x")
	got, c, err := w.find()
	if diff := cmp.Diff([]string{`100644 data/a.csv "x"`, "deleted data/b.csv", `100644 src/app.py "x"`}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	// The patch ends before what is not there.
	if patch, whole := c.patch(context.Background(), 1<<20); whole || !strings.Contains(patch, "a/data/a.csv") || !strings.HasSuffix(patch, "\n") {
		t.Errorf("patch %v %q", whole, patch)
	}
}

// TestForeignOwner has the checkout of another user, as in a container.
func TestForeignOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	w := newWorkspace(t, newUpstream(t, start))
	w.write("data/a.csv", "x")
	err := filepath.Walk(w.root, func(path string, _ os.FileInfo, err error) error {
		if err == nil {
			err = os.Lchown(path, 12345, 12345)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := w.find(); err != nil || len(got) != 1 {
		t.Errorf("%v, %q", err, got)
	}
}
