package migrate

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// crontab is a crontab as it is read, line by line.
// https://man7.org/linux/man-pages/man5/crontab.5.html
type crontab struct {
	r       *reader
	file    File
	users   bool        // the sixth field is a user
	line    int         // from 1
	env     []cronValue // set above the line
	comment []string    // right above the line
}

// cronValue is a line NAME = value.
type cronValue struct {
	name, value string
	line        int
}

var (
	cronLine  = pattern.New(`^\s*((?i:@every)\s+\d[\w.]*|@[A-Za-z_]+|[0-9*?~][0-9*/,~?-]*(?:\s+[0-9A-Za-z*/,~?#-]+){4})\s+(\S.*?)\s*$`)
	cronVar   = pattern.New(`^\s*("[^"]+"|'[^']+'|[A-Za-z_]\w*)\s*=\s*(.*?)\s*$`)
	cronUser  = pattern.New(`^([a-z_][a-z0-9_.-]*\$?)\s+(\S.*)$`)
	cronHead  = pattern.New(`(?i)^[\s#*]*(?:m(?:in(?:ute)?)?\s+h(?:our)?\s+(?:dom|day)|.*\buser(?:-?name)?\s+(?:command|cmd)\b|[.|+\-\s*]*(?:\||[.'\x60]---)|=+|-+|#+|edit this file|for more information|example of job)`)
	cronNames = pattern.New(`(?i)\b(?:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b`)
)

// isCrontab takes a file with a line of a cron and a command, all lines of which are such,
// variables or comments.
func isCrontab(f File) bool {
	jobs, other := 0, 0
	for line := range strings.Lines(string(f.Text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#") || cronVar.MatchString(line):
		case cronLine.MatchString(line):
			jobs++
		default:
			other++
		}
	}
	return jobs > 0 && other <= jobs
}

func readCrontab(r *reader, f File) error {
	c := &crontab{r: r, file: f, users: hasUsers(f)}
	for text := range strings.Lines(string(f.Text)) {
		c.line++
		text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
		switch {
		case text == "":
			c.comment = nil
			continue
		case strings.HasPrefix(text, "#"):
			c.note(strings.TrimSpace(strings.TrimLeft(text, "#")))
			continue
		case cronLine.MatchString(text):
			c.job(cronLine.FindStringSubmatch(text))
		case cronVar.MatchString(text):
			m := cronVar.FindStringSubmatch(text)
			v := cronValue{unquote(m[1]), unquote(m[2]), c.line}
			c.env = append(slices.DeleteFunc(c.env, func(old cronValue) bool { return old.name == v.name }), v)
		default:
			r.skip(c.place(), "no line of a crontab: it needs five fields and a command")
		}
		c.comment = nil
	}
	return nil
}

func (c *crontab) place() Place { return Place{c.file.Path, c.line} }

