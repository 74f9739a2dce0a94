package pyproject

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// validator returns what validates the text of a pyproject.toml by the schema.
func validator(t testing.TB) func(text string) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scheduled.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("scheduled.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var document struct {
			Tool map[string]map[string]any
		}
		if _, err := toml.Decode(strings.TrimPrefix(text, "\ufeff"), &document); err != nil {
			return err
		}
		table := document.Tool["scheduled-actions"]
		if table == nil {
			return nil
		}
		return compiled.Validate(AsJSON(table))
	}
}

// What Load accepts, the schema accepts.
func TestSchemaAccepts(t *testing.T) {
	validate := validator(t)
	for _, file := range fixtures(t, "ok") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(text)); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	for _, o := range options {
		for _, text := range exampleFiles(o) {
			if err := validate(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	for _, file := range fixtures(t, "err") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(os.DirFS("testdata/err"), filepath.Base(file), file); err == nil {
			continue // single jobs are wrong
		}
		_ = validate(string(text)) // no panic
	}
}

// exampleFiles returns files that have the example of an option wherever it can be.
func exampleFiles(o option) (files []string) {
	line := o.name + " = " + o.example + "\n"
	if !o.single {
		files = append(files, "[tool.scheduled-actions]\n"+line)
	}
	job := "[tool.scheduled-actions.jobs.x]\n" + line
	switch {
	case o.shared:
	case o.name == "cron", o.name == "run-at":
		files = append(files, job+"entrypoint = \"a:b\"\n")
	case o.name == "command":
		files = append(files, job+"every = \"day\"\n")
	case o.name == "count":
		files = append(files, job+"every = \"day\"\nentrypoint = \"a:b\"\nstart = 2026-01-01\n")
	default:
		files = append(files, job+"every = \"day\"\nentrypoint = \"a:b\"\n")
	}
	return files
}

// refusedByBoth are wrong declarations: in a job that is whole but for them, in
// the options of all jobs, or as a whole file.
var refusedByBoth = struct{ job, project, file []string }{
	job: []string{
		`every = "fortnight"`, `every = "0 days"`, `every = "13 months"`, `every = "day"` + "\ncron = \"0 9 * * *\"", `every = 5`, `every = "Monday"`,
		`cron = "@daily"`, `cron = "0 9 * *"`, `cron = "60 9 * * *"`, `cron = "0 24 * * *"`, `cron = "0 9 32 * *"`, `cron = "0 9 * FOO *"`, `cron = []`, `cron = "0 9 * * 8"`,
		`run-at = 2026-12-01`, `run-at = []`, `run-at = [2026-12-01T09:00:00, 2026-12-01T09:00:00]`, `run-at = 09:00:00`,
		`cron = "0 9 * * *"` + "\nat = \"09:00\"", `at = "25:00"`, `at = "9:00"`, `at = 9`, `every = "2 hours"` + "\nat = \"09:00\"",
		`timezone = "Mars/Olympus"`, `timezone = 1`, `start = "soon"`, `start = "2026"`, `until = 5`, `count = 3`, `count = 0` + "\nstart = 2026-01-01", "count = 3\nstart = 2026-01-01\nuntil = 2027-01-01",
		`except = 2026-12-25`, `except = [2026-12-25, 2026-12-25]`, `except = [2026-12-25T00:00:00]`,
		`expires = "14m"`, `expires = "31d"`, `expires = "soon"`, `expires = 15`,
		`enabled = "yes"`, `executor = "lambda"`, `executor = "serve"` + "\nbefore = [\"make\"]", "executor = \"serve\"\ncontainer = \"python:3.13\"",
		`every = "2 minutes"`, `every = "minute"`, `group = "two words"`, `group = ""`, `description = ""`, `description = ["a"]`,
		`catch-up = "some"`, `catch-up = true`, `catch-up = "all"` + "\nevery = \"30 minutes\"", `overlap = "kill"`, `overlap = "cancel"` + "\nlock = \"db\"", `overlap = "cancel"` + "\ncatch-up = \"all\"",
		`max-instances = 0`, `max-instances = 11`, `max-instances = "2"`, `lock = "a b"`, `lock = 5`, `needs = "other"`, `needs = []`, `needs = [1]`, `needs = ["a", "a"]`,
		`notify-on = "failed"`, `notify-on = ["exploded"]`, `notify-after = 0`, `notify-after = 101`, `pause-after = 0`, `pause-after = "3"`,
		`webhook = "https://hooks.example.com/x"`, `webhook = "GITHUB_TOKEN"`, `webhook = 1`, `heartbeat = "https://hc-ping.com/x"`,
		`timeout = "soon"`, `timeout = "0s"`, `timeout = "841h"`, `timeout = 60`, `attempts = 0`, `attempts = 11`, `attempts = "3"`, `attempts = 1.5`, `backoff = "25h"`, `patience = "-1m"`,
		`python = "3.12?"`, `python = 3.12`, `result = "maybe"`, `spares = -1`, `spares = 1000`, `workflow-prefix = "a/b"`, `workflow-prefix = ""`, `seed = 1`,
		`runs-on = []`, `runs-on = ""`, `runs-on = { group = "x" }`, `installer = "conan"`, `environment = ""`,
		`env = { PATH = "x" }`, `env = { github_x = "y" }`, `env = { X = 1 }`, `env = ["X"]`, `env = { "a-b" = "c" }`,
		`secrets = "X"`, `secrets = ["GITHUB_TOKEN"]`, `secrets = ["a b"]`, `secrets = { X = "GITHUB_Y" }`, `setup-secrets = ["X", "X"]`, `vars = [1]`, `token = "yes"`,
		`services = { pg = "postgres:17" }`, `services = { pg = { image = "postgres" } }`, `services = { pg = { image = "postgres:17", port = 1 } }`, `services = { pg = { image = "postgres:17", ports = ["x"] } }`, `services = { pg = {} }`,
		`container = "python"`, `container = "python:latest"`, `container = {}`, `container = { image = "python:3.13", env = { CI = "1" } }`,
		`permissions = { contents = "none" }`, `permissions = { issues = "admin" }`, `permissions = { everything = "read" }`, `permissions = "write-all"`,
		`before = "make"`, `before = [{ run = "a", uses = "b" }]`, `before = [{}]`, `before = [{ uses = "actions/setup-node@v4" }]`, `before = [{ uses = "actions/checkout@0123456789abcdef0123456789abcdef01234567" }]`,
		`before = [{ run = "a", when = "always" }]`, `after = [{ run = "a", when = "never" }]`, `prepare = [""]`, `prepare = [{ run = "a", with = { b = "c" } }]`, `before = [{ run = "a", name = "Run entrypoint" }]`, `after = [{ run = "a", name = "Next run: 2026-12-04T10:00:00Z" }]`, `after = [{ run = "a", name = "Outcome: good" }]`, `before = ["echo ${{ secrets.X }}"]`,
		`commit = "data"`, `commit = { message = "x" }`, `commit = { paths = [] }`, `commit = ["../../x/../.."]`, `commit = ["/etc"]`, `commit = ["!x"]`, `commit = [".git"]`, `commit = [".github/workflows/x.yml"]`, `commit = ["a/**b"]`, `commit = { paths = ["a"], when = "now" }`, `commit = { paths = ["a"], branch = "a..b" }`, `commit = { paths = ["a"], force = true }`,
		`artifacts = { paths = ["a"], retention-days = 401 }`, `artifacts = { paths = ["a"], name = "a/b" }`, `artifacts = 1`, `cache = "x"`, `cache = ["a\\b"]`,
		`checkout = { depth = 1 }`, `checkout = { fetch-depth = -1 }`, `checkout = { submodules = "all" }`, `checkout = { sparse = ["*"] }`, `checkout = { ref = "a b" }`, `checkout = true`,
		`requirements = "a.txt"`, `requirements = ["a b.txt"]`, `extras = [""]`, `dependency-groups = ["a b"]`,
		`args = "x"`, `kwargs = ["x"]`, `kwargs = { "a b" = 1 }`, `pass-context = 1`, `inputs = ["force"]`, `inputs = []`, `inputs = "days"`,
		`name = ""`, `name = " x"`, `command = "make"`, `entrypoint = "app.jobs"`, `entrypoint = "app.jobs:class"`, `entrypoint = "app/jobs:x"`, `entrypoint = "a:b:c"`, `entrypoint = "a:b()"`, `entrypoint = 1`,
		`rescue = "15m"`, `notify = "issue"`, `pacemaker = "environment"`, `pages = true`, `pages = "all-projects"`, `atempts = 3`, `description = "a\u202eb"`,
	},
	project: []string{
		`rescue = "2m"`, `rescue = true`, `rescue = 15`, `notify = "mail"`, `notify = true`, `pacemaker = "runner"`, `pacemaker = true`, `rescue = false` + "\npacemaker = \"environment\"", `pages = "this"`, `pages = "true"`, `pages = 1`, `rescue = false` + "\npages = true", `every = "day"`, `cron = "0 9 * * *"`, `entrypoint = "a:b"`, `needs = ["a"]`, `overlap = "cancel"`, `max-instances = 2`, `group = "x"`, `enabled = false`,
		`jobs = []`, `jobs = "x"`, `unknown = 1`, `kwargs = { a = 1 }`, `executor = "serve"` + "\ncommit = [\"data\"]",
	},
	file: []string{
		"[tool.scheduled-actions.jobs.x]\nevery = \"day\"",
		"[tool.scheduled-actions.jobs.x]\nentrypoint = \"a:b\"",
		"[tool.scheduled-actions.jobs.x]\nevery = \"day\"\ncommand = []",
		"[tool.scheduled-actions.jobs.x]\nevery = \"day\"\ncommand = \"make\"\nkwargs = { a = 1 }",
		"[tool.scheduled-actions.jobs.x]\nevery = \"day\"\ncommand = \"make\"\nresult = \"status\"",
		"[tool.scheduled-actions.jobs]\nx = 1",
		"[tool.scheduled-actions.jobs.\"a\\u202eb\"]\nevery = \"day\"\nentrypoint = \"a:b\"",
		"[tool.scheduled-actions]\nrescue = false\n[tool.scheduled-actions.jobs.x]\nevery = \"day\"\nentrypoint = \"a:b\"\nwebhook = \"URL\"",
		"[tool.scheduled-actions]\nrescue = false\nwebhook = \"URL\"\n[tool.scheduled-actions.jobs.x]\nevery = \"day\"\nentrypoint = \"a:b\"",
		"[tool.scheduled-actions]\nscheduled-actions = 1",
		"[tool.scheduled-actions]\ncatch-up = \"all\"\n[tool.scheduled-actions.jobs.x]\nevery = \"30 minutes\"\nentrypoint = \"a:b\"",
		"[tool.scheduled-actions]\ncatch-up = \"all\"\n[tool.scheduled-actions.jobs.x]\nevery = \"day\"\nentrypoint = \"a:b\"\noverlap = \"cancel\"",
		"[tool.scheduled-actions]\nlock = \"db\"\n[tool.scheduled-actions.jobs.x]\nevery = \"day\"\nentrypoint = \"a:b\"\noverlap = \"cancel\"",
		"[tool.scheduled-actions]\nexecutor = \"serve\"\n[tool.scheduled-actions.jobs.x]\nevery = \"day\"\nentrypoint = \"a:b\"\nbefore = [\"make\"]",
	},
}

// declared returns a file with a job that has these lines, and is whole.
func withLines(lines string) string {
	job := "[tool.scheduled-actions.jobs.x]\n" + lines + "\n"
	has := func(keys ...string) bool {
		for _, key := range keys {
			if strings.Contains("\n"+lines, "\n"+key+" =") {
				return true
			}
		}
		return false
	}
	if !has("every", "cron", "run-at") {
		job += "every = \"day\"\n"
	}
	if !has("entrypoint") {
		job += "entrypoint = \"a:b\"\n"
	}
	return job
}

// Wrong declarations are refused by the schema, and by Load.
func TestSchemaRefuses(t *testing.T) {
	validate := validator(t)
	files := refusedByBoth.file
	for _, lines := range refusedByBoth.job {
		files = append(files, withLines(lines))
	}
	for _, lines := range refusedByBoth.project {
		files = append(files, "[tool.scheduled-actions]\n"+lines+"\n[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n")
	}
	for _, text := range files {
		if wrong(load(text)) == nil {
			t.Errorf("Load accepts\n%s", text)
		}
		if validate(text) == nil {
			t.Errorf("the schema accepts\n%s", text)
		}
	}
	t.Logf("%d files", len(files))
}

// At and around every bound, the schema says what Load says.
func TestSchemaBounds(t *testing.T) {
	validate := validator(t)
	var lines []string
	for _, unit := range []string{"minute", "hour", "day", "week", "month"} {
		for _, n := range []int{0, 1, 2, 5, 9, 10, 11, 12, 13, 51, 52, 53, 59, 60, 99, 365, 366, 367, 8783, 8784, 8785, 9999, 527040, 527041} {
			lines = append(lines, fmt.Sprintf("every = \"%d %ss\"\nexecutor = \"serve\"", n, unit))
			lines = append(lines, fmt.Sprintf("every = \"%d %s\"\nexecutor = \"serve\"\ncatch-up = \"all\"", n, unit))
		}
	}
	for _, name := range []string{"attempts", "spares", "max-instances", "notify-after", "pause-after"} {
		for _, n := range []int{-1, 0, 1, 2, 3, 9, 10, 11, 12, 13, 50, 99, 100, 101} {
			lines = append(lines, fmt.Sprintf("%s = %d", name, n))
		}
	}
	for _, name := range []string{"timeout", "backoff", "patience", "expires"} {
		for _, value := range []string{"", "0s", "1s", "00h1s", "0h0m0s", "14m", "14m59s", "14m60s", "15m", "1d", "30d", "030d", "31d", "719h", "720h", "721h", "840h", "841h", "24h", "25h", "8760h", "8761h", "43200m", "43201m", "1h30m", "1m1h", "5", "1.5h", "1H"} {
			lines = append(lines, fmt.Sprintf("%s = %q", name, value))
		}
	}
	for _, field := range []string{"minute", "hour", "day", "month", "weekday"} {
		for _, member := range []string{"*", "*/2", "0", "1", "7", "8", "12", "13", "23", "24", "31", "32", "59", "60", "1-3", "h", "H/2", "H(1-2)", "H(1-2)/2", "L", "l", "JAN", "mon", "MON#1", "MON#5", "1#1", "1,2", "1,", "05", "*/60", "1-", "?"} {
			fields := []string{"5", "6", "*", "*", "*"}
			for i, name := range []string{"minute", "hour", "day", "month", "weekday"} {
				if name == field {
					fields[i] = member
				}
			}
			lines = append(lines, fmt.Sprintf("cron = %q\nexecutor = \"serve\"", strings.Join(fields, " ")))
		}
	}
	lax := 0
	for _, line := range lines {
		accepted, valid := wrong(load(withLines(line))) == nil, validate(withLines(line)) == nil
		switch {
		case accepted && !valid:
			t.Errorf("only Load accepts %s: %v", line, validate(withLines(line)))
		case valid && !accepted:
			lax++
			t.Logf("only the schema accepts %q", line)
		}
	}
	if lax > len(lines)/50 {
		t.Errorf("the schema alone accepts %d of %d", lax, len(lines))
	}
}

// The schema knows the names of all time zones.
func TestSchemaZones(t *testing.T) {
	validate := validator(t)
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip(err)
	}
	names, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer names.Close()
	for _, file := range names.File {
		if strings.HasSuffix(file.Name, "/") || !schedule.KnownZone(file.Name) {
			continue
		}
		if err := validate(withLines(fmt.Sprintf("timezone = %q", file.Name))); err != nil {
			t.Errorf("%s: %v", file.Name, err)
		}
	}
}

// FuzzSchema checks that the schema accepts whatever Load accepts.
func FuzzSchema(f *testing.F) {
	addFixtures(f)
	for _, line := range refusedByBoth.job {
		f.Add([]byte(withLines(line)))
	}
	validate := validator(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("except")) || wrong(load(string(data))) != nil {
			return
		}
		if err := validate(string(data)); err != nil {
			t.Errorf("%s\n%v", data, err)
		}
	})
}
