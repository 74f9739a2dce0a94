package pyproject

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// The tables that have a table for each job.
var (
	jobsPath   = []string{"tool", "scheduled"}
	perJobPath = []string{"tool", "scheduled-actions", "jobs"}
)

func declarationPath(id string) []string { return append(slices.Clone(jobsPath), id) }

func optionsPath(id string) []string { return append(slices.Clone(perJobPath), id) }

// Setting is a key of a job and the value for it.
type Setting struct {
	key   []string // "env", "LOG_LEVEL"
	value string   // as TOML has it; "" to remove the key
}

// NewSetting reads a key with dots and a value as people type it: TOML, or a bare string.
// Where it could be either, the type of the option decides: at = 06:00 is a string, and
// so is description = true. An empty value removes the key.
func NewSetting(key, value string) (Setting, error) {
	if !utf8.ValidString(key) || !utf8.ValidString(value) {
		return Setting{}, problem.New("write it in UTF-8", "%s is not valid UTF-8", problem.Quote(key+"="+value))
	}
	l, found := outlineOf(key + " = 0")
	if found != nil || len(l.statements) != 1 || l.statements[0].value.end != len(key)+len(" = 0") {
		return Setting{}, problem.New(`name an option, as in attempts=3, or a key of one, as in env.LOG_LEVEL=info`, "%s is not a key", problem.Quote(key))
	}
	s := Setting{key: l.statements[0].path}
	if value == "" {
		return s, nil
	}
	var err error
	s.value, err = s.toml(value)
	return s, err
}

// ParseSettings reads arguments of the form "KEY=VALUE".
func ParseSettings(arguments []string) ([]Setting, error) {
	var settings []Setting
	for _, argument := range arguments {
		s, err := parseSetting(argument)
		if err != nil {
			return nil, err
		}
		for _, other := range settings {
			if key := other.key[0]; slices.Contains(rivals(s.key[0]), key) {
				return nil, problem.New("keep one of them", "%s and %s exclude each other", key, s.key[0])
			}
		}
		settings = append(settings, s)
	}
	return settings, nil
}

func parseSetting(argument string) (Setting, error) {
	end, _ := keyEnd(argument, 0)
	if end == len(argument) || argument[end] != '=' {
		return Setting{}, problem.New("write KEY=VALUE, as in attempts=3", "%s has no value", problem.Quote(argument))
	}
	return NewSetting(argument[:end], argument[end+1:])
}

// toml returns a value as TOML has it.
func (s Setting) toml(typed string) (string, error) {
	quoted, written := WriteString(typed), strings.TrimSpace(typed)
	l, found := outlineOf("x = " + written)
	if found != nil || l.statements[0].value.end != len(l.text) || slices.ContainsFunc(l.statements[1:], func(s *statement) bool { return s.in == nil }) {
		return quoted, nil
	}
	if s.flaws(quoted) < s.flaws(written) {
		return quoted, nil
	}
	if what := newerTOML(written); what != "" {
		return "", problem.New("write it as in TOML 1.0", "%s of %s has %s, which Python cannot read", s.key[0], problem.Quote(typed), what)
	}
	return written, nil
}

// flaws returns how many problems a value has for the option.
func (s Setting) flaws(value string) int {
	text, root, found := parse([]byte("[x]\n" + pathName(s.key) + " = " + value))
	if found != nil {
		return 1
	}
	e := root.child("x").child(s.key[0])
	if slices.Contains(jobKeys, e.name) {
		if _, flawed := parseText(e.value); flawed != nil {
			return 1
		}
		return 0
	}
	if lookup(e.name) == nil {
		return 0
	}
	r := &reader{text: text, folder: "."}
	r.option(nil, e, "")
	return len(r.findings)
}

// whole reports whether only a job that is declared whole can have the setting.
func (s Setting) whole() bool {
	if s.key[0] == "every" {
		return !slices.ContainsFunc(schedule.Cadences, func(c schedule.Cadence) bool { return s.value == WriteString(string(c)) })
	}
	return isWhole(s.key[0])
}

// rank orders the keys of a new job: first what says when it runs.
func (s Setting) rank() int {
	if slices.Contains(schedule.Triggers, s.key[0]) {
		return 0
	}
	return 1
}

