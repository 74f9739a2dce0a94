package entrypoint

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// started is where a command of bash can begin, with its variables.
const started = `(?m)(?:^|[;&|({])[ \t]*(?:(?:exec|time|env|[A-Za-z_]\w*=\S*)[ \t]+)*`

var (
	// runsPython matches a script or a module that is run by the Python of the environment.
	runsPython = pattern.New(started + `python3?(?:\.\d+)?[ \t]+(?:-[bBdEIOqsSuvx]+[ \t]+)*(?:-m[ \t]+([\w.]+)|([\w./-]+\.py))(?:$|[\s;&|)])`)

	// runsProgram matches programs that come with packages of Python, under their names.
	runsProgram = pattern.New(started + `(papermill|jupyter|scrapy|dbt|streamlit|mkdocs|kedro|luigi|celery|alembic)(?:$|[\s;&|)])`)

	// movesAway matches what may bring packages, or change which files a path names.
	movesAway = pattern.New(`\b(?:install|sync|activate|source|PYTHONPATH|PATH|uv|pipx|conda|micromamba|mamba|cd|pushd)\b`)
)

// commandRemarks says which imports fail in the scripts and modules that a job's command
// runs, as far as its text tells.
func (p *provers) commandRemarks(job pyproject.Job) (remarks []string) {
	text := strings.Join(job.Options.Command, "\n")
	if p.reader == nil || movesAway.MatchString(text) {
		return nil
	}
	base := path.Dir(p.Place.Path)
	for _, m := range runsPython.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			remarks = append(remarks, p.prover(job).asModule(base, m[1])...)
			continue
		}
		file := path.Join(base, m[2])
		if info, err := fs.Stat(p.repo.FS(), file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		s := p.sources(job)
		s.pythonPath += ":" + path.Dir(m[2]) // of a script, its folder is on the path
		w := walk{Prover: p.from(s)}
		remarks = append(remarks, w.unimportable(&place{name: "__main__", fsys: p.repo.FS(), file: file, shown: file}, "")...)
	}
	for _, m := range runsProgram.FindAllStringSubmatch(text, -1) {
		if why := p.prover(job).missing(&place{shown: p.Place.Path}, m[1]); why != "" {
			remarks = append(remarks, "command runs "+why)
		}
	}
	return remarks
}

// asModule says which imports fail when a module is run with -m.
func (p *Prover) asModule(base, name string) []string {
	w := walk{Prover: p}
	at, v := p.find(name)
	if at != nil && at.folders != nil {
		at = p.finder.child(at, "__main__")
	}
	switch top, _, _ := strings.Cut(name, "."); {
	case at != nil:
		return w.unimportable(at, "")
	case v.nowhere:
		if why := p.missing(&place{shown: path.Join(base, "pyproject.toml")}, top); why != "" {
			return []string{fmt.Sprintf("command runs %s", why)}
		}
	}
	return nil
}
