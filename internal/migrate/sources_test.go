package migrate

import (
	"testing"
	"testing/fstest"
)

// A service stands for the timer beside it, unless that is imported too.
func TestServiceOfTimer(t *testing.T) {
	dir := fstest.MapFS{"a.timer": {Data: []byte("[Timer]\nOnCalendar=daily\n")}, "a.service": {Data: []byte("[Service]\nExecStart=python a.py\n")}, "b.service": {Data: []byte("[Service]\nExecStart=b\n")}}
	file := func(name string) File { return File{Path: "units/" + name, Text: dir[name].Data, Dir: dir} }
	for _, test := range []struct {
		files         []File
		jobs, skipped int
	}{
		{[]File{file("a.service")}, 1, 0},
		{[]File{file("a.timer")}, 1, 0},
		{[]File{file("a.service"), file("a.timer")}, 1, 0},
		{[]File{file("b.service")}, 0, 1},
	} {
		result, err := Read(t.Context(), Request{Files: test.files})
		if err != nil || len(result.Jobs) != test.jobs || len(result.Skipped) != test.skipped {
			t.Errorf("%s: %d jobs, skipped %v (%v)", test.files[0].Path, len(result.Jobs), result.Skipped, err)
		}
		if len(result.Jobs) == 1 && result.Jobs[0].From.File != "units/a.timer" {
			t.Errorf("from %v", result.Jobs[0].From)
		}
	}
}

func TestUsers(t *testing.T) {
	for text, want := range map[string]bool{
		"0 3 * * * root run-parts /etc/x":                        true,
		"@daily www-data cd /srv && x":                           true,
		"0 3 * * * deploy /srv/run.sh":                           true,
		"0 3 * * * backup --all":                                 false,
		"0 3 * * * git pull":                                     false,
		"0 3 * * * python /srv/x.py":                             false,
		"0 3 * * * root x\n0 4 * * * python /srv/x.py":           false,
		"0 3 * * * /srv/x.py":                                    false,
		"0 3 * * * me flock -n /tmp/x y\n0 4 * * * me /srv/x.py": true,
	} {
		if got := hasUsers(File{Path: "crontab", Text: []byte(text)}); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
