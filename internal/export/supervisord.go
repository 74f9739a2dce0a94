package export

import (
	"cmp"
	"os/user"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// supervisord makes a program of supervisord, which keeps `scheduled serve` running.
// https://supervisord.org/configuration.html#program-x-section-settings
func supervisord(p Project) ([]File, error) {
	for _, path := range []string{p.Place.AbsFile(), p.Place.Dir, p.Program} {
		if strings.ContainsAny(path, "\n\r") || strings.Contains(path, " ;") || strings.Contains(path, " #") {
			return nil, problem.New("rename the folder", "%s cannot stand in a file for supervisord: it has a line break, or a comment would begin in it", problem.Quote(path))
		}
	}
	var command []string
	for _, word := range append([]string{cmp.Or(p.Program, "scheduled"), "--project", p.Place.AbsFile()}, p.serve()...) {
		command = append(command, problem.ShellWord(word))
	}
	environment := []string{`PYTHONUNBUFFERED="1"`, `PATH=` + supervisorWord(p.searchPath())}
	as := ""
	if name := p.user(); name != "" {
		as = "user=" + name + "\n"
		if u, err := user.Lookup(name); err == nil {
			environment = append(environment, "HOME="+supervisorWord(u.HomeDir), "USER="+supervisorWord(name))
		}
	}
	content := strings.NewReplacer(
		"{heading}", heading("supervisord", ";"),
		"{name}", p.name(),
		"{command}", percent(strings.Join(command, " ")),
		"{folder}", percent(p.Place.Dir),
		"{user}", as,
		"{environment}", percent(strings.Join(environment, ",")),
	).Replace(supervisordProgram)
	if wanted := p.wanted(); wanted != "" {
		p.note("add these variables to environment, or start supervisord with them: %s", wanted)
	}
	return []File{{p.name() + ".conf", content}}, nil
}

// supervisorWord writes a value of `environment`. It can have one kind of quotes only, as
// nothing in it can be escaped.
func supervisorWord(text string) string {
	if strings.Contains(text, `"`) {
		return "'" + text + "'"
	}
	return `"` + text + `"`
}

// supervisordProgram restarts serve whatever it ended with. serve stops the entrypoints
// itself, so only it gets the signal (stopasgroup=false), and stopwaitsecs is longer than
// its drain and what a stop takes.
const supervisordProgram = `{heading};
;   sudo install -m 644 {name}.conf /etc/supervisor/conf.d/
;   sudo supervisorctl update
;
; supervisorctl signal HUP {name} reads a changed project again, which serve also does by itself.

[program:{name}]
command={command}
directory={folder}
{user}environment={environment}
autostart=true
autorestart=true
startsecs=5
startretries=1000
stopsignal=TERM
stopwaitsecs=90
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=AUTO
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
`
