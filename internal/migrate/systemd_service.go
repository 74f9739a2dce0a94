package migrate

import (
	"cmp"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// run sets what the service of the timer does. The lines of its notes are in another file
// than those of the job, so they name it.
func (t *timer) run(j *Job, file string) {
	u := t.service
	before := []int{len(j.Kept), len(j.Glue), len(j.Lost)}
	defer func() {
		for i, notes := range [][]Note{j.Kept, j.Glue, j.Lost} {
			for n := range notes[before[i]:] {
				notes[before[i]+n].What = file + ": " + notes[before[i]+n].What
			}
		}
	}()
	j.describe(u.specified(cmp.Or(u.one("Unit", "Description"), t.unit.one("Unit", "Description"))))
	s := &service{r: t.r, job: j, unit: u, line: 1, folder: u.specified(strings.TrimPrefix(u.one("Service", "WorkingDirectory"), "-")), near: t.sibling}
	s.environment()
	s.commands()
	s.limits()
	s.rest()
}

// service is a service that is read.
type service struct {
	r      *reader
	job    *Job
	unit   unitFile
	line   int // of the setting that is read
	folder string
	near   func(name string) ([]byte, bool)
}

func (s *service) kept(format string, args ...any) { s.job.kept(s.line, format, args...) }
func (s *service) glue(format string, args ...any) { s.job.glue(s.line, format, args...) }

// all returns the settings of a key of the service, each with its line as that of notes.
func (s *service) all(name string) iter.Seq[unitSetting] {
	return func(yield func(unitSetting) bool) {
		for _, e := range s.unit.all("Service", name) {
			s.line = max(1, e.line)
			if !yield(e) {
				return
			}
		}
	}
}

// environment sets the variables. The values of a file that is not here are unknown.
func (s *service) environment() {
	for e := range s.all("Environment") {
		for _, word := range unitWords(s.unit.specified(e.value)) {
			name, value, _ := strings.Cut(word, "=")
			s.variable(name, value)
		}
	}
	for e := range s.all("EnvironmentFile") {
		name := s.unit.specified(strings.TrimPrefix(e.value, "-"))
		text, here := s.near(path.Base(name))
		if !here {
			s.glue("declare the variables of %s as env, vars or secrets", name)
			continue
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
			if ok && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ";") {
				s.variable(strings.TrimSpace(name), unquote(strings.TrimSpace(value)))
			}
		}
	}
	for _, name := range []string{"PassEnvironment", "LoadCredential", "LoadCredentialEncrypted", "SetCredential", "SetCredentialEncrypted", "ImportCredential"} {
		for e := range s.all(name) {
			s.glue("declare %s of %s as secrets", strings.SplitN(e.value, ":", 2)[0], name)
		}
	}
}

func (s *service) variable(name, value string) {
	if name == "PATH" {
		s.job.unusual(s.line, value)
		return
	}
	s.r.env(s.job, s.line, name, value)
}

// commands sets the commands, in their order.
func (s *service) commands() {
	var list []string
	for _, name := range []string{"ExecStartPre", "ExecStart", "ExecStartPost"} {
		for e := range s.all(name) {
			for _, words := range split(unitWords(e.value)) {
				list = append(list, s.command(words))
			}
			if name != "ExecStart" {
				s.kept("%s, as one of the commands", name)
			}
		}
	}
	var after []any
	for e := range s.all("ExecStopPost") {
		for _, words := range split(unitWords(e.value)) {
			after = append(after, table{{name: "run", value: s.command(words)}, {name: "when", value: "always"}})
		}
	}
	if len(after) > 0 {
		s.job.set("after", after)
		s.kept("ExecStopPost, as a step of after")
	}
	for e := range s.all("ExecCondition") {
		s.glue("check %s in the command: the service does not start if it fails", withoutSecrets(e.value))
	}
	switch len(list) {
	case 0:
	case 1:
		s.job.set("command", list[0])
	default:
		s.job.set("command", list)
	}
}

// split splits the words of several commands at semicolons.
func split(words []string) (commands [][]string) {
	var one []string
	for _, word := range append(words, ";") {
		if word != ";" {
			one = append(one, strings.TrimPrefix(word, `\;`)) // "\;" is a semicolon
			if word == `\;` {
				one[len(one)-1] = ";"
			}
			continue
		}
		if len(one) > 0 {
			commands = append(commands, one)
		}
		one = nil
	}
	return commands
}

// command writes the words of a command for bash.
func (s *service) command(words []string) string {
	prefix := words[0][:len(words[0])-len(strings.TrimLeft(words[0], "-@:+!|"))]
	words[0] = words[0][len(prefix):]
	if strings.Contains(prefix, "@") && len(words) > 1 {
		words = append(words[:1:1], words[2:]...)
	}
	var quoted []string
	for _, word := range words {
		word = s.unit.specified(word)
		if strings.Contains(prefix, ":") {
			quoted = append(quoted, quote(word))
			continue
		}
		quoted = append(quoted, shellWord(word))
	}
	text := s.r.fit(s.job, s.line, strings.Join(quoted, " "), s.folder)
	if strings.Contains(prefix, "-") {
		text += " || true"
	}
	if strings.ContainsAny(prefix, "+!") {
		s.kept("%s of %s: the runner's own user runs it", prefix, path.Base(words[0]))
	}
	return text
}

