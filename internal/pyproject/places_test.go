package pyproject

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// counting counts the files that are opened, by their names without folders.
type counting struct {
	fstest.MapFS
	opened map[string]int
}

func (c counting) Open(name string) (fs.File, error) {
	c.opened[path.Base(name)]++
	return c.MapFS.Open(name)
}

func (c counting) ReadFile(name string) ([]byte, error) {
	c.opened[path.Base(name)]++
	return c.MapFS.ReadFile(name)
}

// TestSearch finds projects at the top, beside each other, and inside one another.
func TestSearch(t *testing.T) {
	job := &fstest.MapFile{Data: []byte("[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n")}
	repo := fstest.MapFS{
		"pyproject.toml":                                job,
		"services/billing/pyproject.toml":               job,
		"services/billing/plugins/pyproject.toml":       {Data: []byte("[tool.scheduled-actions.jobs.a]\nevery = \"day\"\ncommand = \"ls\"\n")},
		"services/broken/pyproject.toml":                {Data: []byte("[tool.scheduled.a\n")},
		"services/other/pyproject.toml":                 {Data: []byte("[project]\nname = \"scheduled\"\n")},
		"services/other/deep/er/pyproject.toml":         job,
		".hidden/pyproject.toml":                        job,
		"services/billing/node_modules/pyproject.toml":  job,
		"vendor/.git":                                   {Data: []byte("gitdir: elsewhere\n")},
		"vendor/pyproject.toml":                         job,
		"env/pyvenv.cfg":                                {},
		"env/lib/pyproject.toml":                        job,
		"services/linked/pyproject.toml":                {Data: []byte("../billing/pyproject.toml"), Mode: fs.ModeSymlink},
		"services/billing/pyproject.toml.bak":           job,
		"services/folder/pyproject.toml/pyproject.toml": job,
	}
	got, err := Search(repo)
	want := []string{"pyproject.toml", "services/billing/plugins/pyproject.toml", "services/billing/pyproject.toml", "services/broken/pyproject.toml",
		"services/folder/pyproject.toml/pyproject.toml", "services/other/deep/er/pyproject.toml"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}

// TestSearchReads has 200 projects, each among 20 files, and as many folders that are none:
// each pyproject.toml is read once, and nothing else.
func TestSearchReads(t *testing.T) {
	files := fstest.MapFS{}
	for n := range 200 {
		dir := fmt.Sprintf("services/s%03d", n)
		files[dir+"/pyproject.toml"] = &fstest.MapFile{Data: []byte("[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n")}
		files[fmt.Sprintf("docs/d%03d/page.md", n)] = &fstest.MapFile{}
		for m := range 20 {
			files[fmt.Sprintf("%s/module%d.py", dir, m)] = &fstest.MapFile{}
		}
	}
	repo := counting{files, map[string]int{}}
	paths, err := Search(repo)
	if err != nil || len(paths) != 200 || !slices.IsSorted(paths) || repo.opened["pyproject.toml"] != 200 || repo.opened["module1.py"]+repo.opened["page.md"] != 0 {
		t.Errorf("%d projects, %d read, %v", len(paths), repo.opened["pyproject.toml"], err)
	}
	for n := range maxProjects {
		files[fmt.Sprintf("more/%d/pyproject.toml", n)] = files["services/s000/pyproject.toml"]
	}
	if _, err := Search(repo); err == nil {
		t.Errorf("more than %d projects are no error", maxProjects)
	}
}
