package pyproject

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"
)

// outcome is a file before and after an edit of a job. Python reads both.
type outcome struct {
	Name, Before, After, ID string
	X                       any // if not nil, what env.X is then
}

// documents returns valid files with jobs, with all kinds of line ends.
func documents(t testing.TB) map[string]string {
	t.Helper()
	plain := map[string]string{"empty.toml": "", "comment.toml": "# mine\n\n\n", "spaces.toml": "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n# mine\n  "}
	for _, file := range fixtures(t, "ok") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain[filepath.Base(file)] = string(data)
	}
	archives, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archives {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain[filepath.Base(file)] = string(archive.Files[0].Data)
	}
	styles, err := filepath.Glob("testdata/styles/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range styles {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain[filepath.Base(file)] = strings.TrimPrefix(invisibly.Replace(string(archive.Files[0].Data)), "\ufeff")
	}
	all, seen := map[string]string{}, map[string]bool{}
	for name, text := range plain {
		if text = strings.ReplaceAll(text, "\r\n", "\n"); seen[text] {
			continue
		}
		seen[text] = true
		all[name] = text
		all[name+", CRLF, unended"] = strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\r\n")
		if testing.Short() {
			continue
		}
		all[name+", CRLF"] = strings.ReplaceAll(text, "\n", "\r\n")
		all[name+", unended"] = strings.TrimRight(text, "\n")
		all[name+", BOM"] = "\ufeff" + text
	}
	return all
}

// TestEditKeeps edits many files in every way. What the edit is not about keeps its bytes
// and its values, and the opposite edit brings the file back.
func TestEditKeeps(t *testing.T) {
	var outcomes []outcome
	edit := func(name, before, id, command string) string {
		t.Helper()
		after, err := edited(before, command)
		if err != nil {
			t.Errorf("%s: %s: %v\n%s", name, command, err, before)
			return before
		}
		outcomes = append(outcomes, outcome{name + ": " + command, before, after, id, nil})
		sameBytes(t, name+": "+command, before, after, id)
		return after
	}
	for name, text := range documents(t) {
		project, err := load(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, command := range []string{"add new\nevery=day\nentrypoint=a:b", "add new\ncron=0 9 * * *\nentrypoint=a:b", "add new\nevery=day\nentrypoint=a:b\nenv.X=1"} {
			if after := edit(name, text, "new", command); edit(name, after, "new", "remove new") != text {
				t.Errorf("%s: %q and remove: was\n%q, is\n%q", name, command, text, edit(name, after, "new", "remove new"))
			}
		}
		for i, job := range project.Jobs {
			if i == 3 {
				break
			}
			edit(name, text, job.ID, "remove "+job.ID)
			for _, setting := range []string{"cron=0 9 * * *", "every=week", "every=2 hours", "entrypoint=x:y", "command=make", "timeout=7m", "env={}", "args=[]", "before=[\"x\"]"} {
				if e, _ := NewEdit([]byte(text), ""); !strings.HasPrefix(setting, "env") || e.single(append(optionsPath(job.ID), "env", "x")) == nil {
					edit(name, text, job.ID, "set "+job.ID+"\n"+setting)
				}
			}
			for _, setting := range []string{"attempts=3", "env.ZZ=1", "description=x", "kwargs.zz=[\n1,\n]"} {
				key, _, _ := strings.Cut(setting, "=")
				e, _ := NewEdit([]byte(text), "")
				s, err := parseSetting(setting)
				if err != nil {
					t.Fatal(err)
				}
				if e.holds(append(optionsPath(job.ID), s.key...)) || strings.Contains(setting, "\n") {
					continue
				}
				if after := edit(name, text, job.ID, "set "+job.ID+"\n"+setting); edit(name, after, job.ID, "set "+job.ID+"\n"+key+"=") != text {
					t.Errorf("%s: set and remove %s: was\n%q, is\n%q", name, key, text, edit(name, after, job.ID, "set "+job.ID+"\n"+key+"="))
				}
			}
		}
	}
	t.Logf("%d edits", len(outcomes))
	inPython(t, outcomes)
}

// sameBytes compares the lines of a file before and after an edit: those that have nothing
// to do with the job are there, in the same order.
func sameBytes(t *testing.T, name, before, after, id string) {
	t.Helper()
	l, found := outlineOf(strings.TrimPrefix(before, "\ufeff"))
	if found != nil {
		t.Fatal(found)
	}
	text := l.text
	touched := make([]bool, len(text)+1)
	for _, s := range l.statements {
		about := s.below(declarationPath(id)) || s.below(optionsPath(id))
		if !about && (s.in != nil || !strings.HasPrefix(pathName(s.path), "tool") || !s.inline(text)) {
			continue // an inline table of tool can change as a line
		}
		end := l.lines(s).end
		if s.header {
			end = l.afterComments(end)
		}
		if section := l.section(s); s.header && strings.Contains(name, ": set ") {
			end = l.lines(section[len(section)-1]).end // it can move as a whole
		}
		for i := l.touching(s); i < end; i++ {
			touched[i] = true
		}
	}
	rest := strings.TrimPrefix(after, "\ufeff")
	for at := 0; at < len(text); at = lineEnd(text, at) {
		line := strings.TrimRight(text[at:lineEnd(text, at)], "\r\n")
		if touched[at] || strings.TrimSpace(line) == "" {
			continue
		}
		var found bool
		if _, rest, found = strings.Cut(rest, line); !found {
			t.Errorf("%s: the line %q is gone or moved:\n%s", name, line, after)
			return
		}
	}
	if strings.HasPrefix(before, "\ufeff") != strings.HasPrefix(after, "\ufeff") {
		t.Errorf("%s: the byte order mark is gone", name)
	}
	if strings.Contains(before, "\r\n") && strings.Count(after, "\n") != strings.Count(after, "\r\n") {
		t.Errorf("%s: lines end in two ways: %q", name, after)
	}
}

// inPython reads files with tomllib, and compares what has nothing to do with the job.
func inPython(t *testing.T, outcomes []outcome) {
	t.Helper()
	python := tomllib(t)
	input, err := json.Marshal(outcomes)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", compareInPython)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("in Python: %v\n%.5000s", err, out)
	}
}

