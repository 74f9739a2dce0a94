//go:build unix

package entrypoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/python"
)

// ownFolder returns a new folder that no other user can change, as those for temporary
// files are not.
func ownFolder(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err == nil {
		home, err = filepath.EvalSymlinks(home)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(home, ".scheduled-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Of what may have come with the project nothing is started, whatever leads there.
func TestTrust(t *testing.T) {
	for _, test := range []struct {
		name  string
		files string // with a mode after a comma, or the target of a link after an arrow
		path  string
		want  string // "" if it is not to be trusted
	}{
		{"the user's own", "tools/python3", "tools/python3", "tools/python3"},
		{"through a link", "real/python3.12 tools/python3->../real/python3.12", "tools/python3", "real/python3.12"},
		{"through an absolute link", "real/python3.12 tools->{}/real", "tools/python3.12", "real/python3.12"},
		{"upward", "real/python3", "real/../real/./python3", "real/python3"},
		{"in the project", "work/svc/bin/python3", "work/svc/bin/python3", ""},
		{"in the project by a link", "work/svc/bin/python3 tools->work/svc/bin", "tools/python3", ""},
		{"linked from the project", "tools/python3 work/svc/.venv/bin/python3->{}/tools/python3", "work/svc/.venv/bin/python3", ""},
		{"linked through the project", "tools/python3 work/svc/bin->../../tools safe->work/svc/bin", "safe/python3", ""},
		{"in the project, spelt otherwise", "work/svc/bin/python3 tools/x", "tools/../work/svc/bin/python3", ""},
		{"no repository", "work/bin/python3", "work/bin/python3", "work/bin/python3"},
		{"beside it in the repository", "work/.git/HEAD work/bin/python3", "work/bin/python3", ""},
		{"the repository of a submodule", "work/.git/HEAD work/svc/.git work/bin/python3", "work/bin/python3", ""},
		{"the repository around several", "all/x work/.git/HEAD pyproject.toml work/svc/.git tools/python3", "tools/python3", ""},
		{"a workspace", "work/pyproject.toml work/svc/pyproject.toml work/bin/python3", "work/bin/python3", ""},
		{"in a folder that others can write", "tools,777 tools/python3", "tools/python3", ""},
		{"below a folder that others can write", "shared,1777 shared/mine/python3", "shared/mine/python3", ""},
		{"that others can write", "tools/python3,757", "tools/python3", ""},
		{"linked from a folder that others can write", "tools/python3 shared,777 shared/python3->../tools/python3", "shared/python3", ""},
		{"a circle", "a->b b->a", "a", ""},
		{"a link to nothing", "a->missing", "a", ""},
		{"nothing", "", "missing", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			top := ownFolder(t)
			plant(t, top, test.files+" work/svc/app.py")
			trust, err := trustAround(filepath.Join(top, "work", "svc"), filepath.Join(top, "work", "svc"))
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if want != "" {
				want = filepath.Join(top, want)
			}
			if got := trust.follow(top + "/" + test.path); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// plant makes files, and folders for them; see TestTrust.
func plant(t *testing.T, top, files string) {
	t.Helper()
	for _, file := range strings.Fields(files) {
		name, target, isLink := strings.Cut(file, "->")
		name, mode, _ := strings.Cut(name, ",")
		path := filepath.Join(top, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case isLink:
			err = os.Symlink(strings.ReplaceAll(target, "{}", top), path)
		case strings.HasSuffix(mode, "777"):
			err = os.Mkdir(path, 0o755)
		default:
			err = os.WriteFile(path, []byte("#!/bin/sh\ntouch '"+top+"/started'\n"), 0o755)
		}
		if err == nil && mode != "" {
			bits := map[string]os.FileMode{"777": 0o777, "1777": 0o777 | os.ModeSticky, "757": 0o757}
			err = os.Chmod(path, bits[mode])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Nor is anything started by a PATH that leads there, or to wherever the working folder
// is. Python itself gets no such folder.
func TestFindReader(t *testing.T) {
	top := ownFolder(t)
	plant(t, top, "work/.git work/svc/app.py work/bin/python3 work/svc/bin/python3 work/svc/bash safe->work/bin")
	svc := filepath.Join(top, "work", "svc")
	t.Chdir(svc)
	path := strings.Join([]string{"bin", "", ".", "../bin", svc, filepath.Join(svc, "bin"), filepath.Join(top, "work", "bin"), filepath.Join(top, "safe")}, ":")
	if reader := FindReader(svc, svc, false, python.Environ{"PATH=" + path}); reader != nil {
		t.Errorf("it started %s", reader.cmd.Path)
	}
	reader := FindReader(svc, svc, false, python.Environ{"PATH=" + path + ":" + os.Getenv("PATH"), "LD_LIBRARY_PATH=.:" + svc, "PYTHONPATH=" + svc, "GITHUB_TOKEN=x"})
	if reader == nil || !reads(reader) {
		t.Fatal("there is no Python on the PATH")
	}
	defer reader.Close()
	for _, variable := range reader.cmd.Env {
		if name, value, _ := strings.Cut(variable, "="); name != "PATH" || strings.Contains(value, top) {
			t.Errorf("it gets %s", variable)
		}
	}
	if _, err := os.Stat(filepath.Join(top, "started")); err == nil {
		t.Error("something of the project was run")
	}
}

// Programs that belong to another user are not started.
func TestStrangers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	top := ownFolder(t)
	plant(t, top, "work/svc/app.py tools/python3 theirs/python3 bin/python3->../tools/python3")
	for _, name := range []string{"theirs", "bin/python3"} {
		if err := os.Lchown(filepath.Join(top, name), 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	trust, err := trustAround(filepath.Join(top, "work", "svc"), filepath.Join(top, "work", "svc"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"theirs/python3", "bin/python3"} {
		if got := trust.follow(filepath.Join(top, name)); got != "" {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if got := trust.follow(filepath.Join(top, "tools/python3")); got == "" {
		t.Error("the user's own is not trusted")
	}
}