// exclusive are keys of which a job has one.
var exclusive = [][]string{schedule.Triggers, {"entrypoint", "command"}}

// rivals returns the keys that a key takes the place of.
func rivals(key string) []string {
	for _, keys := range exclusive {
		if slices.Contains(keys, key) {
			return slices.DeleteFunc(slices.Clone(keys), func(other string) bool { return other == key })
		}
	}
	return nil
}

// Has reports whether a job of that id is in the file, or its options.
func (e *Edit) Has(id string) bool {
	return e.holds(declarationPath(id)) || e.holds(optionsPath(id))
}

// missing returns the error of a job that is not in the file.
func (e *Edit) missing(id string) error {
	var ids []string
	for _, s := range e.statements {
		for _, table := range [][]string{jobsPath, perJobPath} {
			if s.inside(table) {
				ids = append(ids, s.path[len(table)])
			}
		}
	}
	hint := "`scheduled list` shows the jobs"
	if near := nearest(id, slices.Compact(ids)); near != "" {
		hint = didYouMean(near)
	}
	return problem.New(hint, "no job %s in %s", problem.Quote(id), e.display)
}

// Remove removes a job, its options, and the comments that touch the headers of its tables.
func (e *Edit) Remove(id string) error {
	if !e.Has(id) {
		return e.missing(id)
	}
	return e.cut(declarationPath(id), optionsPath(id))
}

// Add adds a job after the others.
func (e *Edit) Add(id string, settings ...Setting) error {
	if !utf8.ValidString(id) {
		return problem.New("write it in UTF-8", "the id %s is not valid UTF-8", problem.Quote(id))
	}
	if e.Has(id) {
		return problem.New("change it with `"+problem.Command("scheduled set", id)+" KEY=VALUE`, or choose another id", "%s has a job %s already", e.display, problem.Quote(id))
	}
	if i := slices.IndexFunc(settings, func(s Setting) bool { return s.value == "" }); i >= 0 {
		return problem.New("give it a value, or leave it out", "%s has no value", pathName(settings[i].key))
	}
	settings = slices.Clone(settings)
	slices.SortStableFunc(settings, func(a, b Setting) int { return a.rank() - b.rank() })
	whole := slices.ContainsFunc(settings, Setting.whole)
	var declared, options []Setting
	for _, s := range settings {
		if !whole && slices.Contains(jobKeys, s.key[0]) {
			declared = append(declared, s)
		} else {
			options = append(options, s)
		}
	}
	if !whole {
		if err := e.addTable(declarationPath(id), declared); err != nil {
			return err
		}
	}
	if len(options) == 0 {
		return nil
	}
	return e.addTable(optionsPath(id), options)
}

// addTable adds a table of a new job.
func (e *Edit) addTable(path []string, settings []Setting) error {
	var lines []string
	for _, s := range settings {
		lines = append(lines, pathName(s.key)+" = "+s.value)
	}
	for n := len(path) - 1; n > 0; n-- {
		if in := e.value(path[:n]); in != nil {
			return e.put(path[:n], path[n:], "{ "+strings.Join(lines, ", ")+" }")
		}
	}
	return e.Append("[" + pathName(path) + "]\n" + strings.Join(lines, "\n"))
}

// Set changes a job. A key of [tool.scheduled] stays there, or takes the job along to the
// table of its options, if only a job that is declared whole can have the setting.
func (e *Edit) Set(id string, settings ...Setting) error {
	if !e.Has(id) {
		return e.missing(id)
	}
	for _, s := range settings {
		if err := e.set(id, s); err != nil {
			return err
		}
	}
	return nil
}

