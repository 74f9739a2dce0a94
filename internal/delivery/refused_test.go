package delivery

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

var now = time.Now()

// TestRefused has files that cannot be committed as they should be.
func TestRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links")
	}
	nested := func(w *workspace, dir string) {
		inner := *w
		inner.root = w.path(dir)
		w.write(dir+"/x", "x")
		inner.do("init", "--quiet")
		inner.do("add", "--all")
		inner.do("commit", "--quiet", "--message=x")
	}
	upstream := newUpstream(t, start)
	for _, row := range []struct {
		name, pattern string
		do            func(w *workspace)
		want          string
	}{
		{"a link out", ".", func(w *workspace) { w.link("/etc/passwd", "x") }, `"x" is a symbolic link that leads out`},
		{"a link up", ".", func(w *workspace) { w.link("../../x", "data/x") }, `"data/x" is a symbolic link that leads out`},
		{"a link into .git", ".", func(w *workspace) { w.link(".git/config", "x") }, `"x" is a symbolic link that leads out`},
		{"a link for a folder", "data", func(w *workspace) { w.remove("data"); w.link("/tmp", "data") }, `"data" is a symbolic link that leads out`},
		{"a path through a link out", "out/x", func(w *workspace) { w.link("/tmp", "out") }, `"out" is a symbolic link that leads out`},
		{"a path through a link", "out/*.csv", func(w *workspace) { w.link("data", "out") }, `and "out" is a symbolic link, which git does not follow`},
		{"a repository within", ".", func(w *workspace) { nested(w, "clone") }, `"clone" is a repository of its own`},
		{"a folder of a repository within", "clone/data/*.csv", func(w *workspace) { nested(w, "clone") }, `"clone" is a repository of its own`},
		{"a folder that cannot be read", ".", func(w *workspace) {
			if os.Getuid() == 0 {
				w.t.Skip("root reads everything")
			}
			w.write("closed/x", "x")
			if err := os.Chmod(w.path("closed"), 0); err != nil {
				w.t.Fatal(err)
			}
			w.t.Cleanup(func() { _ = os.Chmod(w.path("closed"), 0o700) })
		}, "find new files: "},
		{"a submodule that moved", ".", func(w *workspace) {
			nested(w, "sub")
			w.do("-c", "advice.addEmbeddedRepo=false", "add", "sub")
			w.do("commit", "--quiet", "--message=sub")
			inner := *w
			inner.root = w.path("sub")
			inner.do("commit", "--quiet", "--allow-empty", "--message=y")
			w.do("update-ref", "refs/remotes/origin/main", "HEAD")
		}, `"sub" is a repository of its own`},
		{"LFS", ".", func(w *workspace) {
			w.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
			w.write("x.bin", "x")
		}, `"x.bin" goes through the filter "lfs"`},
		{"another filter", ".", func(w *workspace) {
			w.do("config", "filter.my.crypt.clean", "touch cleaned")
			w.write(".git/info/attributes", "*.key filter=my.crypt\n")
			w.write("x.key", "x")
		}, `"x.key" goes through the filter "my.crypt"`},
		{"a large file", ".", func(w *workspace) {
			w.write("large", "x")
			if err := os.Truncate(w.path("large"), 100<<20+1); err != nil {
				w.t.Fatal(err)
			}
		}, `"large" has 101 MiB`},
		{"a conflict that is left", ".", func(w *workspace) {
			id := w.do("rev-parse", "HEAD:README.md")
			cmd := "100644 " + id + " 1\tREADME.md\n100644 " + id + " 2\tREADME.md\n100644 " + w.do("rev-parse", "HEAD:src/app.py") + " 3\tREADME.md\n"
			w.do("rm", "--quiet", "--cached", "README.md")
			w.write("README.md", "<<<<<<<")
			w.write(".git/conflict", cmd)
			file, err := os.Open(w.path(".git/conflict"))
			if err != nil {
				w.t.Fatal(err)
			}
			defer file.Close()
			c := Checkout{Root: w.root, Git: w.git, Environ: w.environ}
			if _, _, err := c.run(context.Background(), w.environ, file, "update-index", "--index-info"); err != nil {
				w.t.Fatal(err)
			}
		}, `"README.md" has a merge conflict`},
		{"no repository", ".", func(w *workspace) { w.remove(".git") }, "find repository: "},
		{"a broken repository", ".", func(w *workspace) { w.write(".git/HEAD", "nonsense") }, "read commit of the checkout: git rev-parse: "},
		{"a branch without a commit", ".", func(w *workspace) { w.do("checkout", "--quiet", "--orphan", "x") }, "read commit of the checkout: git rev-parse: "},
		{"no index", ".", func(w *workspace) { w.write(".git/index", "nonsense") }, "git diff-files: "},
		{"no git", ".", func(w *workspace) { w.git = w.path("nothing") }, "read commit of the checkout: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, upstream)
			w.patterns = []string{row.pattern}
			row.do(w)
			lines, _, err := w.find()
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.HasSuffix(err.Error(), `: ""`) || strings.HasPrefix(row.want, "git ") && problem.Hint(err) == "" {
				t.Errorf("got %v, %q", err, lines)
			}
		})
	}
}

