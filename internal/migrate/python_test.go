package migrate

import (
	"strings"
	"testing"
)

// TestPythonScriptIsShort: a command line of Windows takes 32767 characters, and a quote
// counts twice.
func TestPythonScriptIsShort(t *testing.T) {
	if n := len(pythonScript()) + strings.Count(pythonScript(), `"`); n > 32_000 {
		t.Errorf("the script has %d characters", n)
	}
}

// TestFolderGoesOn: a file of a folder that cannot be read stops no other, and one that is
// named does.
func TestFolderGoesOn(t *testing.T) {
	read := func(found bool) (Result, error) {
		return Read(t.Context(), Request{Ask: askPython, Files: []File{
			{Path: "old.py", Text: []byte("import schedule\nprint 'every('\n"), Found: found},
			{Path: "deep.py", Text: []byte("schedule.every().day.do(f)\nx = " + strings.Repeat("-", 3000) + "1\n"), Found: found},
			{Path: "twice.ini", Text: []byte("[a]\ncall = a.b\nevery = day\n[a]\n"), Found: found},
			{Path: "jobs.py", Text: []byte("import schedule\nschedule.every().day.do(job)\n"), Found: found},
		}})
	}
	result, err := read(true)
	if err != nil || len(result.Jobs) < 1 || len(result.Skipped) < 2 || result.Skipped[0].From != (Place{"old.py", 2}) {
		t.Errorf("got %+v %v", result, err)
	}
	if result.Jobs[len(result.Jobs)-1].get("entrypoint") != "jobs:job" {
		t.Errorf("got %+v", result.Jobs)
	}
	if _, err = read(false); err == nil || !strings.Contains(err.Error(), "old.py:2") {
		t.Errorf("got %v", err)
	}
}

// TestNamesHaveAnEnd: names that refer to each other are followed for a while only.
func TestNamesHaveAnEnd(t *testing.T) {
	var b strings.Builder
	b.WriteString("import schedule\na = [b, b]\nb = [a, a]\nday = day + 1\n")
	for i := range 40 {
		b.WriteString("c" + strings.Repeat("x", i+1) + " = [c" + strings.Repeat("x", i) + ", c" + strings.Repeat("x", i) + "]\n")
	}
	b.WriteString("schedule.every().day.do(job, a, day, 1e300 * 1e300, c" + strings.Repeat("x", 40) + ")\n")
	result, err := Read(t.Context(), Request{Ask: askPython, Files: []File{{Path: "jobs.py", Text: []byte(b.String())}}})
	if err != nil || len(result.Jobs) != 1 {
		t.Errorf("got %+v %v", result, err)
	}
}
