package migrate

import (
	"cmp"
	"slices"
	"strings"
)

// artifact sets what is uploaded.
func (m *mover) artifact(s ghStep, w ghWhen) {
	before := m.j.table("artifacts")
	list, _ := before.get("paths").([]string)
	if was, ok := m.j.get("artifacts").([]string); ok {
		list = was
	}
	more := m.uploads(s)
	if len(more) == 0 {
		return
	}
	first := len(list) == 0
	list = unique(append(list, more...))
	name, all := m.fixed(s, "name")
	name = strings.Trim(strings.Map(func(c rune) rune {
		if strings.ContainsRune(`":<>|*?\/`, c) { // which no name of an artifact has
			return '-'
		}
		return c
	}, name), " -")
	if !first {
		m.j.kept(s.Line, "%s: in one artifact with the files before", title(s))
		name, all = "", true
		if was, ok := before.get("name").(string); ok {
			name = was
		}
	}
	next := table{{name: "paths", value: list}}
	if name != "" {
		next = append(next, key{name: "name", value: name})
	}
	if days, ok := m.g.resolve(input(s, "retention-days")); ok && count(days) != nil && count(days) != 0 {
		next = append(next, key{name: "retention-days", value: count(days)})
	} else if v := before.get("retention-days"); v != nil {
		next = append(next, key{name: "retention-days", value: v})
	}
	if when := w.When; when != "success" && first {
		next = append(next, key{name: "when", value: when})
	}
	if input(s, "if-no-files-found") == "error" {
		m.j.glue(s.Line, "let the command fail where the files of %s are missing", title(s))
	}
	k := m.j.set("artifacts", next)
	if len(next) == 1 {
		k.value = list
	}
	if !all {
		k.comment = "each run has artifacts of its own, so their name is the same in all"
	}
	m.j.kept(s.Line, "%s", title(s))
}

// uploads returns the paths of an upload, in the repository.
func (m *mover) uploads(s ghStep) []string {
	var list []string
	raw, _ := m.g.resolve(input(s, "path"))
	for line := range strings.Lines(raw) {
		text, _ := fromRoot(strings.TrimPrefix(strings.TrimSpace(line), "./"))
		switch {
		case text == "":
		case strings.HasPrefix(text, "!"):
			m.j.glue(s.Line, "name only what is wanted in artifacts: %s was left out", text[1:])
		case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~") || strings.Contains(text, "${") || strings.HasPrefix(text, ".."):
			m.j.glue(s.Line, "copy %s into the repository in the command, and name it in artifacts", text)
		default:
			path, why := pathspec("", strings.TrimSuffix(text, "/**"), false)
			if why != "" {
				m.j.glue(s.Line, "check the path %s: %s", text, why)
			}
			list = append(list, m.here(path))
		}
	}
	return list
}

// download moves what brings artifacts: those of an earlier run are a cache.
func (m *mover) download(s ghStep, _ ghWhen) {
	path, _ := m.g.resolve(cmp.Or(input(s, "path"), input(s, "name")))
	path = joinPath("", path)
	if path == "" || strings.ContainsAny(path, "$~") {
		m.j.glue(s.Line, "name in cache what %s has to bring to the next run", title(s))
		return
	}
	m.keep(path)
	m.j.kept(s.Line, "%s: the cache keeps %s from run to run", title(s), path)
}

// keep adds a path to the cache.
func (m *mover) keep(path string) {
	list, _ := m.j.get("cache").([]string)
	m.j.set("cache", unique(append(list, path)))
}

// cache sets what is kept from run to run. Packages and browsers are not: our set-up
// keeps its own.
func (m *mover) cache(s ghStep, _ ghWhen) {
	raw, _ := m.g.resolve(input(s, "path"))
	for line := range strings.Lines(raw) {
		text, _ := fromRoot(strings.TrimSpace(line))
		inside := text != "." && !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "~") && !strings.ContainsAny(text, "$%\\") && !strings.HasPrefix(text, "..")
		tools := slices.ContainsFunc([]string{".venv", "venv", "env", "node_modules"}, func(n string) bool { return text == n || strings.HasSuffix(text, "/"+n) })
		switch {
		case text == "":
		case inside && !tools:
			m.keep(m.here(joinPath("", text)))
			m.j.kept(s.Line, "%s", title(s))
		case tools || strings.Contains(text, "ache") || strings.Contains(text, ".npm") || strings.Contains(text, "site-packages") || strings.Contains(text, "env."):
			m.j.kept(s.Line, "%s: packages, which our set-up caches or installs", title(s))
		default:
			m.j.glue(s.Line, "keep the cached %s in the repository, and name it in cache", text)
		}
	}
}
