package entrypoint

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// What works in a script, and not in a job, is told: but not what only the script does.
func TestScripts(t *testing.T) {
	const exits = ` returns to sys.exit, which a job does only with the option result = "exit-code"`
	const reads = ", but the command line of a job is empty: use command, or name a function that takes args and kwargs"
	const main = "def main():\n    return 1\n"
	p := Project{Dir: ".", Python: ">=3.8"}
	reader := startPython(t)
	n := 0
	for source, want := range map[string][]string{
		main: nil,
		main + "if __name__ == '__main__':\n    main()\n":                                                          nil,
		main + "if __name__ == '__main__':\n    import sys\n    sys.exit(main())\n":                                {`app.py:5 hands what "main"` + exits},
		"import sys as s\n" + main + "if '__main__' == __name__:\n    s.exit(main())\n":                            {`app.py:5 hands what "main"` + exits},
		"from sys import exit as leave\n" + main + "if __name__ == '__main__':\n    leave(main())\n":               {`app.py:5 hands what "main"` + exits},
		main + "if __name__ == '__main__':\n    raise SystemExit(main())\n":                                        {`app.py:4 hands what "main"` + exits},
		"import asyncio\nasync def main():\n    pass\nif __name__ == '__main__':\n    exit(asyncio.run(main()))\n": {`app.py:5 hands what "main"` + exits},
		main + "def other(): pass\nif __name__ == '__main__':\n    exit(other())\n":                                nil,
		main + "def leave():\n    exit(main())\n":                                                                  nil,

		"import sys\ndef main():\n    print(sys.argv[1])\n":                                      {"app.py:3 uses sys.argv" + reads},
		"from sys import argv\ndef main():\n    print(argv)\n":                                   {"app.py:3 uses sys.argv" + reads},
		"import argparse as ap\ndef main():\n    ap.ArgumentParser().parse_args()\n":             {"app.py:3 uses argparse.ArgumentParser" + reads},
		"from argparse import ArgumentParser\nparser = ArgumentParser()\n" + main:                {"app.py:2 uses argparse.ArgumentParser" + reads},
		"import click\n@click.command()\n@click.option('--days')\ndef main(days=1):\n    pass\n": {"app.py:2 uses click.command" + reads},
		"import typer\napp = typer.Typer()\n@app.command()\ndef main():\n    pass\n":             {"app.py:2 uses typer.Typer" + reads},
		"import click\ndef main():\n    click.echo('hello')\n":                                   nil,
		"import sys\n" + main + "if __name__ == '__main__':\n    print(sys.argv)\n":              nil,
		"class sys:\n    argv = []\ndef main():\n    print(sys.argv)\n":                          nil,
		"def main(:": nil,
	} {
		n++ // a reader reads each file once
		app, again := fmt.Sprintf("app%d", n), fmt.Sprintf("again%d", n)
		p.Repo = fstest.MapFS{
			app + ".py":   {Data: []byte(source)},
			again + ".py": {Data: []byte("from " + app + " import main\n")},

			"requirements.txt": {Data: []byte("click\ntyper\n")},
		}
		for i := range want {
			want[i] = strings.Replace(want[i], "app", app, 1)
		}
		for _, target := range []string{app + ":main", again + ":main"} {
			if diff := gocmp.Diff(want, New(p, reader).Remarks(target, false)); diff != "" {
				t.Errorf("%s of\n%s\n(-want +got)\n%s", target, source, diff)
			}
		}
		for _, remark := range New(p, reader).Remarks(app+":main", true) {
			if !slices.Contains(want, remark) || !strings.HasSuffix(remark, reads) {
				t.Errorf("with an exit code: %s", remark)
			}
		}
	}
}