// unquote removes the quotes around a value.
func unquote(s string) string {
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// note keeps a comment for the next job, unless it is a job itself or explains crontabs.
func (c *crontab) note(text string) {
	switch {
	case cronLine.MatchString(text) || cronVar.MatchString(text) || cronHead.MatchString(text):
		c.comment = nil
	case text != "" && withoutSecrets(text) == text:
		c.comment = append(c.comment, text)
	}
}

// accounts are users that system crontabs run their jobs as, and no programs.
var accounts = strings.Fields("root www-data nobody ubuntu debian ec2-user postgres vagrant pi munin www")

// userHead matches the comment that names the columns of /etc/crontab.
var userHead = pattern.New(`(?im)^[ \t]*#.*\bdow[ \t]+user(?:-?name)?[ \t]+(?:command|cmd)\b`)

// hasUsers reports whether the crontab has users in its sixth field, as those in
// /etc/cron.d have.
func hasUsers(f File) bool {
	name := path.Clean(f.slashed())
	if strings.Contains(name, "cron.d/") || strings.HasSuffix(name, "etc/crontab") || userHead.Match(f.Text) {
		return true
	}
	var named []string
	jobs := 0
	for line := range strings.Lines(string(f.Text)) {
		m := cronLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		jobs++
		if user := cronUser.FindStringSubmatch(m[2]); user != nil && (slices.Contains(accounts, user[1]) || absolute.MatchString(user[2]) && !programs.MatchString(user[1])) {
			named = append(named, user[1])
		}
	}
	return jobs > 0 && len(named) == jobs
}

var (
	absolute = pattern.New(`^(?:/|\[|cd\s+[/~]|(?:python|bash|sh|flock|timeout|test|curl|docker|nice)[\d.]*\s)`)
	programs = pattern.New(`^(?:python[\d.]*|bash|sh|zsh|cd|curl|wget|docker|docker-compose|php|node|ruby|perl|java|rsync|tar|find|rm|cp|mv|cat|flock|timeout|nice|ionice|nohup|env|sudo|test|source|exec|pg_dump|mysqldump|git|make|poetry|uv|pipenv|conda|certbot|logrotate|run-parts|chronic|time|sleep|echo|mkdir|service|systemctl|ls|du|df|sync|aws|gcloud|kubectl|scrapy)$`)
)

// job reads a job: its schedule and the rest of the line.
func (c *crontab) job(m []string) {
	when, command := m[1], m[2]
	if strings.EqualFold(when, "@reboot") {
		c.r.skip(c.place(), "@reboot: jobs here start by time only")
		return
	}
	if sixth.MatchString(command) {
		c.r.skip(c.place(), "six fields before the command: a crontab has five")
		return
	}
	j := Job{From: c.place()}
	if user := cronUser.FindStringSubmatch(command); c.users && user != nil {
		command = user[2]
		j.kept(c.line, "user %s: the runner's own user runs it", user[1])
	}
	command, input := percent(command)
	var zone string
	folder := ""
	for _, v := range c.env {
		switch value := c.variable(&j, v, command); v.name {
		case "CRON_TZ", "TZ":
			zone = value
		case "HOME":
			folder = value
		}
	}
	c.when(&j, when, zone)
	command, described := trailing(command)
	command = asked(c.r.fit(&j, c.line, command, folder))
	if program := ofTheMachine(command); program != "" {
		c.r.skip(c.place(), "%s: a matter of the machine itself", program)
		return
	}
	if input != "" {
		j.kept(c.line, "%%: the rest of the line is the command's input")
		if hidden := withoutSecrets(input); hidden != input {
			input = hidden
			j.lost(c.line, "a literal secret in the command's input")
		}
		command += hereDoc(input) + "\n"
	}
	j.goesOn(c.line, command, "cron")
	j.set("command", command)
	j.describe(cmp.Or(strings.Join(c.comment, " "), described))
	j.ID = aboutOf(command)
	c.r.add(j)
}

// trailing splits a comment from the end of a command.
func trailing(command string) (_, said string) {
	file, err := parseShell(command)
	if err != nil || len(file.Stmts) == 0 {
		return command, ""
	}
	last := file.Stmts[len(file.Stmts)-1]
	for _, comment := range slices.Concat(last.Comments, file.Last) {
		c := &comment
		if starts(c) >= ends(last)-uint(len(c.Text))-1 {
			return strings.TrimSpace(command[:starts(c)]), c.Text
		}
	}
	return command, ""
}

// percent splits a command at its first %, from which on it is the input, with % for a
// newline. \% is a %.
func percent(command string) (_, input string) {
	var out [2]strings.Builder
	in := 0
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\\' && i+1 < len(command) && command[i+1] == '%':
			i++
			out[in].WriteByte('%')
		case c == '%' && in == 0:
			in = 1
		case c == '%':
			out[in].WriteByte('\n')
		default:
			out[in].WriteByte(c)
		}
	}
	return strings.TrimSpace(out[0].String()), out[1].String()
}

