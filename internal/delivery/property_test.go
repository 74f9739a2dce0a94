package delivery

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// paths are in each other's way, or upset what reads git's output.
var paths = []string{"a", "a/b", "a/b/c", "a/d", "e", "e/f", "g h", "h/é", "h/j", "k.txt", "x.tmp", "-dash", "[odd]", "#1%20", "Z/.gitignore"}

// TestDeliverProperty has jobs that change a checkout at random: the branch then holds
// what git itself would have committed.
func TestDeliverProperty(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 6
	}
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			deliverRandomly(t, rand.New(rand.NewPCG(3, uint64(round))))
		})
	}
}

func deliverRandomly(t *testing.T, random *rand.Rand) {
	before := map[string]string{".gitattributes": "*.txt text eol=crlf", ".gitignore": "*.tmp"}
	for range 5 {
		name := paths[random.IntN(len(paths))]
		maps.DeleteFunc(before, func(other, _ string) bool {
			return strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/")
		})
		before[name] = "old\n" + name
	}
	w := newWorkspace(t, newUpstream(t, before))
	fake := ghtest.New(t)
	fake.Commit("main", w.committed())
	for range random.IntN(8) {
		w.upset(random)
	}
	client, err := github.New(github.Config{APIURL: fake.URL, Repository: ghtest.Repository, Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	job := pyproject.Job{ID: "job", Slug: "job"}
	job.Options.Commit.Paths = []string{"."}
	_, err = Deliver(t.Context(), Request{
		Client: client, Checkout: Checkout{Root: w.root, Git: w.git, Environ: w.environ},
		Job: job, Project: "pyproject.toml", Ref: "refs/heads/main", Default: "main", Say: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.do("add", "--all")
	w.do("commit", "--quiet", "--allow-empty", "--message=by git")
	if diff := cmp.Diff(w.committed(), fake.Files("main")); diff != "" {
		t.Errorf("(-git +us):\n%s", diff)
	}
}

// committed returns the files of HEAD, as ghtest has them.
func (w *workspace) committed() map[string]string {
	files := map[string]string{}
	var ids strings.Builder
	entries := strings.Split(strings.TrimSuffix(w.do("ls-tree", "-r", "-z", "HEAD"), "\x00"), "\x00")
	for _, entry := range entries {
		ids.WriteString(strings.Fields(entry)[2] + "\n")
	}
	c := Checkout{Root: w.root, Git: w.git}
	out, _, err := c.run(w.t.Context(), w.environ, strings.NewReader(ids.String()), "cat-file", "--batch=%(objectsize)")
	w.check(err)
	for _, entry := range entries {
		size, rest, _ := strings.Cut(string(out), "\n")
		n, err := strconv.Atoi(size)
		w.check(err)
		content := rest[:n]
		out = []byte(rest[n+1:])
		switch entry[:6] {
		case "100755":
			content = ghtest.Exec(content)
		case modeLink:
			content = ghtest.Link(content)
		}
		_, name, _ := strings.Cut(entry, "\t")
		files[name] = content
	}
	return files
}

// upset does something to a file, which then is one, a link, a folder, or gone.
func (w *workspace) upset(random *rand.Rand) {
	name := paths[random.IntN(len(paths))]
	for i, c := range name {
		if info, err := os.Lstat(w.path(name[:i])); c == '/' && err == nil && !info.IsDir() {
			w.remove(name[:i])
		}
	}
	w.check(os.MkdirAll(w.path(path.Dir(name)), 0o777))
	info, err := os.Lstat(w.path(name))
	if there := err == nil && info.Mode().IsRegular(); there && random.IntN(3) == 0 {
		w.check(os.Chmod(w.path(name), 0o755))
		return
	}
	w.remove(name)
	switch random.IntN(4) {
	case 0: // stays gone
	case 1:
		w.link("k.txt", name)
	default:
		w.check(os.WriteFile(w.path(name), fmt.Appendf(nil, "new\r\n%d", random.IntN(3)), 0o666))
	}
}

func (w *workspace) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
