package workflow

import (
	"io/fs"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// Stale reports whether the file of one job differs from what sync would write. The
// release of our action does not count. It is for a warning at run time, so when in
// doubt it says no: if the file is missing, unreadable, or not the job's.
func (t Target) Stale(repo fs.FS, job pyproject.Job) bool {
	document, _, err := t.documents(repo)
	if err != nil {
		return false
	}
	info, err := fs.Lstat(repo, path.Join(Dir, job.File()))
	if err != nil {
		return false
	}
	there, err := t.Folder.readFile(repo, fs.FileInfoToDirEntry(info), t.Path, "")
	if err != nil || there.foreign != "" {
		return false
	}
	was, err := parse(there.content)
	if err != nil {
		return false
	}
	doc := document(job)
	keepReferences(doc, there.content, Uses{})
	for _, node := range []*yaml.Node{doc, was} {
		eachUses(node, func(uses *yaml.Node) {
			if strings.HasPrefix(uses.Value, t.Action.Action+"@") {
				uses.Value = t.Action.Action
			}
		})
	}
	return !sameMeaning(doc, was)
}
