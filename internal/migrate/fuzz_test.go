package migrate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzText: whatever a file of text has, it is read without a panic, its jobs are valid,
// their ids differ, and a known secret is in none of them.
func FuzzText(f *testing.F) {
	for _, format := range []string{"crontab", "systemd", "kubernetes", "ini"} {
		files, _ := filepath.Glob("testdata/" + format + "/*")
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && filepath.Ext(file) != ".golden" {
				f.Add(format, string(text))
			}
		}
	}
	f.Add("crontab", "* * * * * curl -H 'X-Api-Key: hunter2hunter2' https://x.y")
	f.Add("ini", "[a]\ncall = b.c\nevery = day\nx = %(y)s\ny = %(x)s")
	f.Fuzz(func(t *testing.T, format, text string) {
		if len(text) > 20_000 || strings.Contains(text, "hunter2") && !strings.Contains(text, "Api-Key: hunter2hunter2") {
			return
		}
		file := File{Path: "a", Text: []byte(text)}
		switch format {
		case "crontab", "kubernetes", "ini":
		case "systemd":
			file = File{Path: "a.timer", Text: []byte("[Timer]\nOnCalendar=daily\n" + text), Dir: fstest.MapFS{"a.service": {Data: []byte(text)}}}
		default:
			return
		}
		result, err := Read(t.Context(), Request{Files: []File{file}, From: format})
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for _, j := range result.Jobs {
			if wrong := j.problems(); len(wrong) > 0 {
				t.Errorf("not valid: %v\n%s", wrong, j.TOML())
			}
			if ids[j.ID] {
				t.Errorf("%s is there twice", j.ID)
			}
			ids[j.ID] = true
		}
	})
}

// FuzzCalendar: what is read of an expression makes a schedule that is valid.
func FuzzCalendar(f *testing.F) {
	for _, expression := range []string{"Mon..Fri 09:00", "*-*~07/1", "2026-12-24 18:00:30 UTC", "*:0/15", "Mon *-*-1..7 09:00", "00/2:00"} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		j := Job{ID: "x", From: Place{"x", 1}}
		j.set("command", "x")
		j.calendar("", []unitSetting{{value: expression, line: 1}})
		if _, ok := readCalendar(expression); !ok {
			return
		}
		why := j.validate()
		if why != "" && !strings.Contains(why, "never due") && !strings.Contains(why, "nothing to run") {
			t.Errorf("%q: %s\n%s", expression, why, j.TOML())
		}
	})
}
