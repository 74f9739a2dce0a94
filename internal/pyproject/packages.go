package pyproject

import (
	"slices"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// packageOptions say what is installed besides, or instead of, what the project's files
// say.
var packageOptions = []option{
	{
		name:     "installer",
		kind:     "a string",
		fallback: "by the project's files",
		meaning:  "tool that installs the project's packages: " + quotedList(Installers),
		example:  `"uv"`,
		form:     wordForm(Installers...),
		parse:    oneOf(Installers, func(o *Options, word string) { o.Installer = word }),
	},
	{
		name:     "requirements",
		kind:     "a list of strings",
		fallback: "by the project's files",
		meaning:  "requirements files to install from, with pip, instead of what was found; relative to the project's folder; those of a job replace those of the project",
		example:  `["requirements/prod.txt"]`,
		form:     func() form { return listForm(pathForm().but(form{"pattern": shellPath.String()})) },
		read: func(r *reader, e *entry) setting {
			files := r.patterns(e, e, r.requirementsFile)
			return func(o *Options) { o.Requirements = files }
		},
	},
	{
		name:     "extras",
		kind:     "a list of strings",
		fallback: "none",
		meaning:  "optional dependencies of the project to install too; those of a job replace those of the project",
		example:  `["reports"]`,
		form:     func() form { return listForm(matching(packageName)) },
		read: func(r *reader, e *entry) setting {
			names := r.known(e, "extra", r.extras)
			return func(o *Options) { o.Extras = names }
		},
	},
	{
		name:     "dependency-groups",
		kind:     "a list of strings",
		fallback: "none; with uv, `default-groups` in `[tool.uv]`",
		meaning:  "dependency groups of the project to install too; those of a job replace those of the project",
		example:  `["jobs"]`,
		form:     func() form { return listForm(matching(packageName)) },
		read: func(r *reader, e *entry) setting {
			names := r.known(e, "dependency group", r.groups)
			return func(o *Options) { o.Groups = names }
		},
	},
}

// shellPath matches a path that needs no quotes in a shell.
var shellPath = pattern.New(`^[A-Za-z0-9_./+][A-Za-z0-9_./+-]*$`)

func (r *reader) requirementsFile(s string) (string, *flaw) {
	if s != "" && !shellPath.MatchString(s) {
		return "", &flaw{"is " + problem.Quote(s) + ", which is not the path of a requirements file", "use only A-Z a-z 0-9 . _ + - and / in it"}
	}
	return r.inRepository(s)
}

// packageName matches the name of an extra or a group.
// https://packaging.python.org/en/latest/specifications/name-normalization/#name-format
var packageName = pattern.New(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)

// known reads names of what the project declares; nil declares says that only running
// its code would tell.
func (r *reader) known(e *entry, what string, declared []string) []string {
	if !isList(e) {
		r.valid(e, "a list of strings", wrongType, exampleHint(e.name, `["name"]`))
		return nil
	}
	var names []string
	for _, item := range e.items(r.text) {
		s, flawed := parseText(item.value)
		same := func(other string) bool { return normalise(other) == normalise(s) }
		switch {
		case flawed != nil:
		case !packageName.MatchString(s):
			flawed = &flaw{"is " + problem.Quote(s) + ", which is not a name", "write names as pyproject.toml has them, one in each string"}
		case declared != nil && !slices.ContainsFunc(declared, same):
			hint := "declare it, or remove it"
			if near := r.nearest(s, declared); near != "" {
				hint = didYouMean(near)
			}
			flawed = &flaw{"is " + problem.Quote(s) + ", and the project has no " + what + " of that name", hint}
		}
		if r.valid(item, "a string", flawed, exampleHint(e.name, `["name"]`)) && !slices.ContainsFunc(names, same) {
			names = append(names, s)
		}
	}
	return names
}

// declaresExtras returns the extras of the project; nil if only its build tells, as of a
// setup.py or where they are dynamic.
func declaresExtras(root *entry) []string {
	project, poetry := root.child("project"), root.child("tool").child("poetry")
	dynamic, _ := project.child("dynamic").decoded().([]any)
	if project == nil && poetry == nil || slices.Contains(dynamic, any("optional-dependencies")) {
		return nil
	}
	return slices.Concat([]string{}, names(project.child("optional-dependencies")), names(poetry.child("extras")))
}

// declaresGroups returns the dependency groups of the project: the standard ones, and
// those of tools from before the standard.
// https://packaging.python.org/en/latest/specifications/dependency-groups/
func declaresGroups(root *entry) []string {
	tool := root.child("tool")
	groups := slices.Concat([]string{}, names(root.child("dependency-groups")), names(tool.child("poetry").child("group")), names(tool.child("pdm").child("dev-dependencies")))
	if tool.child("uv").child("dev-dependencies") != nil || tool.child("poetry").child("dev-dependencies") != nil {
		groups = append(groups, "dev")
	}
	return groups
}

// names returns the names of a table's entries.
func names(e *entry) []string {
	var all []string
	for _, child := range e.children() {
		all = append(all, child.name)
	}
	return all
}

// decoded returns the value of an entry; nil if it is not there.
func (e *entry) decoded() any {
	if e == nil {
		return nil
	}
	return e.value
}