// An import that nothing declared can bring is told, with the file that may be meant.
func TestUnimportable(t *testing.T) {
	reader := startPython(t)
	for i, row := range []struct {
		dir, files, source string // some files with content after a colon, | for a newline
		want               string
	}{
		{".", "", "import requests", `scripts/a.py:1 imports "requests", which neither the project nor a dependency that it declares provides`},
		{".", "", "from requests.adapters import x", `scripts/a.py:1 imports "requests", which`},
		{".", "deploy/requirements.txt", "import requests", `provides; if deploy/requirements.txt has it, set requirements = ["deploy/requirements.txt"]`},
		{"a/b", "a/b/deploy/requirements.txt", "import requests", `provides; if a/b/deploy/requirements.txt has it, set requirements = ["deploy/requirements.txt"]`},
		{".", "scripts/requirements.txt requirements.txt:requests", "import requests", ""},
		{".", "scripts/helper.py", "import helper", "scripts/a.py:1 imports \"helper\", but the folder of scripts/helper.py is not on Python's path, unlike that of a script: name its package too, as in `from scripts import helper`"},
		{".", "scripts/helper/__init__.py", "import helper.words", "`from scripts import helper`"},
		{".", "scripts/helper.py", "from scripts import helper", ""},
		{".", "scripts/helper.py", "from . import helper", ""},
		{".", "scripts/helper.py", "import sys\nsys.path.insert(0, 'scripts')\nimport helper", ""},
		{".", "helper.py", "import helper", ""},
		{".", "", "import json, pip", ""},
		{".", "", "try:\n    import requests\nexcept ImportError:\n    pass", ""},
		{".", "", "def later():\n    import requests", ""},
		{".", "", "def run():\n    import requests", `scripts/a.py:2 imports "requests", which`},
		{".", "", "def later():\n    if 1: pass\n    with x():\n        from requests import get\ndef more():\n    try:\n        later()\n    except OSError:\n        pass\ndef run():\n    return more()", `scripts/a.py:4 imports "requests"`},
		{".", "", "class Job:\n    def run(self):\n        import requests\n    def start(self):\n        self.run()\ndef run():\n    Job.start(None)", `scripts/a.py:3 imports "requests"`},
		{".", "", "def run():\n    try:\n        import requests\n    except ImportError:\n        pass\n    if 0:\n        import requests\n    def inner():\n        import requests", ""},
		{".", "", "def run():\n    run()\n    from . import a\n    import json", ""},
		{".", "own/__init__.py:import~requests", "import own.words", `own/__init__.py:1 imports "requests"`},
		{".", "own/__init__.py own/words.py:from~.~import~more own/more.py:import~requests,yaml|import~yaml", "from own import words", "own/more.py:1 imports \"requests\", which neither the project nor a dependency that it declares provides\nown/more.py:1 imports \"yaml\""},
		{".", "own.py:import~own|import~sys;sys.path.append('x')|import~requests", "import own", ""},
		{"a/b", "", "import requests", `a/b/scripts/a.py:1 imports "requests", which`},
		{"a/b", "a/b/scripts/helper.py", "import helper", "`from scripts import helper`"},
	} {
		own := strings.NewReplacer("own", fmt.Sprintf("own%d", i))
		run := "\ndef run():\n    pass\n"
		if strings.Contains(row.source, "def run():") {
			run = "\n"
		}
		repo := fstest.MapFS{path.Join(row.dir, "pyproject.toml"): {}}
		name := fmt.Sprintf("a%d", i) // a reader reads each file once
		shown := path.Join(row.dir, "scripts", name+".py")
		repo[shown] = &fstest.MapFile{Data: []byte(own.Replace(row.source) + run)}
		for _, file := range strings.Fields(row.files) {
			file, content, _ := strings.Cut(own.Replace(file), ":")
			repo[file] = &fstest.MapFile{Data: []byte(strings.NewReplacer("|", "\n", "~", " ").Replace(content + "\n"))}
		}
		p := New(Project{Repo: repo, Dir: row.dir, Python: ">=3.8"}, reader)
		got := strings.NewReplacer(name+".py", "a.py", fmt.Sprintf("own%d", i), "own").Replace(strings.Join(p.Remarks("scripts."+name+":run", false), "\n"))
		if !strings.Contains(got, row.want) || (got == "") != (row.want == "") {
			t.Errorf("%q with %q in %s: %s\nwant %s", row.source, row.files, row.dir, got, row.want)
		}
	}
}
