package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"gopkg.in/yaml.v3"
)

// ghCron is an entry of on.schedule.
type ghCron struct {
	Cron, Zone string // Zone is "" for UTC
	Comment    string // beside and above it
	Line       int
	ZoneLine   int // 0 without a zone
}

// readCrons returns the entries of on.schedule.
func (w *workflow) readCrons() (crons []ghCron, err error) {
	schedule := member(w.on, "schedule")
	if schedule == nil || schedule.Tag == "!!null" {
		return nil, nil
	}
	lines, indent := w.lines(), w.scheduleKey().Column-1
	above := w.scheduleKey().Line - 1 // what stands right above the key is about its first entry
	for above > 0 && isCommentAt(lines[above-1], indent) && !oldTrigger.MatchString(lines[above-1]) {
		above--
	}
	for _, entry := range items(schedule) {
		cron := member(entry, "cron")
		if scalar(cron) == "" {
			return nil, yamlAt(w.file, entry.Line, entry.Column, `write it as in - cron: "0 6 * * *"`, "an entry of schedule has no cron")
		}
		c := ghCron{Cron: strings.Join(strings.Fields(cron.Value), " "), Line: cron.Line, Zone: scalar(member(entry, "timezone")), ZoneLine: keyLine(entry, "timezone", 0)}
		c.Comment = w.comments(above, entry.Line, cron.Line)
		above = cron.Line
		for _, p := range members(entry) {
			above = max(above, p.value.Line)
		}
		crons = append(crons, c)
	}
	return crons, nil
}

// scheduleKey returns the key schedule of on.
func (w *workflow) scheduleKey() *yaml.Node {
	for _, p := range members(w.on) {
		if p.key.Value == "schedule" {
			return p.key
		}
	}
	return &yaml.Node{}
}

// oldCron matches a comment that is an entry of its own, switched off.
var oldCron = pattern.New(`^-?\s*-?\s*cron\s*:`)

// comments returns the comments in the lines after above and before an entry, and those
// beside it.
func (w *workflow) comments(above, entry, cron int) string {
	var found []string
	for n, text := range strings.Split(string(w.file.Text), "\n") {
		text = strings.TrimSpace(text)
		comment, is := strings.CutPrefix(text, "#")
		if n+1 == cron || n+1 == entry || n+1 == w.scheduleKey().Line {
			if comment, is = beside(text); !is {
				continue
			}
		}
		if is && n+1 > above && n+1 <= cron {
			found = append(found, strings.TrimSpace(strings.TrimLeft(comment, "#")))
		}
	}
	found = slices.DeleteFunc(found, func(c string) bool { return c == "" || oldCron.MatchString(c) })
	return withoutSecrets(strings.Join(found, "\n"))
}

// beside returns the comment that ends a line of YAML.
func beside(line string) (comment string, is bool) {
	quote := rune(0)
	last := ' '
	for i, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == '#' && (last == ' ' || last == '\t'):
			return line[i+1:], true
		}
		last = c
	}
	return "", false
}

// unscheduled says why no job of the workflow is one of ours.
func (w *workflow) unscheduled() string {
	var events []string
	for _, n := range w.events() {
		if n.Value == "schedule" {
			return "no cron in its schedule"
		}
		events = append(events, n.Value)
	}
	return "no schedule: it runs on " + strings.Join(events, ", ")
}

// most often: "The shortest interval you can run scheduled workflows is once every 5
// minutes."
// https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
var tooOften = map[string]bool{"*": true, "*/1": true, "*/2": true, "*/3": true, "*/4": true, "0-59": true, "0/1": true}

// setCrons sets when a job runs.
func (w *workflow) setCrons(j *Job, crons []ghCron) {
	var list, words, comments []string
	for _, c := range crons {
		if clean := lastComma.ReplaceAllString(c.Cron, "$1"); clean != c.Cron {
			j.kept(c.Line, "schedule %s, without the comma at the end of a field", c.Cron)
			c.Cron = clean
		}
		minute, rest, _ := strings.Cut(c.Cron, " ")
		if tooOften[minute] {
			words = append(words, "schedule "+c.Cron+", as GitHub starts it: every five minutes at most")
			c.Cron = "*/5 " + rest
		} else {
			words = append(words, "schedule "+c.Cron)
		}
		list = append(list, c.Cron)
		for line := range strings.SplitSeq(c.Comment, "\n") {
			if line == "" {
				continue
			}
			if len(crons) > 1 {
				line = c.Cron + ": " + line
			}
			comments = append(comments, line)
		}
	}
	j.cron(crons[0].Line, crons[0].Zone, list...)
	if w.zoned && j.get("timezone") == nil {
		j.set("timezone", "UTC").comment = "not the one of the project"
	}
	j.Kept = j.Kept[:len(j.Kept)-1] // of all together
	for i, c := range crons {
		j.kept(c.Line, "%s", words[i])
	}
	if len(comments) > 0 && j.get("cron") != nil {
		j.set("cron", j.get("cron")).comment = strings.Join(comments, "\n")
	}
	for _, c := range crons {
		if c.Zone != "" {
			j.kept(c.ZoneLine, "time zone %s", c.Zone)
		}
	}
}

// lastComma matches a comma after which a field of a cron has nothing more.
var lastComma = pattern.New(`,+( |$)`)

// sharedZone reports whether the project has a time zone for all its jobs.
func (r *reader) sharedZone() bool {
	if r.Project == nil {
		return false
	}
	text, _ := atomic.Read(r.Project, projectFile, maxFile)
	in := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.HasPrefix(line, "[tool.scheduled-actions]")
		}
		if in && zoneKey.MatchString(line) {
			return true
		}
	}
	return false
}

var zoneKey = pattern.New(`^timezone\s*=`)

// byZone returns the crons in groups of one time zone.
func byZone(crons []ghCron) (groups [][]ghCron) {
	for _, c := range crons {
		zone := cmp.Or(c.Zone, "UTC")
		at := slices.IndexFunc(groups, func(group []ghCron) bool { return cmp.Or(group[0].Zone, "UTC") == zone })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		if !slices.ContainsFunc(groups[at], func(other ghCron) bool { return other.Cron == c.Cron }) {
			groups[at] = append(groups[at], c)
		}
	}
	return groups
}

// ghInput is an input of workflow_dispatch.
type ghInput struct {
	name, kind, fallback string
	choices              int
	line                 int
}

// words says what an input of ours does not have.
func (in ghInput) words() string {
	if in.choices > 0 {
		return fmt.Sprintf(", as text without its %d choices", in.choices)
	}
	return ""
}

// readInputs returns the inputs of workflow_dispatch, by their names in lower case.
func (w *workflow) readInputs() map[string]ghInput {
	inputs := map[string]ghInput{}
	for _, p := range members(member(w.on, "workflow_dispatch", "inputs")) {
		inputs[strings.ToLower(p.key.Value)] = ghInput{
			name: p.key.Value, line: p.key.Line,
			kind: scalar(member(p.value, "type")), fallback: scalar(member(p.value, "default")),
			choices: len(items(member(p.value, "options"))),
		}
		if in := inputs[strings.ToLower(p.key.Value)]; isSecret(in.name, in.fallback) {
			in.fallback = ""
			inputs[strings.ToLower(p.key.Value)] = in
		}
	}
	return inputs
}
