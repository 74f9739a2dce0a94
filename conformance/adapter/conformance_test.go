package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// result is what `run.py --json` prints.
type result struct {
	Conforms     bool
	Requirements []struct {
		ID                      string
		Passed, Failed, Skipped int
	}
	Cases []struct{ Name, Requirement, Outcome, Message string }
}

func (r result) failed() (failed []string) {
	for _, c := range r.Cases {
		if c.Outcome == "failed" {
			failed = append(failed, c.Requirement+" "+c.Name+": "+c.Message)
		}
	}
	return failed
}

// suite runs the suite with flags against a provider.
func suite(t *testing.T, flags []string, command ...string) (r result) {
	t.Helper()
	args := slices.Concat([]string{"--json"}, flags, []string{"--"}, command)
	stdout, stderr, code := run(t, args...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("run.py %v: %v\n%s", args, err, stderr)
	}
	if r.Conforms != (code == 0) {
		t.Errorf("run.py exits with %d", code)
	}
	return r
}

// run runs the suite and returns what it prints, and its exit code.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err strings.Builder
	cmd := exec.Command(python(t), append([]string{"../run.py"}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdout, cmd.Stderr = &out, &err
	failed := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](failed); failed != nil && (!ok || exit.ExitCode() < 0) {
		t.Fatalf("run.py %v: %v", args, failed)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// python returns a Python that has the standard library's TOML.
func python(t *testing.T) string {
	t.Helper()
	if err := exec.Command("python3", "-c", "import tomllib").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("python3 has no tomllib: %v", err)
		}
		t.Skip("python3 has no tomllib, which came with Python 3.11")
	}
	return "python3"
}

// build builds a package of this module.
func build(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program.exe")
	if out, err := exec.Command("go", "build", "-o", path, name).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return path
}

