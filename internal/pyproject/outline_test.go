package pyproject

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// tomllib returns a Python that has it, as 3.11 and later do.
func tomllib(t *testing.T) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import tomllib").Run()
	}
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal("no Python with tomllib: ", err)
	case err != nil:
		t.Skip("no Python with tomllib: ", err)
	}
	return python
}

// What Python cannot read of the ways to write tables, unreadable finds, and nothing else.
func TestUnreadable(t *testing.T) {
	python := tomllib(t)
	statements := []string{"[a]", "[a.b]", "[a.b.c]", "[[a.b]]", "[[a]]", "[d]", "a.x = 1", "a.b.y = 1", "b.z = 1", "b.c.z = 2", "b = { c.v = 1 }", "b = [{ c = 1 }]", "b = { c.v = 1, c.w = 2 }", "b = { c = { v = 1 }, c.w = 2 }", "b = { c.w = 2, c = { v = 1 } }", "b = []", "c.w = 1"}
	var documents []string
	for _, first := range statements {
		for _, second := range statements {
			for _, third := range statements {
				for _, fourth := range []string{"", "[a.b]\nu = 1", "[a.b.c]\nu = 1", "b.c.u = 1"} {
					text := strings.Join([]string{first, second, third, fourth}, "\n")
					if _, found := outlineOf(text); found == nil {
						documents = append(documents, text)
					}
				}
			}
		}
	}
	input, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import json, sys, tomllib
def readable(text):
    try:
        tomllib.loads(text)
        return True
    except tomllib.TOMLDecodeError:
        return False
print(json.dumps([readable(text) for text in json.load(sys.stdin)]))`)
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var readable []bool
	if err := json.Unmarshal(out, &readable); err != nil {
		t.Fatal(err)
	}
	for i, text := range documents {
		l, found := outlineOf(text)
		if found != nil {
			t.Fatal(found)
		}
		if got := l.unreadable() == nil; got != readable[i] {
			t.Errorf("readable is %t, in Python %t:\n%s", got, readable[i], text)
		}
	}
	t.Logf("%d documents", len(documents))
}
