package workflow

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"gopkg.in/yaml.v3"
)

// service is a workflow of a project that belongs to no job.
type service struct {
	does     string // Rescues or Publishes
	file     string // its name
	wanted   bool
	document func(repo fs.FS) *yaml.Node
	whose    string // in an error
	when     string // it runs, in words
}

// services returns all that a project can have, in a fixed order.
func (t Target) services() []service {
	return []service{
		{Rescues, t.rescueFile(), t.rescued(), t.rescueDocument, "the rescue of " + t.Path, "rescue " + t.Project.Rescue.Rounds.String()},
		{Publishes, PagesFile, t.published(), t.pagesDocument, "the page of " + t.Path, "page of the jobs, " + afterRescue},
	}
}

// Service reports whether a file, by its name, is that of a workflow that belongs to no job of
// any project.
func Service(file string) bool {
	return file == SyncFile || file == PagesFile || rescueFiles.MatchString(file)
}

// rescueFiles are the names that RescueFile returns. The job "rescue-boats" has none of them.
var rescueFiles = pattern.New(`^scheduled-rescue(-.*-[0-9a-f]{8})?\.yml$`)

// wanted returns those that the project has.
func (t Target) wanted() (wanted []service) {
	for _, s := range t.services() {
		if s.wanted {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// serves returns what a file is for, by its name; "" for that of a job.
func (t Target) serves(name string) string {
	for _, s := range t.services() {
		if s.file == name {
			return s.does
		}
	}
	return ""
}

// serviceChange renders the file of a service and compares it with the one there.
func (t Target) serviceChange(s service, repo fs.FS, there *file) (Change, error) {
	c := Change{Path: path.Join(Dir, s.file), Does: s.does}
	for _, job := range t.Project.Hosted() {
		if strings.EqualFold(job.File(), s.file) {
			return c, c.conflict(fmt.Sprintf("job %q has that file", job.ID))
		}
	}
	if there != nil && there.foreign != "" {
		return c, c.conflict(there.foreign)
	}
	return c.compare(there, s.document(repo), loose(t.Action, t.Exact))
}
