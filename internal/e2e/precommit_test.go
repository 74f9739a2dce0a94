//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPreCommit commits to a project that has our hooks. pre-commit installs
// them as it does for everybody: it clones their repository and builds it.
func TestPreCommit(t *testing.T) {
	program := os.Getenv("PRECOMMIT")
	if program == "" {
		t.Fatal("PRECOMMIT names no program: use make e2e")
	}
	env := append(env(t), goEnv(t)...)
	hooks, commit := hooksRepository(t)
	dir := checkout(t, "../../testdata/quickstart")
	write(t, filepath.Join(dir, ".pre-commit-config.yaml"), fmt.Appendf(nil,
		"repos: [{repo: %q, rev: %s, hooks: [{id: scheduled-validate}, {id: scheduled-sync}]}]\n", hooks, commit))
	do := func(command string, args ...string) (string, error) {
		cmd := exec.Command(command, args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := do(program, "install", "--install-hooks"); err != nil {
		t.Fatalf("install hooks: %v\n%s", err, out)
	}
	const file = ".github/workflows/scheduled-clean-files.yml"
	for _, tt := range []struct {
		name   string
		shell  string // what a person does before the commit
		commit bool   // whether it is made
		says   []string
	}{
		{"no workflow file yet", "git add .", false, []string{"created  " + file, "error: 5 workflow files changed", "git add .github/workflows"}},
		{"written and added", "git add .", true, []string{"scheduled validate", "scheduled sync", "Passed"}},
		{"pinned to the hooks' own commit", "touch note && git add . && grep -q 'uses: " + repository + "@" + commit + "' " + file, true, nil},
		{"a file removed", "git rm --quiet " + file, false, []string{"created  " + file}},
		{"a file changed", "git add . && echo 'name: mine' >" + file + " && git add .", false, []string{"a file that scheduled did not write has that name"}},
		{"an error", "git checkout --quiet HEAD -- . && sed -i.bak s/day/daily/ pyproject.toml && rm -f pyproject.toml.bak && git add .", false,
			[]string{`every is "daily"`, `hint: `}},
		{"another cadence", "git checkout --quiet HEAD -- . && sed -i.bak s/day/hour/ pyproject.toml && rm -f pyproject.toml.bak && git add .", false,
			[]string{"updated  " + file, "error: 1 workflow file changed"}},
		{"its file added", "git add .", true, nil},
	} {
		if out, err := do("sh", "-c", tt.shell); err != nil {
			t.Fatalf("%s: %s: %v\n%s", tt.name, tt.shell, err, out)
		}
		out, err := do("git", "-c", "user.name=e2e", "-c", "user.email=", "commit", "--message="+tt.name)
		if (err == nil) != tt.commit {
			t.Fatalf("%s: commit: %v\n%s", tt.name, err, out)
		}
		for _, words := range tt.says {
			if !strings.Contains(out, words) {
				t.Errorf("%s: the hooks do not say %q:\n%s", tt.name, words, out)
			}
		}
	}
}

// hooksRepository returns a git repository with what is in the working tree,
// committed or not, and the commit of it.
func hooksRepository(t *testing.T) (dir, commit string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = "../.."
	names, err := list.Output()
	if err != nil {
		t.Fatalf("list files: %v", err)
	}
	tree := t.TempDir()
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("../..", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(tree, name), content)
	}
	dir = checkout(t, tree)
	head := exec.Command("git", "rev-parse", "HEAD")
	head.Dir = dir
	out, err := head.Output()
	if err != nil {
		t.Fatalf("find commit: %v", err)
	}
	return dir, strings.TrimSpace(string(out))
}

// goEnv is how this machine comes by modules, and what it has of them.
func goEnv(t *testing.T) (env []string) {
	t.Helper()
	for _, name := range []string{"GOPROXY", "GOSUMDB", "GONOSUMDB", "GOMODCACHE", "GOCACHE", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return env
}