const compareInPython = `
import json, sys, tomllib

def rest(text, id):
    root = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    tool = root.get("tool", {})
    tool.get("scheduled", {}).pop(id, None)
    ours = tool.get("scheduled-actions", {})
    ours.get("jobs", {}).pop(id, None)
    for table, key in (ours, "jobs"), (tool, "scheduled-actions"), (tool, "scheduled"), (root, "tool"):
        if table.get(key) == {}:
            del table[key]
    return root

def sorted_text(root): # nan is not equal to itself
    return json.dumps(root, sort_keys=True, default=repr)

for case in json.load(sys.stdin):
    try:
        before = rest(case["Before"], case["ID"])
    except tomllib.TOMLDecodeError:
        continue # nor could Python read it before
    try:
        after = rest(case["After"], case["ID"])
    except tomllib.TOMLDecodeError as e:
        print(case["Name"], e, case["Before"], case["After"], sep="\n")
        continue
    if case["X"] is not None:
        x = tomllib.loads(case["After"])["tool"]["scheduled-actions"]["jobs"][case["ID"]]["env"]["X"]
        if x != case["X"]:
            print(case["Name"], x, case["After"], sep="\n")
    if before != after and sorted_text(before) != sorted_text(after):
        print(case["Name"], before, after, case["After"], sep="\n")
`