// TestMain lets the test be the adapter too, which need not be built then.
func TestMain(m *testing.M) {
	if os.Getenv(adapterVariable) != "" || os.Getenv(clockVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const adapterVariable = "CONFORMANCE_ADAPTER"

// TestOurs runs the suite against the built program: with GitHub's history in full, and
// with the ledger what is about the history.
func TestOurs(t *testing.T) {
	t.Setenv(adapterVariable, "1")
	adapter, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := build(t, "../../cmd/scheduled")
	for where, flags := range map[string][]string{"github": nil, "ledger": {"--only", "R2", "--only", "failed-killed", "--only", "failed-all", "--only", "R7", "--only", "R8", "--only", "R9", "--only", "M"}} {
		t.Run(where, func(t *testing.T) {
			if testing.Short() {
				flags = []string{"--only", "F3", "--only", "W4", "--only", "R2"}
			}
			r := suite(t, flags, adapter, "-history", where, program)
			for _, c := range r.Cases {
				switch {
				case c.Outcome == "failed":
					t.Errorf("%s %s: %s", c.Requirement, c.Name, c.Message)
				case c.Outcome == "skipped" && c.Requirement != "F9":
					t.Errorf("%s %s is skipped: %s", c.Requirement, c.Name, c.Message)
				}
			}
		})
	}
}

// TestExample runs the suite against the example, which is another program by other
// means: an independent reading of the cases.
func TestExample(t *testing.T) {
	if r := suite(t, nil, python(t), example); !r.Conforms {
		t.Errorf("%+v", r.failed())
	}
}

const example = "../examples/provider.py"

// mutants are wrong providers: the example with a text replaced, and the requirement by
// which the suite has to notice.
var mutants = []struct{ requirement, fault, old, new string }{
	{"F1", "needs the table", `.get("scheduled", {})`, `["scheduled"]`},
	{"F2", "folds ids", `"jobs": [{"id": id, **job}`, `"jobs": [{"id": id.lower(), **job}`},
	{"F2", "splits ids at dots", `"jobs": [{"id": id, **job}`, `"jobs": [{"id": id.split(".")[0], **job}`},
	{"F2", "refuses the empty id", `isinstance(job, dict), f"job`, `id and isinstance(job, dict), f"job`},
	{"F3", "accepts more keys", `set(job) == {`, `set(job) >= {`},
	{"F3", "reads one job", `for id, job in jobs.items():`, `for id, job in list(jobs.items())[:1]:`},
	{"F4", "folds cadences", `require(job["every"] in CADENCES`, `require(str(job["every"]).lower() in CADENCES`},
	{"F4", "trims cadences", `require(job["every"] in CADENCES`, `require(str(job["every"]).strip() in CADENCES`},
	{"F5", "checks for a colon only", `value.count(":") == 1 and all(map(is_name, re.split("[.:]", value)))`, `":" in value`},
	{"F5", "accepts keywords", `text.isidentifier() and not keyword.iskeyword(unicodedata.normalize("NFKC", text))`, `text.isidentifier()`},
	{"F5", "knows ASCII only", `return text.isidentifier()`, `return text.isascii() and text.isidentifier()`},
	{"F7", "mends wrong bytes", `.decode())`, `.decode(errors="replace"))`},
	{"F8", "is strict with other tools", `require(isinstance(jobs, dict), "tool.scheduled is not a table")`, `require(not set(data.get("tool", {})) - {"scheduled"}, "unknown tool")`},
	{"F9", "passes over cadences", `"cadences": CADENCES`, `"cadences": CADENCES[1:]`},
	{"F10", "finds every error at the top", `{"message": str(error)}`, `{"line": 1}`},
	{"W1", "has five days a week", `"week": 604800`, `"week": 432000`},
	{"W1", "says nothing about windows", `return {"windows": answer}`, `return {"windows": {}}`},
	{"W4", "says nothing about windows", `return {"windows": answer}`, `return {"windows": {}}`},
	{"W2", "has other times after a restart", `hashlib.sha256(id.encode()).digest()[:8]`, `hashlib.sha256(str(hash(id)).encode()).digest()[:8]`},
	{"W3", "counts months as 30 days from when it is asked", `days = calendar.monthrange(start.year, start.month)[1]`, `days = 30`},
	{"W4", "moves slots when a job is added", `start, starts = window(id, job["every"], begin), []`, `start, starts = window(f"{id}{len(read(pathlib.Path(request['project'])))}", job["every"], begin), []`},
	{"W5", "moves slots when the file changes", `start, starts = window(id, job["every"], begin), []`, `start, starts = window(id + (pathlib.Path(request["project"]) / "pyproject.toml").read_text(), job["every"], begin), []`},
	{"R1", "gives up on late ticks", `if not forced and stamp`, `if parse(request["now"]) > current + 0.9 * (next_window(id, job["every"], current) - current):
        return {}
    if not forced and stamp`},
	{"R2", "runs at every tick", `if not forced and stamp(current) in history(project, request).get(id, []):`, `if False:`},
	{"R2", "runs twice", `    if execute(project,`, `    execute(project, job["entrypoint"], False)
    if execute(project,`},
	{"R3", "takes a start for a success", `return process.wait() == 0 and not lose`, `process.wait()
    return not lose`},
	{"R3", "takes a signal for a success", `return process.wait() == 0 and not lose`, `return process.wait() <= 0 and not lose`},
	{"R4", "runs once and never again", `stamp(current) in history(project, request).get(id, [])`, `id in history(project, request)`},
	{"R4", "begins windows a second late", `window(id, job["every"], parse(request["now"]))`, `window(id, job["every"], parse(request["now"]) - datetime.timedelta(seconds=1))`},
	{"R4", "has calendar days for windows", `window(id, job["every"], parse(request["now"]))`, `parse(request["now"]).replace(hour=0, minute=0, second=0)`},
	{"R5", "makes up for what it missed", `    if execute(project,`, `    past = history(project, request).get(id, [])
    if past and parse(past[-1]) + 1.5 * (next_window(id, job["every"], current) - current) < current:
        execute(project, job["entrypoint"], False)
    if execute(project,`},
	{"R5", "gives up on late ticks", `if not forced and stamp`, `if parse(request["now"]) > current + 0.9 * (next_window(id, job["every"], current) - current):
        return {}
    if not forced and stamp`},
	{"R6", "lets one job confirm another", `history(project, request).get(id, [])`, `[s for all in history(project, request).values() for s in [stamp(current)]]`},
	{"R6", "executes all jobs", `    if execute(project,`, `    for other in read(project).values():
        if other is not job:
            execute(project, other["entrypoint"], False)
    if execute(project,`},
	{"R7", "takes a lost result for a success", `return process.wait() == 0 and not lose`, `return process.wait() == 0 or lose`},
	{"R7", "skips when it knows nothing", `if not forced and stamp(current) in`, `if request.get("blind") or not forced and stamp(current) in`},
	{"R8", "keeps the history in its process", `"history.json"`, `f"history-{__import__('os').getpid()}.json"`},
	{"R9", "confirms the window of the end", `record(project, id, current)`, `record(project, id, window(id, job["every"], parse(request.get("ends", request["now"]))))`},
	{"M1", "checks before a manual start", `return start(request, forced=True)`, `return start(request, forced=False)`},
	{"M2", "takes every manual start for a success", `    if execute(project,`, `    if forced | execute(project,`},
	{"M3", "lets a manual start confirm the next window", `record(project, id, current)`, `record(project, id, next_window(id, job["every"], current) if forced else current)`},
	{"M4", "lets a manual start confirm all jobs", `        record(project, id, current)`, `        for other, j in read(project).items() if forced else [(id, job)]:
            record(project, other, window(other, j["every"], parse(request["now"])))`},
	{"E1", "imports single modules", `from {module} import`, `from {module.rpartition('.')[2]} import`},
	{"E2", "exits with what the entrypoint returns", `\nrun()"`, `\nimport sys\nsys.exit(run())"`},
}

// TestAdapters runs the suite against adapters that are odd or broken.
func TestAdapters(t *testing.T) {
	program := string(read(t, example))
	for _, c := range []struct{ fault, old, new, said string }{
		{"ends after each answer", "flush=True)\n", "flush=True)\n        break\n", ""},
		{"answers no JSON", "print(json.dumps(", "print(str(", "error: the answer to describe is not JSON: "},
		{"is silent", "print(json.dumps(answers", "dict(a=(answers", "error: no answer to describe within 3 s"},
		{"breaks down", "    for line in", "    broken\n    for line in", "error: the adapter ended without an answer to describe; its stderr: Traceback"},
		{"refuses", `"name": "example"`, `"error": "no"`, "error: describe: no"},
		{"has no cadences", `"cadences": CADENCES`, `"cadences": []`, "error: describe names no cadence"},
		{"knows another cadence", `"cadences": CADENCES`, `"cadences": ["year"]`, `error: describe names 'year'; known are minute, `},
		{"says too little", `"version": "1", "cadences": CADENCES,`, "", "error: the answer to describe lacks 'cadences'"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(program, c.old) {
				t.Fatalf("the example has no %q", c.old)
			}
			path := filepath.Join(t.TempDir(), "provider.py")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(program, c.old, c.new)), 0o600); err != nil {
				t.Fatal(err)
			}
			timeout := "60"
			if strings.Contains(c.said, "3 s") {
				timeout = "3"
			}
			stdout, stderr, code := run(t, "--only", "F1", "--workers", "1", "--timeout", timeout, "--", python(t), path)
			if c.said == "" && code != 0 || c.said != "" && (code != 2 || stdout != "") || !strings.HasPrefix(stderr, c.said) {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
		})
	}
	if _, stderr, code := run(t, "--", "./no-such-adapter"); code != 2 || !strings.HasPrefix(stderr, "error: the adapter cannot be started: ") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	if _, stderr, code := run(t, "--only", "nothing", "--", python(t), example); code != 2 || stderr != "error: no case is of nothing\n" {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

// TestReadme compares the README with what it quotes.
func TestReadme(t *testing.T) {
	readme := string(read(t, "../README.md"))
	stdout, _, _ := run(t, "--only", "F1", "--only", "F2", "--", python(t), example)
	quoted, _, _ := strings.Cut(stdout, "\n\n22 passed")
	if !strings.Contains(readme, quoted+"\n") || !strings.Contains(quoted, "F2 ") {
		t.Errorf("README.md does not quote\n%s", quoted)
	}
	_, usage, _ := strings.Cut(readme, "| option | does |")
	help, _, _ := run(t, "--help")
	for _, option := range regexp.MustCompile(`(?m)^  (--[a-z-]+)`).FindAllStringSubmatch(help, -1) {
		if !strings.Contains(usage, "`"+option[1]) {
			t.Errorf("README.md has no %s", option[1])
		}
	}
}

// TestReadmeCommands runs what the README says about this repository's program, as it is
// written, but with one requirement.
func TestReadmeCommands(t *testing.T) {
	_, block, _ := strings.Cut(string(read(t, "../README.md")), "```console\n$ go build")
	block, _, _ = strings.Cut(block, "```")
	commands := "$ go build" + block
	page := string(read(t, "../../docs/conformance.md"))
	if !strings.Contains(page, strings.ReplaceAll(commands, "$ ", "")) {
		t.Error("docs/conformance.md has other commands than README.md")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	program := regexp.MustCompile(`scheduled-(adapter|program)`)
	for _, line := range strings.Split(strings.TrimSpace(commands), "\n") {
		words := strings.Fields(strings.TrimPrefix(line, "$ "))
		for i, word := range words {
			switch {
			case program.MatchString(word) && runtime.GOOS == "windows":
				words[i] += ".exe"
			case word == "conformance/run.py":
				words[i] = filepath.Join(root, word)
			}
		}
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = folder
		if words[0] == "go" { // into the folder, from the sources
			cmd.Dir = root
			cmd.Args[3] = filepath.Join(folder, words[3])
		} else {
			cmd.Args = slices.Insert(cmd.Args, 2, "--only", "R2")
			cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}

// TestExampleNeedsPython runs the example with a Python that has no tomllib.
func TestExampleNeedsPython(t *testing.T) {
	older := "import runpy, sys; sys.modules['tomllib'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
	_, stderr, code := run(t, "--", python(t), "-c", older, example)
	if line, _, _ := strings.Cut(stderr, "\n"); code != 2 || !strings.HasSuffix(line, ": this example needs Python 3.11 or newer, for tomllib") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

// TestFailures checks what is said of failures.
func TestFailures(t *testing.T) {
	source := string(read(t, example))
	for _, c := range []struct{ old, new, only, said string }{
		{`if not forced and stamp(current) in history(project, request).get(id, []):`, `if False:`, "once", ": 1 execution, expected 0\n"},
		{`"hour": 3600`, `"hour": 1800`, "spacing", " is not one hour long\n"},
	} {
		path := filepath.Join(t.TempDir(), "provider.py")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(source, c.old, c.new)), 0o600); err != nil {
			t.Fatal(err)
		}
		if stdout, _, _ := run(t, "--only", c.only, "--", python(t), path); !strings.Contains(stdout, c.said) {
			t.Errorf("the suite does not say %q:\n%s", c.said, stdout)
		}
	}
}

// TestMutants runs the suite against wrong providers: each is caught, by the requirement
// that it breaks.
func TestMutants(t *testing.T) {
	source, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		t.Run(m.requirement+" "+m.fault, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && m.requirement != "R2" {
				t.Skip("the long form has all of them")
			}
			if !strings.Contains(string(source), m.old) {
				t.Fatalf("the example has no %q", m.old)
			}
			mutant := strings.ReplaceAll(string(source), m.old, m.new)
			if m.requirement == "F10" {
				mutant = strings.ReplaceAll(mutant, `"fixed-time", `, `"fixed-time", "positions", `)
			}
			path := filepath.Join(t.TempDir(), "provider.py")
			if err := os.WriteFile(path, []byte(mutant), 0o600); err != nil {
				t.Fatal(err)
			}
			r := suite(t, []string{"--only", m.requirement, "--workers", "1", "--fail-fast"}, python(t), path)
			if r.Conforms {
				t.Errorf("%s passes", m.requirement)
			}
			for _, failed := range r.failed() {
				if strings.Contains(failed, "Error: ") && m.requirement != "F1" {
					t.Errorf("the mutant is broken: %s", failed)
				}
			}
		})
	}
}

// TestMutantsAreComplete wants a wrong provider for each requirement, and a case.
func TestMutantsAreComplete(t *testing.T) {
	readme := string(read(t, "../README.md"))
	var requirements []struct{ ID, Title, Needs string }
	if err := json.Unmarshal(read(t, "../requirements.json"), &requirements); err != nil {
		t.Fatal(err)
	}
	if page := string(read(t, "../../docs/conformance.md")); !strings.Contains(page, fmt.Sprintf(" %d numbered requirements", len(requirements))) {
		t.Errorf("docs/conformance.md has another number of requirements than %d", len(requirements))
	}
	cases := map[string]int{"F9": 1} // which run.py makes itself
	files, err := filepath.Glob("../*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("../*/*/*.json")
	for _, file := range append(files, more...) {
		var c struct{ Requirement string }
		if err := json.Unmarshal(read(t, file), &c); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		cases[c.Requirement]++
	}
	for _, r := range requirements {
		if cases[r.ID] == 0 {
			t.Errorf("%s has no case", r.ID)
		}
		delete(cases, r.ID)
		if !strings.Contains(readme, "**"+r.ID+"**") {
			t.Errorf("README.md has no %s", r.ID)
		}
		// F6 is about TOML's own parser, which no mutant replaces.
		if !slices.ContainsFunc(mutants, func(m struct{ requirement, fault, old, new string }) bool { return m.requirement == r.ID }) && r.ID != "F6" {
			t.Errorf("no mutant breaks %s", r.ID)
		}
	}
	for id := range cases {
		t.Errorf("cases have the requirement %q, which is none", id)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