func (e *Edit) set(id string, s Setting) error {
	spec := e.holds(declarationPath(id))
	if spec && s.value != "" && s.whole() {
		if err := e.moveWhole(id); err != nil {
			return err
		}
		spec = false
	}
	table := optionsPath(id)
	if spec && slices.Contains(jobKeys, s.key[0]) {
		table = declarationPath(id)
	}
	if s.value == "" {
		return e.unset(table, s.key)
	}
	for _, rival := range rivals(s.key[0]) {
		path := append(slices.Clone(table), rival)
		if old := e.value(path); old != nil && e.simple(old) && len(s.key) == 1 && !e.holds(append(slices.Clone(table), s.key...)) {
			if err := e.splice(span{old.key.start, old.value.end}, pathName(s.key)+" = "+s.value); err != nil {
				return err
			}
		} else if err := e.cut(path); err != nil {
			return err
		}
	}
	return e.put(table, s.key, s.value)
}

// simple reports whether a key has no dots where it is written.
func (e *Edit) simple(s *statement) bool {
	_, parts := keyEnd(e.text[:s.key.end], s.key.start)
	return parts == 1
}

// unset removes a key, and the header of a table that is empty then.
func (e *Edit) unset(table, key []string) error {
	path := slices.Concat(table, key)
	if !e.holds(path) && lookup(key[0]) == nil && !slices.Contains(jobKeys, key[0]) {
		return problem.New(keyHint(key[0]), "there is no option %s", problem.Quote(key[0]))
	}
	if err := e.single(path); err != nil {
		return err
	}
	if err := e.cut(path); err != nil {
		return err
	}
	for n := len(path) - 1; n >= len(table); n-- {
		for _, s := range e.statements {
			if s.header && !s.list && slices.Equal(s.path, path[:n]) && e.bare(s) {
				if err := e.cutLines(e.sectionLines(s)); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

func keyHint(name string) string {
	names := slices.Concat(jobKeys, optionNames())
	if near := nearest(name, names); near != "" {
		return didYouMean(near)
	}
	return oneOfMany(name, names)
}

// bare reports whether a header has no key, and no comment that touches it.
func (e *Edit) bare(header *statement) bool {
	at := e.lines(header)
	return len(e.section(header)) == 1 && e.touching(header) == at.start && e.afterComments(at.end) == at.end
}

// moveWhole moves a job from [tool.scheduled] to the table of its options.
func (e *Edit) moveWhole(id string) error {
	from, to := declarationPath(id), optionsPath(id)
	header := e.header(from)
	switch {
	case header == nil:
	case e.header(to) != nil:
		return e.merge(header, to)
	case !slices.ContainsFunc(e.statements, func(s *statement) bool {
		return !s.header && (s.below(to) && len(s.table()) < len(to) || slices.Equal(s.path, to[:min(len(s.path), len(to))]))
	}):
		return e.splice(header.key, pathName(to))
	}
	var settings []Setting
	for _, key := range jobKeys {
		if s := e.value(append(slices.Clone(from), key)); s != nil {
			settings = append(settings, Setting{[]string{key}, e.text[s.value.start:s.value.end]})
		}
	}
	if err := e.cut(from); err != nil {
		return err
	}
	if !e.holds(to) {
		return e.addTable(to, settings)
	}
	for _, s := range settings {
		if err := e.put(to, s.key, s.value); err != nil {
			return err
		}
	}
	return nil
}

// merge moves the keys of a table to another one, with their comments.
func (e *Edit) merge(header *statement, to []string) error {
	section := e.section(header)
	end := e.lines(section[len(section)-1]).end
	// A blank line above stays if there is none below.
	from := stretch{span{e.touching(header), end}, end == len(e.text) || isBlank(e.text, end)}
	at := e.lines(header)
	above, body := e.text[from.start:at.start], e.text[at.end:from.end]
	if _, beside, found := strings.Cut(e.text[header.key.end:at.end], "#"); found {
		above += ended("#" + beside)
	}
	if err := e.cutLines([]stretch{from}); err != nil {
		return err
	}
	into := e.header(to)
	at = span{e.touching(into), e.lines(into).end}
	merged := above + ended(e.text[at.start:at.end]) + ended(body)
	if at.end == len(e.text) && !strings.HasSuffix(e.text, "\n") {
		merged = strings.TrimRight(merged, "\r\n")
	}
	return e.splice(at, merged)
}

// ended returns lines with a newline at the end.
func ended(lines string) string {
	if lines == "" || strings.HasSuffix(lines, "\n") {
		return lines
	}
	return lines + "\n"
}
