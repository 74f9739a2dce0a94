package entrypoint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// What works in a script, and not in a job, is told: but not what only the script does.
func TestScripts(t *testing.T) {
	const exits = ` returns to sys.exit, which a job does only with the option result = "exit-code"`
	const reads = ", but a job calls its entrypoint without arguments, and its command line is empty: name a function that needs none, or one that passes them"
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
