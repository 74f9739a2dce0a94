package entrypoint

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// 10,000 jobs in 100 modules of 100 functions each, proven and only their docstrings
// read.
func BenchmarkProve(b *testing.B) {
	repo := fstest.MapFS{}
	var targets []string
	for m := range 100 {
		var source strings.Builder
		for f := range 100 {
			fmt.Fprintf(&source, "def job%d(path=None, *, days: int = 7) -> None:\n    \"\"\"Do it.\"\"\"\n    for x in range(10):\n        print(f\"{x!r:>{10}}\", [y for y in range(x)])\n\n", f)
			targets = append(targets, fmt.Sprintf("app.jobs.m%d:job%d", m, f))
		}
		repo[fmt.Sprintf("app/jobs/m%d.py", m)] = &fstest.MapFile{Data: []byte(source.String())}
	}
	python := pythonPath()
	for _, docs := range []bool{false, true} {
		b.Run(fmt.Sprintf("docs=%t", docs), func(b *testing.B) {
			for b.Loop() {
				reader, err := startReader(python, docs, nil)
				if err != nil {
					b.Fatal(err)
				}
				p := New(Project{Repo: repo, Dir: "."}, reader)
				for _, target := range targets {
					if v := p.Prove(target, Given{}); v.Problem != "" || v.Doc == "" {
						b.Fatalf("%s: %+v", target, v)
					}
				}
				reader.Close()
			}
		})
	}
}
