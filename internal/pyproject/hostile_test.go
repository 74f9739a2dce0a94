package pyproject

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// job is a good job of that id.
const job = "[tool.scheduled.%s]\nevery = \"day\"\nentrypoint = \"a:b\"\n"

// hostile are documents of about n bytes that could take far more memory or time than
// that: in each, one part of the file could be multiplied by another.
var hostile = map[string]func(n int) string{
	"header of many parts":     func(n int) string { return "[" + strings.Repeat("a.", n/2) + "a]" },
	"key of many parts":        func(n int) string { return strings.Repeat("a.", n/2) + "a = 1" },
	"headers of some parts":    func(n int) string { return lines(n, "["+strings.Repeat("a.", 80)+"a%d]\n") },
	"keys of some parts":       func(n int) string { return lines(n, "a%d.b.c.d.e=1\n") },
	"keys of several parts":    func(n int) string { return lines(n, "a%d.b.c.d.e.f.g.h=1\n") },
	"array of inline tables":   func(n int) string { return "a = [" + strings.Repeat("{a=1},", n/6) + "]" },
	"inline tables in deep":    func(n int) string { return "a = " + strings.Repeat("{a=", n/3) },
	"inline tables of parts":   func(n int) string { return "a = " + strings.Repeat("{"+strings.Repeat("a.", 90)+"a=", n/180) },
	"arrays in deep":           func(n int) string { return "a = " + strings.Repeat("[", n) },
	"long table of many keys":  func(n int) string { return "[" + strings.Repeat("a", n/2) + "]\n" + lines(n/2, "a%d=1\n") },
	"long inline of many keys": func(n int) string { return strings.Repeat("a", n/2) + " = {" + lines(n/2, "a%d=1,") + "}" },
	"long job of unknown keys": func(n int) string {
		return "tool.scheduled." + strings.Repeat("a", n/2) + " = {" + lines(n/2, "a%d=1,") + "}"
	},
	"long job of tables": func(n int) string {
		return "tool.scheduled." + strings.Repeat("a", n/2) + " = {" + lines(n/2, "a%d={},") + "}"
	},
	"two long ids": func(n int) string {
		return fmt.Sprintf(job+"[tool.scheduled-actions.jobs.%s]", strings.Repeat("a", n/2), strings.Repeat("b", n/2))
	},
	"long misspelt options": func(n int) string {
		return "[tool.scheduled-actions]\n" + lines(n, "timeo"+strings.Repeat("u", 55)+"%d=1\n")
	},
	"unknown options":       func(n int) string { return "[tool.scheduled-actions]\n" + lines(n, "a%d=1\n") },
	"unknown keys of a job": func(n int) string { return fmt.Sprintf(job, "a") + lines(n, "a%d=1\n") },
	"unknown jobs, many jobs": func(n int) string {
		return lines(n/2, "[tool.scheduled.job-%d]\n") + lines(n/2, "[tool.scheduled-actions.jobs.jbo-%d]\n")
	},
	"variables of many jobs": func(n int) string {
		return "[tool.scheduled-actions]\nenv={" + lines(n/4, "a%d='',") + "}\n" + jobs(n/2, "env={b=''}\n")
	},
	"secrets of many jobs": func(n int) string {
		return "[tool.scheduled-actions]\nsecrets=[" + lines(n/4, "'a%d',") + "]\n" + jobs(n/2, "secrets=['b']\n")
	},
	"some variables, many jobs": func(n int) string {
		return "[tool.scheduled-actions]\nenv={" + lines(2500, "a%d='',") + "}\n" + jobs(n-2500, "env={b=''}\n")
	},
	"long seed of many jobs": func(n int) string {
		return "[tool.scheduled-actions]\nseed='" + strings.Repeat("a", n/2) + "'\n" + jobs(n/2, "")
	},
	"steps of other keys": func(n int) string { return "[tool.scheduled-actions]\nbefore=[" + lines(n, "{a%d=1},") + "]" },
	"step with many inputs": func(n int) string {
		return "[tool.scheduled-actions]\nbefore=[{uses='./a',with={" + lines(n, "a%d='',") + "}}]"
	},
	"nested items of steps": func(n int) string {
		return "[tool.scheduled-actions]\nbefore=[{uses='./a',with=[" + lines(n, "{a%d=''},") + "]}]"
	},
	"tables of steps": func(n int) string { return lines(n, "[[tool.scheduled-actions.before]]\na%d=1\n") },
	"long key twice": func(n int) string {
		return lines(n/4, "a%d={}\n") + strings.Repeat(strings.Repeat("a", n/3)+"={}\n", 2)
	},
	"open strings": func(n int) string { return lines(n, "a%d=\"\n") },
	"long cadence": func(n int) string {
		return "[tool.scheduled.a]\nevery='" + strings.Repeat("day ", n/4) + "'\nentrypoint='" + strings.Repeat("a.", 1000) + "'"
	},
	"long entrypoint": func(n int) string {
		return "[tool.scheduled.a]\nevery='day'\nentrypoint='" + strings.Repeat("python -m ", n/10) + "'"
	},
	"long duration": func(n int) string { return "[tool.scheduled-actions]\ntimeout='" + strings.Repeat("1 h", n/3) + "'" },
	"long options of docker": func(n int) string {
		return "[tool.scheduled-actions]\ncontainer={image='a:1',options='" + strings.Repeat(`\"`, n/2) + "'}"
	},
	"dates of many jobs": func(n int) string {
		return "[tool.scheduled-actions]\nexcept=[" + days(min(366, n/24)) + "]\n" + jobs(n/2, "except=[2027-01-01]\n")
	},
	"rare crons of many jobs": func(n int) string {
		return lines(n, "[tool.scheduled-actions.jobs.j%d]\nentrypoint='a:b'\ncron='0 0 29 2 *'\n")
	},
	"crons that never come": func(n int) string {
		return lines(n, "[tool.scheduled-actions.jobs.j%d]\nentrypoint='a:b'\ncron='0 0 30 2 *'\n")
	},
	"lists of crons": func(n int) string {
		const job = "[tool.scheduled-actions.jobs.j%d]\nentrypoint='a:b'\ntimezone='Europe/Berlin'\ncron=["
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, job+"%s]\n", i, crons(mostCrons))
		}
		return b.String()
	},
	"changes of the clocks": func(n int) string {
		return lines(n, "[tool.scheduled-actions.jobs.j%d]\nentrypoint='a:b'\ntimezone='Europe/Berlin'\ncron='0,57 */2 * * *'\n")
	},
	"counts of many jobs": func(n int) string {
		return lines(n, "[tool.scheduled-actions.jobs.j%d]\nentrypoint='a:b'\nevery='day'\nstart=2026-12-01\ncount=100000\n")
	},
	"many single times": func(n int) string {
		return "[tool.scheduled-actions.jobs.a]\nentrypoint='a:b'\nrun-at=[" + strings.Repeat("2026-12-01T09:00:00,", min(1000, n/20)) + "]\n"
	},
	"forbidden ids":   func(n int) string { return lines(n, "[tool.scheduled.\"\\u202E%d\"]\n") },
	"ids of one slug": func(n int) string { return lines(n, "[tool.scheduled.Sync-%d]\n") },
}

