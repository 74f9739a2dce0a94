package python

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDeepest(t *testing.T) {
	dir := t.TempDir()
	file := func(path string) string {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, script := file("repo/app/jobs.py"), file("repo/.github/job.py")
	file("repo/.venv/pyvenv.cfg")
	file("repo/env/conda-meta/history")
	outside := []string{
		file("repo/.venv/lib/python3.12/site-packages/lib.py"), file("repo/.venv/bin/script.py"),
		file("repo/env/lib/python3.12/json/decoder.py"), file("repo/vendor/site-packages/lib.py"),
		file("repository/app/jobs.py"), file("lib.py"),
		filepath.Join(dir, "repo", "app"), filepath.Join(dir, "repo", "gone.py"),
		"<string>", "frame_test.go", "",
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "repo"), link); err != nil {
		t.Fatal(err)
	}
	root, viaLink := filepath.Join(dir, "repo"), filepath.Join(link, "app", "jobs.py")

	for _, test := range []struct {
		root  string
		files []string
		want  string
	}{
		{root, []string{own}, "app/jobs.py"},
		{root, []string{own, script}, ".github/job.py"},
		{root, append([]string{own}, outside...), "app/jobs.py"},
		{root, outside, ""},
		{root, nil, ""},
		{root, []string{viaLink}, "app/jobs.py"},
		{link, []string{own}, "app/jobs.py"},
		{link, []string{viaLink}, "app/jobs.py"},
		{filepath.Join(root, ".venv"), []string{filepath.Join(root, ".venv", "bin", "script.py")}, "bin/script.py"},
		{filepath.Join(dir, "gone"), []string{own}, ""},
	} {
		var places []Frame
		for _, file := range test.files {
			places = append(places, Frame{File: file, Line: 3})
		}
		var want *Frame
		if test.want != "" {
			want = &Frame{File: test.want, Line: 3}
		}
		if diff := cmp.Diff(want, Entrypoint{Root: test.root}.deepest(places)); diff != "" {
			t.Errorf("root %s, files %q (-want +got)\n%s", test.root, test.files, diff)
		}
	}
}
