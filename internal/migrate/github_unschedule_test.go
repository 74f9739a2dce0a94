package migrate

import (
	"strings"
	"testing"
)

// TestUnschedule: the schedule and what belongs to it goes, and nothing else.
func TestUnschedule(t *testing.T) {
	const jobs = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: date # schedule:\n"
	for _, test := range []struct{ name, on, want string }{
		{"between others", "on:\n  push:\n  schedule:\n    - cron: '0 6 * * *' # morning\n  workflow_dispatch:\n", "on:\n  push:\n  workflow_dispatch:\n"},
		{"alone", "on:\n  schedule:\n    - cron: '0 6 * * *'\n", "on:\n  workflow_dispatch:\n"},
		{"with the button", "on:\n  schedule:\n    - cron: '0 6 * * *'\n  workflow_dispatch:\n    inputs:\n      a:\n        default: b\n", "on:\n  workflow_dispatch:\n    inputs:\n      a:\n        default: b\n"},
		{"entries at the key's indent", "on:\n  push:\n    branches: [main]\n  schedule:\n  # morning\n  - cron: '0 6 * * *'\n  # evening\n  - cron: '0 18 * * *'\n\n", "on:\n  push:\n    branches: [main]\n\n"},
		{"comments", "on:\n  # by hand\n  workflow_dispatch:\n  # every morning,\n  # at six\n  schedule:\n    # UTC\n    - cron: '0 6 * * *'\n    # - cron: '0 18 * * *'\n\n  # pushes\n  push:\n", "on:\n  # by hand\n  workflow_dispatch:\n\n  # pushes\n  push:\n"},
		{"a trigger that is off", "on:\n  # push:\n  schedule:\n    - cron: '0 6 * * *'\n", "on:\n  # push:\n  workflow_dispatch:\n"},
		{"no indent at all", "on:\n schedule:\n - cron: '0 6 * * *'\n push:\n", "on:\n push:\n"},
		{"quoted", "'on':\n  \"schedule\":\n    - {cron: '0 6 * * *', timezone: Europe/Berlin}\n  push:\n", "'on':\n  push:\n"},
		{"in brackets", "on: {schedule: [{cron: '0 6 * * *'}], push: {branches: [main]}}\n", "on: {push: {branches: [main]}}\n"},
		{"in brackets, last", "on: {push: , schedule: [{cron: \"0 6 * * *\"}, {cron: '5 6 * * *'}]}\n", "on: {push: }\n"},
		{"in brackets, alone", "on: {schedule: [{cron: '0 6 * * *'}]}\n", "on: {workflow_dispatch: }\n"},
		{"in brackets over lines", "on: {\n  schedule: [\n    {cron: '0 6 * * *'}\n  ],\n  push: }\n", "on: {\n  \n  push: }\n"},
		{"a list in brackets", "on:\n  schedule: [{cron: '0 6 * * *'}] # morning\n  push:\n", "on:\n  push:\n"},
		{"an anchor", "on:\n  schedule: &when\n    - cron: '0 6 * * *'\n  push:\n", "on:\n  push:\n"},
		{"a comment in between at the left", "on:\n  schedule:\n# old\n    - cron: '0 6 * * *'\n  push:\n", "on:\n  push:\n"},
	} {
		for _, form := range []struct{ name, from, to, begin string }{{"lf", "\n", "\n", ""}, {"crlf", "\n", "\r\n", ""}, {"bom", "\n", "\n", "\ufeff"}} {
			t.Run(test.name+" "+form.name, func(t *testing.T) {
				text := form.begin + strings.ReplaceAll("name: x\n"+test.on+jobs, form.from, form.to)
				want := form.begin + strings.ReplaceAll("name: x\n"+test.want+jobs, form.from, form.to)
				f := File{Path: "a.yml", Text: []byte(text)}
				root, err := readYAML(f)
				if err != nil {
					t.Fatal(err)
				}
				w, err := newWorkflow(f, root)
				if err != nil {
					t.Fatal(err)
				}
				if got := string(w.unschedule()); got != want {
					t.Errorf("got\n%q\nwant\n%q", got, want)
				}
			})
		}
	}
}

