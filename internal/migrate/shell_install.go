package migrate

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// packages is what the lines of a job install.
type packages struct {
	requirements []string // files, from the project's folder
	project      bool     // the project itself, or its lock file
	byPip        bool     // it is pip that installs the project
	tool         string   // else the tool that does; "" for none
	sparing      bool     // without the groups that the tool installs by default
	line         int      // where, from 1; 0 for none
	extras       []string
	groups       []string
	named        bool // packages by their names

	glue []lineNote
}

// covers reads the calls of a unit of class install, tool or venv, and reports whether our
// set-up does all of them. What it does not has to stay a step.
func (p *packages) covers(u unit) bool {
	if u.class == venv {
		return true
	}
	tried := *p
	for _, c := range u.calls {
		if k := c.class(); k != neutral && !tried.covered(c, k) {
			p.named = p.named || k == install
			return false
		}
	}
	*p = tried
	return true
}

func (p *packages) covered(c call, k class) bool {
	switch {
	case k == venv:
		return true
	case k == tool:
		return tools[packageName(c.argv[len(c.argv)-1])]
	case k != install:
		return false
	}
	switch c.argv[0] {
	case "pip":
		return p.pip(c, c.argv[1:], c.args[1:])
	case "uv":
		if c.argv[1] == "pip" && len(c.argv) > 2 {
			return p.pip(c, c.argv[2:], c.args[2:])
		}
		return c.argv[1] == "sync" && p.locked(c)
	case "poetry", "pipenv", "pdm":
		return p.locked(c)
	case "conda", "mamba", "micromamba":
		return slices.Contains(c.argv, "environment.yml") && c.dir == "" && p.conda()
	}
	return false
}

// conda notes that conda makes the environment from its file.
func (p *packages) conda() bool {
	p.project, p.tool = true, "conda"
	return true
}

// tools are installed by our set-up, where it uses them.
var tools = map[string]bool{
	"pip": true, "setuptools": true, "wheel": true, "uv": true, "poetry": true, "pipenv": true, "pdm": true, "virtualenv": true,
	"poetry-plugin-export": true, "hatch": true,
}

// packageName returns the name of a package in what pip takes.
func packageName(requirement string) string {
	name := strings.ToLower(requirement)
	if at := strings.IndexAny(name, "<>=!~[ @;"); at >= 0 {
		name = name[:at]
	}
	return name
}

// harmless flags of pip change nothing here.
var harmless = map[string]bool{
	"-U": true, "--upgrade": true, "-q": true, "-qq": true, "--quiet": true, "--user": true, "--no-cache-dir": true, "--break-system-packages": true,
	"--disable-pip-version-check": true, "--no-input": true, "--no-warn-script-location": true, "--system": true, "-v": true,
	"--force-reinstall": true, "-I": true, "--ignore-installed": true, "--no-color": true, "--require-hashes": true, "--no-cache": true,
	"--upgrade-strategy=eager": true, "--root-user-action=ignore": true, "--prefer-binary": true, "--progress-bar=off": true, "--no-progress": true,
}

// pip reads pip install, and reports whether our set-up does it.
func (p *packages) pip(c call, argv []string, args []*syntax.Word) bool {
	if len(argv) < 2 || argv[0] != "install" || c.dir == "?" {
		return false
	}
	var files, names []string
	for i := 1; i < len(argv); i++ {
		a := argv[i]
		_, fixed := literal(args[i])
		file, glued := strings.CutPrefix(a, "--requirement=")
		if !glued && strings.HasPrefix(a, "-r") && len(a) > 2 {
			file, glued = a[2:], true
		}
		switch {
		case !fixed:
			return false
		case glued:
			files = append(files, joinPath(c.dir, file))
		case (a == "-r" || a == "--requirement") && i+1 < len(argv):
			i++
			if _, fixed := literal(args[i]); !fixed {
				return false
			}
			files = append(files, joinPath(c.dir, argv[i]))
		case a == "--progress-bar" && i+1 < len(argv):
			i++
		case a == "-e" || a == "--editable" || harmless[a]:
		case strings.HasPrefix(a, "-"):
			return false
		default:
			names = append(names, a)
		}
	}
	return p.installed(c, files, names)
}

// installed notes requirements files and names, if our set-up does all of them.
func (p *packages) installed(c call, files, names []string) bool {
	project, extras := false, []string(nil)
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, ".")
		switch {
		case ok && c.dir == "" && (rest == "" || rest == "/" || strings.HasPrefix(rest, "[")):
			project = true
			extras = append(extras, splitList(strings.Trim(rest, "/[]"))...)
		case tools[packageName(name)]:
		default:
			return false
		}
	}
	if slices.ContainsFunc(files, func(f string) bool { return !plainPath(f) }) {
		return false
	}
	if project && (len(files) > 0 || len(p.requirements) > 0) || p.project && len(files) > 0 {
		return false // requirements are instead of the project
	}
	p.requirements = append(p.requirements, files...)
	p.project, p.byPip = p.project || project, p.byPip || project
	p.extras = append(p.extras, extras...)
	return true
}

// plainPath reports whether a path is one that the option requirements takes.
func plainPath(path string) bool {
	return path != "" && !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "..") && strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-") == ""
}

// splitList splits a list with commas or spaces.
func splitList(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' })
}

// locked reads an installation from a lock file, with its extras and groups.
func (p *packages) locked(c call) bool {
	if c.dir != "" {
		return false
	}
	argv := c.argv[2:]
	for i := 0; i < len(argv); i++ {
		name, value, glued := strings.Cut(argv[i], "=")
		takes := func() []string {
			if !glued && i+1 < len(argv) {
				i++
				value = argv[i]
			}
			return splitList(value)
		}
		switch name {
		case "--extra", "--extras", "-E":
			p.extras = append(p.extras, takes()...)
		case "--group", "--with", "-G", "--only-group":
			p.groups = append(p.groups, takes()...)
		case "--only", "--without", "--no-group", "--python", "-p", "--package", "--directory":
			only := takes()
			p.sparing = p.sparing || name == "--only" || name == "--without" || name == "--no-group"
			if name == "--only" {
				p.groups = append(p.groups, slices.DeleteFunc(only, func(g string) bool { return g == "main" })...)
			}
		case "--no-dev", "--no-default-groups", "--only-main", "--prod":
			p.sparing = true
		case "--all-extras":
			p.glue = append(p.glue, lineNote{c.line, "name all extras in extras"})
		case "--all-groups":
			p.glue = append(p.glue, lineNote{c.line, "name all dependency groups in dependency-groups"})
		default:
			if !strings.HasPrefix(name, "-") && c.argv[0] == "pipenv" {
				return false // pipenv install requests
			}
		}
	}
	p.project, p.tool = true, c.argv[0]
	return true
}

// unique returns the strings without repetitions, in their order.
func unique(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