// TestHostile has a configuration, hooks and an environment that name programs. None of
// them may run, and git gets no credential.
func TestHostile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sh")
	}
	w := newWorkspace(t, newUpstream(t, start))
	const script = "#!/bin/sh\nenv >> \"" + "$MARK" + "\"\ncat\n"
	mark := t.TempDir() + "/ran"
	w.write(".git/evil.sh", strings.ReplaceAll(script, "$MARK", mark))
	evil := w.path(".git/evil.sh")
	if err := os.Chmod(evil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"post-index-change", "pre-commit", "reference-transaction", "post-checkout"} {
		w.link("../evil.sh", ".git/hooks/"+hook)
	}
	w.write("data/a.csv", "x")
	w.write("evil.txt", "x")
	w.write(".gitattributes", "*.csv diff=evil\nevil.txt ident\n")
	for _, key := range []string{"core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "diff.external", "diff.evil.command", "diff.evil.textconv",
		"core.alternateRefsCommand", "uploadpack.packObjectsHook", "credential.helper", "core.gitProxy", "core.askPass", "gpg.program", "alias.diff-files"} {
		w.do("config", key, evil)
	}
	w.do("config", "core.worktree", "/")
	w.do("config", "core.excludesFile", "/dev/null")
	w.do("config", "core.attributesFile", evil)
	w.do("config", "core.hooksPath", w.path(".git/hooks"))
	w.do("config", "extensions.partialClone", "origin")
	w.do("config", "remote.origin.url", "ext::"+evil)
	w.do("config", "protocol.ext.allow", "always")
	w.environ = append(w.environ, "GIT_DIR=/nowhere", "GIT_INDEX_FILE=/nowhere", "GIT_EXTERNAL_DIFF="+evil, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.fsmonitor",
		"GIT_CONFIG_VALUE_0="+evil, "GIT_PAGER="+evil, "GIT_TRACE="+mark, "GIT_CONFIG_PARAMETERS='core.fsmonitor="+evil+"'", "LD_PRELOAD=/nowhere.so",
		"INPUT_TOKEN=s3cret", "GITHUB_TOKEN=s3cret", "GIT_LITERAL_PATHSPECS=1", "GIT_OBJECT_DIRECTORY=/nowhere", "GIT_WORK_TREE=/", "GIT_NAMESPACE=x")
	got, c, err := w.find()
	if err != nil || len(got) != 3 {
		t.Fatalf("%v, %q", err, got)
	}
	if patch, whole := c.patch(context.Background(), 1<<20); !whole || !strings.Contains(patch, "evil.txt") {
		t.Errorf("patch %q", patch)
	}
	if said, err := os.ReadFile(mark); err == nil {
		t.Errorf("a program ran:\n%s", said)
	}
	for _, variable := range c.environment() {
		if strings.Contains(variable, "s3cret") {
			t.Errorf("git gets %s", variable)
		}
	}
}

// TestBegin says what the job began with.
func TestBegin(t *testing.T) {
	w := newWorkspace(t, newUpstream(t, start))
	began := w.do("rev-parse", "HEAD")
	w.do("tag", "light")
	w.do("tag", "--annotate", "--message=x", "heavy")
	w.do("tag", "main-and-tag")
	w.do("update-ref", "refs/remotes/origin/main-and-tag", "HEAD")
	w.do("commit", "--quiet", "--allow-empty", "--message=own")
	own := w.do("rev-parse", "HEAD")
	w.do("checkout", "--quiet", "--orphan", "elsewhere")
	w.do("commit", "--quiet", "--message=elsewhere")
	w.do("update-ref", "refs/remotes/origin/elsewhere", "HEAD")
	w.do("checkout", "--quiet", "main")
	for ref, want := range map[string][2]string{
		"refs/heads/main":      {began, "main"},
		"main":                 {began, "main"},
		"light":                {began, ""},
		"refs/tags/light":      {began, ""},
		"heavy":                {began, ""},
		"main-and-tag":         {began, "main-and-tag"},
		began:                  {began, ""},
		"elsewhere":            {own, "elsewhere"},
		"refs/heads/elsewhere": {own, "elsewhere"},
		"refs/heads/unknown":   {began, "unknown"},
		"unknown":              {began, "unknown"},
		"refs/pull/1/merge":    {own, ""},
		"":                     {began, ""},
	} {
		v, err := Checkout{Root: w.root, Git: w.git, Environ: w.environ}.open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer v.close()
		commit, branch := v.begin(context.Background(), ref, began)
		id, err := v.git(context.Background(), nil, "rev-parse", commit+"^{commit}")
		if err != nil || strings.TrimSpace(string(id)) != want[0] || branch != want[1] {
			t.Errorf("%q: %s of %q, want %q", ref, commit, branch, want)
		}
	}
}

// TestPatchIsCut cuts a patch after a whole file.
func TestPatchIsCut(t *testing.T) {
	w := newWorkspace(t, newUpstream(t, start))
	w.write("a", strings.Repeat("a\n", 100))
	w.write("b", "\ndiff --git a/x b/x\n"+strings.Repeat("b\n", 100))
	w.write("c", "c")
	_, c, err := w.find()
	if err != nil {
		t.Fatal(err)
	}
	all, _ := c.patch(context.Background(), 1<<20)
	for limit := 0; limit < len(all); limit += 7 {
		patch, whole := c.patch(context.Background(), limit)
		files := 0
		for _, begin := range []string{"", "diff --git a/b ", "diff --git a/c "} {
			if strings.Contains(patch, begin) {
				files++
			}
		}
		if whole || len(patch) > limit || !strings.HasPrefix(all, patch) || patch != "" && !strings.HasPrefix(all[len(patch):], "diff --git a/"+string(rune('a'+files))) {
			t.Fatalf("limit %d: %v, %q", limit, whole, patch)
		}
	}
}