func TestMatrix(t *testing.T) {
	for _, test := range []struct{ matrix, want string }{
		{"{city: [Oslo, Rome]}", "oslo rome"},
		{"{v: ['3.10', 3.11], os: [ubuntu-latest]}", "3-10 3-11"},
		{"{a: [1, 2], b: [x, y]}", "1-x 1-y 2-x 2-y"},
		{"{a: [1, 2], b: [x, y], exclude: [{a: 1, b: y}]}", "1-x 2-x 2-y"},
		{"{include: [{city: Oslo, url: a}, {city: Rome, url: b}]}", "oslo rome"},
		{"{a: [1], include: [{a: 1, b: x}, {a: 2, b: y}]}", "1 2"},
		{"{a: [1, 2], include: [{b: x}]}", "1 2"},
		{"{a: [1, 2], exclude: [{a: 2}]}", ""},
		{"{a: [{n: x, v: 1}, {n: y, v: 2}]}", "x y"},
		{"{a: ['${{ fromJSON(''[1]'')[0] }}', 2]}", "1 2"},
		{"\"${{ fromJSON('{\\\"a\\\": [1, 2]}') }}\"", "1 2"},
		{"\"${{ fromJSON(needs.x.outputs.y) }}\"", "!its values are known only in a run"},
		{"{a: '${{ fromJSON(needs.x.outputs.y) }}'}", "!the values of a are known only in a run, or are too many"},
		{"{a: []}", "!it has no combination, or too many"},
	} {
		root, err := readYAML(File{Path: "a.yml", Text: []byte("on: {schedule: [{cron: '0 6 * * *'}]}\njobs: {a: {strategy: {matrix: " + test.matrix + "}}}")})
		if err != nil {
			t.Fatal(err)
		}
		w, err := newWorkflow(File{Path: "a.yml"}, root)
		if err != nil {
			t.Fatal(err)
		}
		all, why := w.combinations(w.jobs[0])
		var names []string
		for _, c := range all {
			names = append(names, c.name)
		}
		got := strings.Join(names, " ")
		if why != "" {
			got = "!" + why
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.matrix, got, test.want)
		}
	}
}

// TestUnreadable: what is no workflow says where, and what to do.
func TestUnreadable(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "a.yml:1:1: the file is empty"},
		{"# nothing\n", "a.yml:1:1: the file is empty"},
		{"on: push\njobs:\n\ta: {}\n", "a.yml:3:1: a tab cannot indent YAML"},
		{"on: push\non: push\njobs: {}\n", "a.yml:2:1: the key on is also in line 1"},
		{"on: push\njobs:\n  a: {x: 1, x: 2}\n", "a.yml:3:13: the key x is also in line 3"},
		{"- a\n", "a.yml:1:1: the file is not a workflow"},
		{"name: x\njobs: {}\n", "a.yml:1:1: the file is not a workflow: it has no on"},
		{"on: push\n", "a.yml:1:1: the file is not a workflow: it has no jobs"},
		{"on: push\njobs:\n  a:\n", "a.yml:3:3: the job a has nothing in it"},
		{"on:\n  schedule:\n    - crn: x\njobs: {a: {}}\n", "a.yml:3:7: an entry of schedule has no cron"},
		{"on: push\njobs: {a: {}}\n---\non: push\n", "a.yml:3:1: the file has a second document"},
		{"on: [push\njobs: {}\n", "a.yml:1:1: did not find"},
		{"a: &a [*a]\non: push\njobs: {}\n", "a.yml:1:"},
		{"a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e]\n", "the file is too large"},
	} {
		_, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: []byte(test.text)}}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q\n got %v\nwant %s", test.text, err, test.want)
		}
	}
}