// crons returns so many crons of a list, on different dates.
func crons(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "'%d %d,%d */%d %d-12 %d-6',", i%60, i%20, 20+i%4, 1+i%30, 1+i%12, i%7)
	}
	return b.String()
}

// days returns dates of a list.
func days(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format("2006-01-02,"))
	}
	return b.String()
}

// lines returns n bytes of a line with a number in it.
func lines(n int, format string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// jobs returns n bytes of jobs with an option.
func jobs(n int, option string) string {
	return lines(n, "[tool.scheduled-actions.jobs.j%d]\nevery='day'\nentrypoint='a:b'\n"+option)
}

// A file takes memory and time in proportion to its size: no document takes much more
// than a good one of the same size.
func TestHostile(t *testing.T) {
	const size = 100_000
	cost := func(text string) (bytes uint64, took time.Duration, err error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		err = wrong(load(text))
		took = time.Since(start)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, took, err
	}
	good := jobs(size, "")
	goodBytes, goodTime, err := cost(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range hostile {
		text := document(size)
		bytes, took, err := cost(text)
		t.Logf("%-28s %4.1f times the memory, %4.1f times the time", name, float64(bytes)/float64(goodBytes), float64(took)/float64(goodTime))
		if bytes > 12*goodBytes || took > 100*goodTime {
			t.Errorf("%s: %d bytes and %v for a document of %d; a good one takes %d and %v", name, bytes, took, len(text), goodBytes, goodTime)
		}
		if err == nil {
			continue
		}
		problems, ok := err.(problem.Problems)
		if !ok {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range problems {
			if len(p.Message) > 4*mostText+4 || len(p.Hint) > 4*mostText+4 {
				t.Errorf("%s: message of %d bytes, hint of %d", name, len(p.Message), len(p.Hint))
			}
		}
	}
}

// A file that is not the project's own is never shown in an error.
func TestLinks(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "repository")
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.MkdirAll(at("sub/folder.toml"), 0o700),
		os.Mkdir(at(".git"), 0o700),
		os.WriteFile(filepath.Join(top, "outside.toml"), []byte("secret"), 0o600),
		os.WriteFile(at(".git/config"), []byte("secret"), 0o600),
		os.WriteFile(at("good.toml"), []byte("[project]\nname = \"x\"\n"), 0o600),
		os.Symlink("good.toml", at("good")),
		os.Symlink("../good", at("sub/again")),
		os.Symlink("../outside.toml", at("out")),
		os.Symlink("out", at("out-again.toml")),
		os.Symlink(filepath.Join(top, "outside.toml"), at("absolute")),
		os.Symlink("/etc/shadow", at("shadow")),
		os.Symlink(".git/config", at("config")),
		os.Symlink("config", at("config.toml")),
		os.Symlink("/dev/zero", at("zero")),
		os.Symlink("loop.toml", at("loop.toml")),
		os.Symlink("folder.toml", at("sub/folder")),
	} {
		if err != nil && runtime.GOOS == "windows" {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, test := range []struct{ name, want string }{
		{"good.toml", ""},
		{"good", ""},
		{"sub/again", ""},
		{"out", "out of the repository"},
		{"out-again.toml", "out of the repository"},
		{"absolute", "out of the repository"},
		{"shadow", "out of the repository"},
		{"zero", "out of the repository"},
		{"config", "not a TOML file"},
		{"config.toml", "not a TOML file"},
		{"loop.toml", "too many"},
		{"sub/folder", "is a folder"},
	} {
		_, err := Load(root.FS(), test.name, test.name)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// A file can be too large, and have too many problems to list.
func TestLimits(t *testing.T) {
	_, err := load("[tool.scheduled-actions]\n" + lines(9*maxProblems, "a%d=1\n"))
	if problems, _ := err.(problem.Problems); len(problems) != maxProblems+1 || !strings.Contains(problems[maxProblems].Message, "more problems") {
		t.Errorf("%d problems", len(problems))
	}
	if _, err := load(strings.Repeat("#\n", maxFile/2+1)); err == nil || !strings.Contains(err.Error(), "is larger than 8 MB") {
		t.Errorf("of a large file: %v", err)
	}
}

// A large file of small tables, which take most of the memory, is refused before it is
// parsed. One of as many bytes of jobs is not.
func TestSmallTables(t *testing.T) {
	const size = 2 << 20
	for _, name := range []string{"keys of some parts", "keys of several parts", "array of inline tables"} {
		if _, err := load(hostile[name](size)); err == nil || !strings.Contains(err.Error(), "too much memory") {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	if err := wrong(load(jobs(size, "env={a='',b=''}\n"))); err != nil {
		t.Errorf("jobs: %.200v", err)
	}
}
