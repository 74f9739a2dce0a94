package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

var (
	iniHeader = pattern.New(`^\[(.+)\]`)
	iniOption = pattern.New(`^(.*?)\s*[=:]\s*(.*)$`)
)

// readConfig reads sections as Python's configparser does by default. The values of
// DEFAULT are in each of them, and %(name)s is replaced.
// https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
func readConfig(f File) (sections []iniSection, err error) {
	var defaults iniSection
	var all []*iniSection
	var section *iniSection
	var comment []string
	indent, open := 0, false // of the value that can go on
	for i, line := range strings.Split(strings.ReplaceAll(strings.TrimPrefix(string(f.Text), "\ufeff"), "\r\n", "\n"), "\n") {
		text := strings.TrimSpace(line)
		depth := len(line) - len(strings.TrimLeft(line, " \t"))
		wrong := func(hint, format string, args ...any) error {
			return problem.Problems{{File: f.Path, Line: i + 1, Column: depth + 1, Message: fmt.Sprintf(format, args...), Hint: hint}}
		}
		switch {
		case text == "":
			comment = nil
		case text[0] == '#' || text[0] == ';':
			comment = append(comment, strings.TrimSpace(strings.TrimLeft(text, "#;")))
		case open && depth > indent:
			v := &section.values[len(section.values)-1]
			v.value = strings.TrimSpace(v.value + "\n" + text)
		case iniHeader.MatchString(text):
			name := iniHeader.FindStringSubmatch(text)[1]
			if slices.ContainsFunc(all, func(s *iniSection) bool { return s.name == name }) {
				return nil, wrong("give it another name", "the section [%s] is there twice", problem.Cut(name, 60))
			}
			if section = &defaults; name != "DEFAULT" {
				section = &iniSection{name: name, line: i + 1, comment: strings.Join(comment, " ")}
				all = append(all, section)
			}
			comment, open = nil, false
		default:
			m := iniOption.FindStringSubmatch(text)
			switch {
			case section == nil:
				return nil, wrong("write a header such as [clean-files] above it", "there is no section yet")
			case m == nil || m[1] == "":
				return nil, wrong("write it as name = value", "this is not an option")
			}
			name := strings.ToLower(m[1])
			if slices.ContainsFunc(section.values, func(v iniValue) bool { return v.name == name }) {
				return nil, wrong("remove one of them", "%s is there twice", problem.Cut(name, 60))
			}
			section.values = append(section.values, iniValue{name, m[2], i + 1})
			indent, open, comment = depth, true, nil
		}
	}
	for _, s := range all {
		for _, d := range defaults.values {
			if !slices.ContainsFunc(s.values, func(v iniValue) bool { return v.name == d.name }) {
				s.values = append(s.values, d)
			}
		}
		if err := s.interpolate(f.Path); err != nil {
			return nil, err
		}
		sections = append(sections, *s)
	}
	return sections, nil
}

var reference = pattern.New(`%(?:%|\(([^)]*)\)s)`)

// interpolate replaces %(name)s with the value of another option, ten deep at most, and
// %% with %.
func (s *iniSection) interpolate(file string) error {
	raw := map[string]string{}
	for _, v := range s.values {
		raw[v.name] = v.value
	}
	for i, v := range s.values {
		if strings.Contains(reference.ReplaceAllString(v.value, ""), "%") {
			continue // configparser would refuse it; dates such as %Y are meant
		}
		missing, steps := "", 0
		var resolve func(value string, depth int) string
		resolve = func(value string, depth int) string {
			return reference.ReplaceAllStringFunc(value, func(m string) string {
				if m == "%%" {
					return "%"
				}
				name := strings.ToLower(m[2 : len(m)-2])
				value, ok := raw[name]
				if steps++; !ok || depth > 10 || steps > 1000 || len(value) > 1000 {
					missing = name
					return m
				}
				return resolve(value, depth+1)
			})
		}
		s.values[i].value = resolve(v.value, 0)
		if missing != "" {
			return problem.Problems{{File: file, Line: v.line, Column: 1, Message: fmt.Sprintf("%s refers to %s, which has no value", v.name, problem.Quote(missing)), Hint: "correct it, or write %% for a %"}}
		}
		if len(s.values[i].value) > 100_000 {
			return problem.Problems{{File: file, Line: v.line, Column: 1, Message: v.name + " is too long", Hint: "shorten it"}}
		}
	}
	return nil
}
