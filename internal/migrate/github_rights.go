package migrate

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// rights sets the permissions of a job's token, as far as something can use them.
func (w *workflow) rights(j *Job, g *ghJob) {
	node := member(w.root, "permissions")
	if own := member(g.node, "permissions"); own != nil {
		node = own
	}
	if node == nil {
		g.askRights(j)
	}
	all := j.table("permissions") // that the steps brought
	if node == nil && g.given.token && j.get("permissions") == nil {
		j.glue(g.Line, "name in permissions what the script does with the token: it can only read the code and the history here")
	}
	if node != nil && node.Kind == yaml.ScalarNode && strings.HasSuffix(node.Value, "-all") {
		if w.usesToken(j, g) && node.Value == "write-all" {
			j.glue(node.Line, "name in permissions what the steps do with the token: it was %s", node.Value)
		} else {
			j.kept(node.Line, "permissions %s: no more of them are needed", node.Value)
		}
	}
	pairs := ghPairs(node)
	for _, next := range g.parts {
		pairs = append(pairs, ghPairs(member(next.node, "permissions"))...)
	}
	if node != nil && node.Value != "write-all" && len(g.parts) == 0 {
		all = slices.DeleteFunc(all, func(k key) bool { // the workflow did without
			return !slices.ContainsFunc(pairs, func(p ghPair) bool { return p.Name == k.name && p.Value == "write" })
		})
		j.keys = slices.DeleteFunc(j.keys, func(k key) bool { return k.name == "permissions" })
	}
	for _, p := range pairs {
		switch {
		case p.Value == "none" || p.Value == "read" && (p.Name == "contents" || p.Name == "actions"):
			j.kept(p.Line, "permission %s: %s", p.Name, p.Value)
		case w.delivers(j, p.Name) && !w.usesToken(j, g):
			j.kept(p.Line, "permission %s: %s, for the step that commits", p.Name, p.Value)
		case !w.usesToken(j, g):
			j.kept(p.Line, "permission %s: %s, which is no longer needed", p.Name, p.Value)
		default:
			if !all.has(p.Name) {
				all = append(all, key{name: p.Name, value: p.Value})
			}
			j.kept(p.Line, "permission %s: %s", p.Name, p.Value)
		}
	}
	if len(all) > 0 {
		j.set("permissions", all)
	}
}

// hubRights are the permissions that commands of gh need, where the token is the job's.
// https://cli.github.com/manual
var hubRights = []struct {
	form  *pattern.Pattern
	scope string
}{
	{pattern.New(`\bgh (?:workflow (?:run|enable|disable)|run (?:rerun|cancel|delete)|cache delete)\b`), "actions"},
	{pattern.New(`\bgh issue (?:create|comment|close|edit|reopen)\b`), "issues"},
	{pattern.New(`\bgh release (?:create|upload|delete|edit)\b`), "contents"},
}

// askRights sets the permissions that the lines of a job need.
func (g *ghJob) askRights(j *Job) {
	for _, s := range g.Steps {
		for _, right := range hubRights {
			if s.Run != "" && right.form.MatchString(s.Run) && slices.Contains(g.private(s), "GITHUB_TOKEN") {
				j.setIn("permissions", right.scope, "write")
			}
		}
	}
}

// delivers reports whether the key commit brings a permission by itself.
func (w *workflow) delivers(j *Job, scope string) bool {
	return j.get("commit") != nil && (scope == "contents" || scope == "pull-requests" && j.table("commit").get("pull-request") == true)
}

// usesToken reports whether a job has something that can use the permissions of its token:
// the command, or an action.
func (w *workflow) usesToken(j *Job, g *ghJob) bool {
	return g.given.token || slices.ContainsFunc(j.keys, func(k key) bool {
		steps, _ := k.value.([]any)
		return strings.Contains(k.comment, "uses = ") || slices.ContainsFunc(steps, func(step any) bool {
			t, _ := step.(table)
			return t.has("uses")
		})
	})
}

// titles tells what becomes of names, and sets that of the workflow if others listen to
// it.
func (w *workflow) titles(j *Job, v variant) {
	g := v.ghJob
	if n := member(w.root, "run-name"); n != nil {
		j.kept(n.Line, "run-name, which now says the trigger and the window")
	}
	follows := slices.ContainsFunc(g.followers, func(next *ghJob) bool { return g.parted(next) == "" })
	if w.name == "" && follows {
		w.name = j.ID
	}
	if w.name == "" {
		return
	}
	line := lineOf(member(w.root, "name"), g.Line)
	var listeners []string
	if v.last {
		listeners = w.listeners()
	}
	if !follows && len(listeners) == 0 {
		j.kept(line, "name, as the job's id %s", j.ID)
		return
	}
	j.set("name", w.name)
	if member(w.root, "name") != nil {
		j.kept(line, "name")
	}
	for _, file := range listeners {
		j.glue(line, "let %s ask whether the job ran: it starts after each run of %s, also after one that only checked", file, w.name)
	}
}

// listeners returns the files of the workflows that start after this one.
func (w *workflow) listeners() (files []string) {
	siblings := w.siblings()
	for _, name := range slices.Sorted(maps.Keys(siblings)) {
		on := member(siblings[name], "on")
		for _, n := range items(member(on, "workflow_run", "workflows")) {
			if n.Value == w.name && !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	return files
}

// left tells what stays in the old file: other triggers, and jobs that come after this one.
func (w *workflow) left(j *Job, g *ghJob) {
	var events []string
	for _, e := range w.events() {
		if e.Value != "schedule" && e.Value != "workflow_dispatch" {
			events = append(events, e.Value)
		}
	}
	if len(events) > 0 {
		j.kept(w.on.Line, "the other triggers, which stay in the old file: %s", strings.Join(events, ", "))
	}
	if n := member(g.node, "outputs"); n != nil && len(g.parts)+len(g.followers) == 0 {
		j.kept(keyLine(g.node, "outputs", n.Line), "outputs, which no job reads")
	}
	for _, next := range g.parts {
		j.kept(next.Line, "the job %s, as the end of this one", next.ID)
	}
	for _, next := range g.others {
		j.kept(next.Line, "the job %s, which no schedule runs: it stays in the old file", next.ID)
	}
	for _, next := range g.followers {
		w.follow(j, g, next)
	}
	for name, p := range g.dispatch {
		if !g.given.asked[name] {
			j.kept(p.line, "input %s, which stays in the old file", g.dispatch[name].name)
		}
	}
}

// events returns what starts the workflow.
func (w *workflow) events() (events []*yaml.Node) {
	for _, p := range members(w.on) {
		events = append(events, p.key)
	}
	if w.on.Kind != yaml.MappingNode {
		events = items(w.on)
	}
	return events
}
