package migrate

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	workflows "github.com/scheduled-actions/scheduled/internal/workflow"
)

const projectFile = "pyproject.toml"

// tree is the repository that a job is imported into.
type tree struct {
	repo fs.FS
	file string // the project's pyproject.toml, which may not be there yet
	text string // of it

	writing bool // what it lacks is put right, and not only told
}

// tree returns the repository; nil if what is there cannot be the project that a file is
// from.
func (r *reader) tree(file string) *tree {
	t := &tree{repo: r.Repo, file: r.Path, writing: r.Writing}
	if t.repo == nil {
		t.repo, t.file = r.Project, projectFile
	}
	signs := append(strings.Fields("pyproject.toml setup.py requirements.txt uv.lock Pipfile environment.yml"), path.Join(workflowDir, path.Base(strings.ReplaceAll(file, `\`, "/"))))
	if t.repo == nil || !slices.ContainsFunc(signs, t.has) {
		return nil
	}
	text, _ := atomic.Read(t.repo, t.file, maxFile)
	t.text = string(text)
	return t
}

// has reports whether a file is in the project's folder.
func (t *tree) has(name string) bool {
	_, err := fs.Stat(t.repo, path.Join(path.Dir(t.file), name))
	return err == nil
}

// installs says how the packages of a job with some keys would be installed. The error is
// what validate would say of that job.
func (t *tree) installs(keys ...key) (installer.Environment, error) {
	one := Job{ID: "imported-job", keys: keys}
	if one.get("command") == nil && one.get("entrypoint") == nil {
		one.keys = append(table{{name: "cron", value: "0 6 * * *"}, {name: "command", value: "true"}}, keys...)
	}
	project, err := pyproject.Load(fstest.MapFS{projectFile: {Data: []byte(t.text + "\n" + one.TOML())}}, projectFile, projectFile)
	if err != nil {
		return installer.Environment{}, err
	}
	for _, broken := range project.Broken {
		if broken.ID == one.ID {
			return installer.Environment{}, broken.Problems
		}
	}
	job, _, found := project.Job(one.ID)
	if !found {
		return installer.Environment{}, errors.New("the project cannot be read")
	}
	return workflows.Target{Project: project, Path: t.file}.Environment(t.repo, job)
}

// wish is what the lines of a job install, as keys of ours.
type wish struct {
	keys    table
	comment string
	fits    func(env installer.Environment) bool // whether the project is installed like that
}

// wish returns what the lines install. Some keys need no project.
func (p *packages) wish(t *tree, own []string) wish {
	by := func(tool string, comment string, more ...installer.Tool) wish {
		return wish{table{{name: "installer", value: tool}}, comment, func(env installer.Environment) bool {
			return env.Tool == installer.Tool(tool) || slices.Contains(more, env.Tool)
		}}
	}
	switch {
	case len(own) > 0:
		return wish{table{{name: "requirements", value: own}}, "", func(env installer.Environment) bool {
			dir := path.Dir(t.file)
			return env.Tool == installer.Pip && len(own) == 1 && path.Join(dir, own[0]) == env.File
		}}
	case p.tool != "":
		return by(p.tool, "as the workflow installed it")
	case p.byPip:
		return by("project", "as pip installed the project itself", installer.UV, installer.Poetry, installer.PDM, installer.Hatch)
	case p.named:
		return by("none", "prepare installs the packages")
	}
	return by("none", "the workflow installs nothing")
}

// apply sets the keys that say what is installed, where the project's files would decide
// something else than the lines. With itself the lines run what installs as it starts. It
// returns what has to be run besides.
func (p *packages) apply(j *Job, t *tree, itself bool) (lines []string) {
	own := unique(p.requirements)
	w := p.wish(t, own)
	more := p.more()
	set := func(keys table) {
		for _, k := range keys {
			if j.set(k.name, k.value); len(w.keys) > 0 && k.name == w.keys[0].name {
				j.set(k.name, k.value).comment = w.comment
			}
		}
	}
	if t == nil {
		switch {
		case len(own) == 1 && own[0] == "requirements.txt" || len(own) == 0 && len(more) == 0 && !(p.named && !p.project):
			set(more)
		default:
			set(append(w.keys, more...))
		}
		return nil
	}
	if usual := p.usual(t); len(usual) > 0 {
		p.groups = append(p.groups, usual...)
		more = p.more()
	}
	plain, err := t.installs()
	if err == nil && plain.Tool == installer.None && len(own) == 1 && own[0] == "requirements.txt" && len(more) == 0 {
		return nil // the set-up takes it when it is there
	}
	if err == nil && len(own) == 0 && !p.project && !p.named && itself {
		return nil
	}
	var why error
	for _, keys := range []table{more, append(slices.Clone(w.keys), more...)} {
		env, err := t.installs(keys...)
		if err == nil && w.fits(env) || err == nil && len(keys) > len(more) {
			set(keys)
			return nil
		}
		why = err
	}
	return p.without(j, t, w, own, more, why)
}

// without sets the keys where the project has not what the lines install.
func (p *packages) without(j *Job, t *tree, w wish, own []string, more table, why error) (lines []string) {
	line := max(p.line, j.From.Line)
	if p.tool == "conda" && len(own) == 0 {
		j.glue(line, `commit environment.yml, and write installer = "conda": the job installs from it, and it is not there`)
		j.set("installer", "none")
		return nil
	}
	if len(own) > 0 && !t.writing {
		j.set("requirements", own)
	}
	for _, file := range own {
		lines = append(lines, "python -m pip install -r "+quote(file))
		if !t.has(file) {
			j.glue(line, "commit %s, which the job installs from and which is not there", file)
		}
	}
	if len(more) > 0 && len(own) == 0 {
		if _, err := t.installs(w.keys...); err == nil {
			j.lost(line, "what it installs: %v", why)
			j.set(w.keys[0].name, w.keys[0].value).comment = w.comment
			return nil
		}
	}
	if len(own) > 0 && !t.writing {
		return nil
	}
	if len(own) == 0 {
		j.lost(line, "what it installs: %v", why)
	}
	j.set("installer", "none")
	return lines
}

// more returns the keys for extras and groups.
func (p *packages) more() (keys table) {
	if len(p.extras) > 0 {
		keys = append(keys, key{name: "extras", value: unique(p.extras)})
	}
	if len(p.groups) > 0 {
		keys = append(keys, key{name: "dependency-groups", value: unique(p.groups)})
	}
	return keys
}

// usual returns the groups that a tool installs unless it is told not to: ours does not.
// https://docs.astral.sh/uv/concepts/projects/dependencies/#default-groups
func (p *packages) usual(t *tree) []string {
	if p.tool != "uv" && p.tool != "poetry" && p.tool != "pdm" || p.sparing {
		return nil
	}
	var groups []string
	if strings.Contains(t.text, "dependency-groups") || strings.Contains(t.text, "dev-dependencies") {
		groups = append(groups, "dev")
	}
	if p.tool == "poetry" {
		for _, m := range poetryGroup.FindAllStringSubmatch(t.text, -1) {
			groups = append(groups, m[1])
		}
	}
	groups = slices.DeleteFunc(unique(groups), func(g string) bool {
		_, err := t.installs(key{name: "installer", value: p.tool}, key{name: "dependency-groups", value: []string{g}})
		optional := regexp.MustCompile(`(?m)^\[tool\.poetry\.group\.` + regexp.QuoteMeta(g) + `\]\s+optional\s*=\s*true`)
		return err != nil || optional.MatchString(t.text)
	})
	if env, err := t.installs(); len(groups) == 0 || err == nil && env.Defaults {
		return nil
	}
	return groups
}

var poetryGroup = pattern.New(`(?m)^\[tool\.poetry\.group\.([\w-]+)[.\]]`)

// installsItself reports whether the lines run what brings the packages as it starts.
func (m *mover) installsItself() bool {
	all := strings.Join(m.commands, "\n")
	return slices.ContainsFunc([]string{"uv", "poetry", "pipenv", "pdm", "hatch", "pixi", "conda", "mamba", "micromamba"}, func(program string) bool { return usesProgram(all, program) })
}

// fit removes the keys of a job that the project does not allow, and tells them under
// Lost.
func (j *Job) fit(t *tree) {
	for t != nil {
		_, err := t.installs(j.keys...)
		wrong, ok := errors.AsType[*workflows.EnvironmentError](err)
		if !ok || j.get(wrong.Option) == nil || wrong.Option == "requirements" && !t.writing {
			return
		}
		j.lost(j.From.Line, "%s: %v", wrong.Option, wrong.Err)
		j.keys = j.keys.without(wrong.Option)
	}
}