// variable says what becomes of a line NAME = value, and returns the value if the job
// needs it elsewhere.
func (c *crontab) variable(j *Job, v cronValue, command string) string {
	switch v.name {
	case "SHELL":
		if shell := path.Base(v.value); shell != "bash" && shell != "sh" && shell != "dash" && shell != "ash" {
			j.glue(v.line, "write the command for bash: it is for %s", shell)
		} else {
			j.kept(v.line, "SHELL: bash runs the command")
		}
	case "PATH":
		if !j.unusual(v.line, v.value) {
			j.kept(v.line, "PATH: that of the runner")
		}
	case "HOME":
		j.kept(v.line, "HOME: the job runs in the project's folder")
		return v.value
	case "MAILTO":
		if v.value != "" {
			j.glue(v.line, `set notify = "issue" in [tool.scheduled-actions] to hear of failures, which cron mailed`)
		}
	case "MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING", "LOGNAME", "USER", "RANDOM_DELAY", "MLS_LEVEL", "CRON_HOST":
		j.kept(v.line, "%s: a setting of cron itself", v.name)
	case "BASH_ENV", "ENV":
		j.glue(v.line, "declare the variables of %s as env, vars or secrets", v.value)
	case "CRON_TZ":
		return v.value
	case "TZ":
		c.r.env(j, v.line, v.name, v.value)
		if !c.has("CRON_TZ") {
			j.glue(v.line, "check timezone: many crons read TZ for the commands only, and not for the schedule")
			return v.value
		}
		return c.value("CRON_TZ")
	default:
		c.r.env(j, v.line, v.name, v.value)
	}
	return ""
}

func (c *crontab) has(name string) bool { return c.value(name) != "" }

func (c *crontab) value(name string) (value string) {
	for _, v := range c.env {
		if v.name == name {
			value = v.value
		}
	}
	return value
}

// sixth matches a command that begins with another field.
var sixth = pattern.New(`^[\d*][\d*/,-]*\s`)

var everyForm = pattern.New(`(?i)^@every\s+(.+)$`)

// when sets the schedule.
func (c *crontab) when(j *Job, when, zone string) {
	when = strings.Join(strings.Fields(when), " ")
	zone = cmp.Or(zone, c.r.Zone)
	if m := everyForm.FindStringSubmatch(when); m != nil {
		j.spaced(c.line, m[1])
		return
	}
	if strings.HasPrefix(when, "@") {
		if nicknames[strings.ToLower(when)] == nil {
			j.set("cron", when) // which add refuses
			return
		}
	} else {
		when = plainCron(when)
	}
	if zone != "" && !schedule.KnownZone(zone) {
		j.glue(c.line, "set timezone: %s is no name of the IANA database", zone)
		zone = ""
	}
	if !j.timed(when) {
		zone = ""
	}
	j.cron(c.line, zone, when)
	if zone == "" && j.timed(when) {
		j.zoneUnknown(c.line)
	}
}

// zoneUnknown says that the time zone of the original is not in its file.
func (j *Job) zoneUnknown(line int) {
	j.glue(line, "set timezone, or import with --timezone: the file does not say the time zone, so the times are in UTC")
}

// timed reports whether a cron depends on the time zone: one that begins with an hour
// other than * does, and all but the hourly nicknames.
func (j *Job) timed(cron string) bool {
	fields := strings.Fields(cron)
	if len(fields) != 5 {
		return cron != "@hourly"
	}
	return strings.Join(fields[1:], " ") != "* * * *"
}

var (
	randomRange = pattern.New(`\b(\d+)~(\d+)\b`)
	hashRange   = "H($1-$2)"
)

// plainCron writes a cron of five fields as we read it: a random value in a range is an
// assigned one, ? is *, and names are those of three letters.
func plainCron(when string) string {
	fields := strings.Fields(when)
	for i := range fields {
		fields[i] = randomRange.ReplaceAllString(fields[i], hashRange)
		if fields[i] == "~" {
			fields[i] = "H"
		}
		if fields[i] == "?" {
			fields[i] = "*"
		}
		fields[i] = cronNames.ReplaceAllStringFunc(fields[i], func(name string) string { return strings.ToUpper(name[:3]) })
	}
	return strings.Join(fields, " ")
}