// limits sets the time limit, the attempts, and the wait between them.
func (s *service) limits() {
	for _, name := range []string{"TimeoutSec", "TimeoutStartSec", "RuntimeMaxSec"} {
		for e := range s.all(name) {
			if strings.EqualFold(e.value, "infinity") {
				s.glue("set timeout for more than 60 minutes: %s has no limit", name)
			} else {
				s.job.limit(s.line, e.value)
			}
		}
	}
	restart := ""
	for e := range s.all("Restart") {
		restart = e.value
	}
	switch restart {
	case "", "no", "on-success":
	default:
		burst := cmp.Or(s.unit.one("Unit", "StartLimitBurst"), s.unit.one("Service", "StartLimitBurst"))
		n, err := strconv.Atoi(burst)
		if err != nil || n < 1 {
			n = 5 // DefaultStartLimitBurst, systemd-system.conf(5)
		}
		if n > 10 {
			s.kept("StartLimitBurst=%d: 10 attempts are the most", n)
			n = 10
		}
		s.job.set("attempts", n)
		s.kept("Restart=%s", restart)
		if d, ok := elapsed(s.unit.one("Service", "RestartSec")); ok && d >= time.Second {
			s.job.set("backoff", lengthOf(d))
			s.kept("RestartSec")
		}
	}
}

// ofMachine are the beginnings of settings that a run's own machine makes needless.
var ofMachine = strings.Fields("User Group DynamicUser SupplementaryGroups Protect Private NoNewPrivileges Restrict Capability Ambient SystemCall ReadWritePaths ReadOnlyPaths InaccessiblePaths LockPersonality MemoryDeny RemoveIPC UMask Nice IOScheduling CPUScheduling CPUWeight CPUQuota IOWeight Memory Tasks OOM Limit Slice Delegate Standard Syslog Log KeyringMode Secure PAM Kill SendSIG TimeoutStop TimeoutAbort RemainAfterExit GuessMainPID Type RestartSec StartLimit Cache RuntimeDirectory LogsDirectory StateDirectory ConfigurationDirectory SuccessExitStatus Device IPAddress BindPaths BindReadOnlyPaths RootDirectory NotifyAccess Watchdog ProcSubset")

// handled are the settings that are read elsewhere.
var handled = strings.Fields("Description Documentation Environment EnvironmentFile PassEnvironment LoadCredential LoadCredentialEncrypted SetCredential SetCredentialEncrypted ImportCredential WorkingDirectory ExecStart ExecStartPre ExecStartPost ExecStopPost ExecCondition TimeoutSec TimeoutStartSec RuntimeMaxSec Restart RestartSec StartLimitBurst DefaultDependencies")

// rest tells what becomes of all other settings.
func (s *service) rest() {
	for _, e := range s.unit.settings {
		s.line = max(1, e.line)
		switch {
		case e.section == "Install" || e.section == "Timer" || slices.Contains(handled, e.key) || e.value == "":
		case e.key == "OnFailure":
			s.glue(`set notify = "issue" in [tool.scheduled-actions] in place of OnFailure=%s`, s.unit.specified(e.value))
		case e.key == "OnSuccess":
			s.glue("write a step of after in place of OnSuccess=%s", e.value)
		case slices.Contains([]string{"After", "Before", "Wants", "Requires", "BindsTo", "Requisite", "PartOf", "Conflicts"}, e.key):
			s.order(e)
		case e.section == "Unit" && (strings.HasPrefix(e.key, "Condition") || strings.HasPrefix(e.key, "Assert")):
			s.glue("check in the command what %s=%s does", e.key, e.value)
		case e.key == "SuccessExitStatus":
			s.glue("let the command exit with 0 where SuccessExitStatus=%s allowed more", e.value)
		case e.key == "StateDirectory" || e.key == "CacheDirectory":
			s.glue("keep what %s=%s has with commit, artifacts or cache: each run has a new machine", e.key, e.value)
		case e.key == "Type" && (e.value == "forking" || e.value == "notify" || e.value == "dbus"):
			s.glue("let the command stay in the foreground: the service is of Type=%s", e.value)
		case e.key == "Type":
		case strings.HasPrefix(e.key, "Standard") || strings.HasPrefix(e.key, "Syslog"):
			s.kept("output: it is in the log of the run")
		case slices.ContainsFunc(ofMachine, func(begin string) bool { return strings.HasPrefix(e.key, begin) }):
			s.kept("%s: each run has a machine of its own", e.key)
		default:
			s.glue("check whether the job needs %s", e.key)
		}
	}
}

// order tells what becomes of units that are started too.
func (s *service) order(e unitSetting) {
	for _, unit := range strings.Fields(e.value) {
		if path.Ext(unit) == ".service" && e.key != "Before" && e.key != "Conflicts" && e.key != "PartOf" && !strings.HasPrefix(unit, "systemd-") {
			s.glue("start %s in before, or declare it in services", unit)
			continue
		}
		s.kept("%s=%s: a matter of the machine itself", e.key, unit)
	}
}
