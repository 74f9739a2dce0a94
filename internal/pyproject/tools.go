package pyproject

// Tools is what a pyproject.toml says about the tools that install the project.
type Tools struct {
	Tables   []string // the installers with a table of their own, as [tool.uv]; of hatch only [tool.hatch.envs]; sorted
	Requires bool     // [project].dependencies names a package
	Defaults bool     `json:",omitzero"` // [tool.uv] says itself which groups are installed: default-groups
}

// Installers are the values of the option installer.
var Installers = []string{"uv", "poetry", "pdm", "pixi", "hatch", "pipenv", "pylock", "conda", "pip", "project", "none"}

// toolTables are the tables that show an installer.
var toolTables = [][]string{{"hatch", "envs"}, {"pdm"}, {"pipenv"}, {"pixi"}, {"poetry"}, {"uv"}}

// tools reads what a document says about tools. Other tools' tables are not checked: a
// value of an unexpected type counts as none.
func tools(root *entry) Tools {
	tool := root.child("tool")
	var t Tools
	for _, path := range toolTables {
		table := tool
		for _, name := range path {
			table = table.child(name)
		}
		if table.isTable() {
			t.Tables = append(t.Tables, path[0])
		}
	}
	t.Requires = filled(root.child("project").child("dependencies"))
	t.Defaults = tool.child("uv").child("default-groups") != nil
	return t
}

// dependencies reports whether a document declares dependencies of the project.
func dependencies(root *entry) bool {
	project := root.child("project")
	return filled(project.child("dependencies")) || filled(project.child("optional-dependencies")) || filled(root.child("dependency-groups"))
}

// filled reports whether an entry exists and is a list or table with something in it.
func filled(e *entry) bool {
	if e == nil {
		return false
	}
	list, _ := e.value.([]any)
	return len(list) > 0 || len(e.entries) > 0
}
