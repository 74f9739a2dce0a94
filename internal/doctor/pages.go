package doctor

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// pagesSource is the way to the setting that lets a workflow publish.
const pagesSource = "set Source to GitHub Actions in the repository's settings, under Pages"

// pages looks whether the page of the jobs can be published, and who can read it.
func (e *examination) pages() (Check, bool) {
	const file = workflow.PagesFile
	if !slices.Contains(e.target.Files(), path.Join(workflow.Dir, file)) {
		return Check{}, true // the project has none
	}
	w, known := e.workflows[file]
	switch others := e.deployers(); {
	case !github.Public(e.Origin.Host):
		return bad(e.Origin.Host+" cannot run the workflow "+file+": actions/deploy-pages has no release for GitHub Enterprise Server since its version 4",
			"remove pages, and publish what `scheduled report --output` writes in another way")
	case !known:
		return bad("GitHub does not know the workflow "+file, "run `scheduled sync`, and push the files to the default branch")
	case w.State != "active":
		return bad("the workflow "+file+" is "+cmp.Or(inWords[w.State], w.State), "enable it on the Actions page, or remove pages")
	case len(others) > 0:
		return bad(problem.Some(others, problem.Show)+" publishes on GitHub Pages, too, and a repository has one site: each replaces the other's",
			"remove pages, and have that workflow add what `scheduled report --output` writes to its site")
	}
	site, found, err := e.Client.Site(e.ctx)
	if _, denied := errors.AsType[*github.Denied](err); denied {
		return fine("unknown: whether GitHub Pages is switched on; the token may not read it")
	}
	at := cmp.Or(site.Address, "the repository's site")
	switch {
	case err != nil:
		c, _ := e.failed(err, "try again")
		return c, true
	case !found:
		return bad("the page cannot be published: GitHub Pages is switched off, or hidden from this token", pagesSource)
	case site.Source == "legacy":
		return bad("the page cannot be published: GitHub Pages publishes a branch", pagesSource)
	case site.Public && e.standing.Private:
		return fine("the page is public, although the repository is private: everybody can read the jobs and how they went at " + at)
	case site.Public:
		return fine("the page is published at " + at)
	}
	return fine("the page is published at " + at + ", for people who can read the repository")
}

// deployers returns the workflow files of others that publish on GitHub Pages.
func (e *examination) deployers() (names []string) {
	entries, err := fs.ReadDir(e.repo.FS(), workflow.Dir)
	if err != nil {
		return nil // the check of the files says so
	}
	for _, entry := range entries {
		if ext := path.Ext(entry.Name()); entry.Name() == workflow.PagesFile || ext != ".yml" && ext != ".yaml" || !entry.Type().IsRegular() {
			continue
		}
		content, err := atomic.Read(e.repo.FS(), path.Join(workflow.Dir, entry.Name()), 1<<20)
		if err == nil && strings.Contains(string(content), "actions/deploy-pages@") {
			names = append(names, entry.Name())
		}
	}
	return names
}