// Bare strings arrive as they are typed, and can add nothing else to the file.
func TestSettingStrings(t *testing.T) {
	const before = "[tool.scheduled.clean]\nevery = \"day\"\nentrypoint = \"a:b\"\n"
	var outcomes []outcome
	for _, typed := range []string{
		"info", " padded ", "1", "1.0", "true", "nan", "06:00", "2026-01-01", "[1]", "{ a = 1 }", "# none", "a # b", "a, b", "x]", "x}",
		`say "hi"`, `"half`, `'half`, `C:\new\x41`, `\`, "a\nb = 1", "\n[tool.other]\nx = 1", "tab\there", "\r\n", "\x00\x1b[31m\x7f", "\u0085\u2028\u202e", "é ü 🎉", `"""`, `\u0041`,
		"1\nb = 2", "'a'\n[x]", "\"a\"\nb = \"c\"", "=", "\ufeff",
	} {
		after, err := edited(before, "set clean\nenv.X=x")
		if err != nil {
			t.Fatal(err)
		}
		e, err := NewEdit([]byte(after), "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSetting("env.X", typed)
		if err == nil {
			err = e.Set("clean", s)
		}
		if err != nil {
			t.Errorf("%q: %v", typed, err)
			continue
		}
		outcomes = append(outcomes, outcome{fmt.Sprintf("%q", typed), before, string(e.Bytes()), "clean", typed})
	}
	inPython(t, outcomes)
}

// What is taken as TOML can be read by Python, on a line of its own and in an inline table.
func TestSettingTOML(t *testing.T) {
	var outcomes []outcome
	taken := 0
	for _, typed := range []string{
		"06:00", "06:00:00", "[06:00]", "2026-01-01", "2026-01-01T06:00", "2026-01-01 06:00:00", "2026-01-01T06:00:00+01:00", "2026-01-01T06:00+01:00", "2026-01-01t06:00:00z", "2026-13-01", "24:00:00", "[06:00:00.5, 2026-01-01 06:00Z]",
		"{a=1,}", "{\na=1}", "{a={b=1,},}", "{a=[{b=1,}]}", "{a=[1,],b=2}", "{ a = 1 # c\n}", "{ \"a b\" = 1, 'c' = 2 }", "{ a = [\n1, # one\n] }", "{a.b=1,a.c=2}", "{a={b=1},a.c=2}",
		`"\e"`, `"\x41"`, `"\u00e9"`, `"\\e"`, `'\e'`, `"""\e"""`, "\"\"\"a\n\\x41\"\"\"", "'''\n\\e'''", `"\""`, `"a \\"`,
		"1_000", "0x1F", "+1", "inf", "-nan", "1e5", "01", ".5", "5.", "9223372036854775808", "[1,]", "[1 # c\n]", "[\n1,\n]", "[1,,2]", "true", "True", "[true, \"a\", {}]",
	} {
		s, err := NewSetting("kwargs.x", typed)
		if err != nil {
			continue
		}
		taken++
		for _, before := range []string{"[tool.scheduled.clean]\nevery = \"day\"\nentrypoint = \"a:b\"\n", "[tool.scheduled-actions]\njobs = { clean = { every = \"1 hour\" } }\n"} {
			e, err := NewEdit([]byte(before), "")
			if err == nil {
				err = e.Set("clean", s)
			}
			if _, unfit := errors.AsType[*Unfit](err); unfit {
				continue
			}
			if err != nil {
				t.Fatalf("%q: %v", typed, err)
			}
			outcomes = append(outcomes, outcome{fmt.Sprintf("%q", typed), before, string(e.Bytes()), "clean", nil})
		}
	}
	if taken < 35 || len(outcomes) < 2*taken-2 {
		t.Errorf("took only %d, and set %d", taken, len(outcomes))
	}
	inPython(t, outcomes)
}

// FuzzEdit edits any file. If that is possible, the value is there, and everything else
// has the value that it had.
func FuzzEdit(f *testing.F) {
	for _, text := range documents(f) {
		f.Add([]byte(text), "clean", "attempts", "3")
		f.Add([]byte(text), "report", "env.X", "a\nb")
	}
	f.Fuzz(func(t *testing.T, data []byte, id, key, value string) {
		s, err := NewSetting(key, value)
		if err != nil || len(data) > 10_000 {
			return
		}
		for _, command := range []func(*Edit) error{
			func(e *Edit) error { return e.Set(id, s) },
			func(e *Edit) error { return e.Add(id, s) },
			func(e *Edit) error { return e.Remove(id) },
		} {
			e, err := NewEdit(data, "")
			if err != nil {
				return
			}
			if command(e) != nil {
				continue
			}
			before, after := without(t, data, id), without(t, e.Bytes(), id)
			if !reflect.DeepEqual(before, after) {
				t.Fatalf("%q became %q", data, e.Bytes())
			}
			if e.unreadable() != nil {
				t.Fatalf("Python cannot read %q", e.Bytes())
			}
		}
	})
}

// without returns the values of a file without those of a job, and without empty tables of
// ours.
func without(t *testing.T, data []byte, id string) map[string]any {
	t.Helper()
	var root map[string]any
	if err := toml.Unmarshal(bytes.TrimLeft(data, "\xef\xbb\xbf"), &root); err != nil {
		t.Fatalf("%v: %q", err, data)
	}
	drop := func(path []string) {
		for n := len(path); n > 0; n-- {
			table := root
			for _, name := range path[:n-1] {
				table, _ = table[name].(map[string]any)
			}
			if inner, ok := table[path[n-1]].(map[string]any); n == len(path) || ok && len(inner) == 0 {
				delete(table, path[n-1])
			}
		}
	}
	drop(declarationPath(id))
	drop(optionsPath(id))
	return root
}
