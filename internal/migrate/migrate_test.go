package migrate

import (
	"strings"
	"testing"
)

func TestTOML(t *testing.T) {
	for _, test := range []struct {
		name string
		job  Job
		want string
	}{
		{"of the published format", Job{ID: "clean-files", keys: []key{{name: "entrypoint", value: "app.jobs:clean"}, {name: "every", value: "day"}, {name: "attempts", value: 3}}}, `
[tool.scheduled.clean-files]
every = "day"
entrypoint = "app.jobs:clean"

[tool.scheduled-actions.jobs.clean-files]
attempts = 3
`},
		{"ours", Job{ID: "a b", keys: []key{{name: "command", value: "python scrape.py\ngit status\n"}, {name: "cron", value: []string{"0 6 * * *", "0 18 * * *"}, comment: "twice a day"}, {name: "env", value: table{{name: "A", value: `say "x"`}}}}}, `
[tool.scheduled-actions.jobs."a b"]
# twice a day
cron = ["0 6 * * *", "0 18 * * *"]
command = '''
python scrape.py
git status
'''
env = { A = 'say "x"' }
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, want := test.job.TOML(), strings.TrimPrefix(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if why := test.job.validate(); why != "" || len(test.job.Lost) > 0 {
				t.Errorf("not valid: %s %v", why, test.job.Lost)
			}
		})
	}
}

// An invalid key is lost, and all else is kept.
func TestValidate(t *testing.T) {
	job := Job{ID: "a", From: Place{"crontab", 3}, keys: []key{
		{name: "cron", value: "0 6 * * *"}, {name: "command", value: "python a.py"}, {name: "timezone", value: "Europe/Nowhere"}, {name: "attempts", value: 3},
		{name: "env", value: table{{name: "1", value: strings.Repeat("long", 30)}}},
	}}
	if why := job.validate(); why != "" {
		t.Fatal(why)
	}
	if len(job.Lost) != 2 || job.get("attempts") != 3 || job.get("timezone") != nil || job.get("env") != nil {
		t.Errorf("left %v, lost %v", job.keys, job.Lost)
	}
}
