package testdata

import (
	"bytes"
	"embed"
	"io/fs"
	"path"
)

//go:embed all:projects
var projects embed.FS

// Project is a sample repository, a folder of projects.
type Project struct {
	Name string // of the folder
	Repo fs.FS
	Path string // of its pyproject.toml in Repo
	Code bool   // has Python code, so that its workflow can run
}

// Projects returns all sample repositories, sorted by name: one for each way to install
// a project, and some for options.
func Projects() []Project {
	entries, err := projects.ReadDir("projects")
	must(err)
	var all []Project
	for _, entry := range entries {
		repo, err := fs.Sub(projects, path.Join("projects", entry.Name()))
		must(err)
		p := Project{Name: entry.Name(), Repo: repo}
		must(fs.WalkDir(repo, ".", func(file string, _ fs.DirEntry, err error) error {
			p.Code = p.Code || path.Ext(file) == ".py"
			if err == nil && path.Base(file) == "pyproject.toml" {
				var content []byte
				content, err = fs.ReadFile(repo, file)
				if bytes.Contains(content, []byte("[tool.scheduled.")) {
					p.Path = file
				}
			}
			return err
		}))
		all = append(all, p)
	}
	return all
}

// must panics: what is embedded can be read.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
