//go:build unix

package entrypoint

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Of what may be in the repository nothing is run, whatever leads there.
func TestTrusted(t *testing.T) {
	repo := write(t, map[string]string{"bin/python": "#!/bin/sh\n", "lib/x": ""})
	outside := write(t, map[string]string{"python": ""})
	link := func(name, to string) string {
		path := filepath.Join(repo, name)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root := filepath.Join(t.TempDir(), "root")
	if err := os.Symlink(repo, root); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		want bool
	}{
		{filepath.Join(repo, "bin/python"), false},
		{filepath.Join(root, "bin/python"), false},
		{link("to-committed", "bin/python"), false},
		{link("absolute", filepath.Join(repo, "bin/python")), false},
		{link("through", filepath.Join(outside, "../"+filepath.Base(repo)+"/bin/python")), false},
		{link("nowhere", "missing"), false},
		{filepath.Join(outside, "python"), true},
		{link("out", filepath.Join(outside, "python")), true},
		{"", false},
	} {
		for _, at := range []string{repo, root} {
			if got := trusted(test.path, at); got != "" != test.want {
				t.Errorf("%s: got %q, want it trusted: %t", test.path, got, test.want)
			}
		}
	}
}

// A program that is no Python, or does not answer, does no harm and holds nothing up.
func TestNoAnswer(t *testing.T) {
	version := "echo '[3, 99]'; "
	for _, script := range []string{"exit 0", "echo hello", version + "exit 0", version + "exec sleep 600", version + "sleep 600", version + "cat >/dev/null; sleep 600"} {
		path := filepath.Join(t.TempDir(), "python")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		reader, err := startReader(path, false, os.Getenv)
		if err != nil {
			continue
		}
		reader.limit = 100 * time.Millisecond
		if reads(reader) {
			t.Errorf("%s: it reads", script)
		}
		reader.Close()
	}
}

// A committed pyvenv.cfg cannot say where Python's own library is.
func TestCommittedLibrary(t *testing.T) {
	repo := t.TempDir()
	makeVenv(t, repo)
	environment := FindEnvironment(repo, repo, func(string) string { return "" })
	config := "home = " + filepath.Join(repo, "evil", "bin") + "\n"
	if err := os.WriteFile(filepath.Join(repo, ".venv", "pyvenv.cfg"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	reader := FindReader(environment, repo, false, os.Getenv)
	if reader == nil || !reads(reader) {
		t.Fatal("it does not read")
	}
	defer reader.Close()
	if inside, err := filepath.Rel(repo, reader.cmd.Path); err == nil && filepath.IsLocal(inside) {
		t.Errorf("it starts %s", inside)
	}
}
