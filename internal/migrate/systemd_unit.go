package migrate

import (
	"io/fs"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// unitFile is a unit of systemd.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
type unitFile struct {
	name     string // such as backup.timer
	settings []unitSetting
}

type unitSetting struct {
	section, key, value string
	line                int // 0 in a drop-in
}

// readUnit reads a unit, and the drop-ins of it that are in the folder.
func readUnit(f File, name string, text []byte) unitFile {
	u := unitFile{name: name}
	u.add(string(text), false)
	if f.Dir != nil {
		drops, _ := fs.Glob(f.Dir, strings.ReplaceAll(name, "[", `\[`)+".d/*.conf")
		for _, drop := range drops {
			if text, err := atomic.Read(f.Dir, drop, maxFile); err == nil {
				u.add(string(text), true)
			}
		}
	}
	return u
}

func (u *unitFile) add(text string, drop bool) {
	section, pending, begin := "", "", 0
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
			continue
		}
		if pending == "" {
			begin = i + 1
		}
		if rest, goesOn := strings.CutSuffix(strings.TrimRight(line, " \t"), `\`); goesOn {
			pending += strings.TrimSpace(rest) + " "
			continue
		}
		trimmed, pending = strings.TrimSpace(pending+trimmed), ""
		if inner, ok := strings.CutPrefix(trimmed, "["); ok {
			section = strings.TrimSuffix(inner, "]")
			continue
		}
		name, value, ok := strings.Cut(trimmed, "=")
		if !ok {
			continue
		}
		s := unitSetting{section, strings.TrimSpace(name), strings.TrimSpace(value), begin}
		if drop {
			s.line = 0
		}
		u.settings = append(u.settings, s)
	}
}

// all returns the settings of a key; one without a value removes those before it.
func (u unitFile) all(section, name string) (list []unitSetting) {
	for _, s := range u.settings {
		switch {
		case s.section != section || s.key != name:
		case s.value == "":
			list = nil
		default:
			list = append(list, s)
		}
	}
	return list
}

// one returns the last value of a key.
func (u unitFile) one(section, name string) string {
	if list := u.all(section, name); len(list) > 0 {
		return list[len(list)-1].value
	}
	return ""
}

// yes reports whether a value switches something on.
func yes(value string) bool {
	switch strings.ToLower(value) {
	case "1", "yes", "y", "true", "t", "on":
		return true
	}
	return false
}

// instance returns the part of a unit's name between @ and its suffix.
func (u unitFile) instance() string {
	_, rest, _ := strings.Cut(strings.TrimSuffix(u.name, path.Ext(u.name)), "@")
	return rest
}

// specified writes a value with the specifiers of systemd that are known here.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#Specifiers
func (u unitFile) specified(value string) string {
	stem := strings.TrimSuffix(u.name, path.Ext(u.name))
	prefix, _, _ := strings.Cut(stem, "@")
	return specifiers.ReplaceAllStringFunc(value, func(s string) string {
		switch s[1] {
		case '%':
			return "%"
		case 'i', 'I':
			return u.instance()
		case 'n':
			return u.name
		case 'N':
			return stem
		case 'p', 'P', 'j':
			return prefix
		case 'h':
			return "~"
		case 'S':
			return "/var/lib"
		case 'L':
			return "/var/log"
		case 'C':
			return "/var/cache"
		case 'E':
			return "/etc"
		case 't':
			return "/run"
		case 'T', 'V':
			return "/tmp"
		}
		return s
	})
}

var specifiers = pattern.New(`%[A-Za-z%]`)

// unitWords splits a value into words, as systemd quotes them.
func unitWords(value string) (list []string) {
	var b strings.Builder
	var in byte
	word := false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && i+1 < len(value) && in != '\'':
			i++
			if escaped, known := unitEscapes[value[i]]; known {
				b.WriteByte(escaped)
			} else {
				b.WriteString(value[i-1 : i+1])
			}
			word = true
		case in != 0 && c == in:
			in = 0
		case in == 0 && (c == '"' || c == '\''):
			in, word = c, true
		case in == 0 && (c == ' ' || c == '\t'):
			if word {
				list = append(list, b.String())
			}
			b.Reset()
			word = false
		default:
			b.WriteByte(c)
			word = true
		}
	}
	if word {
		list = append(list, b.String())
	}
	return list
}

var unitEscapes = map[byte]byte{'"': '"', '\'': '\'', '\\': '\\', 'n': '\n', 't': '\t', 's': ' '}

var unitVariable = pattern.New(`\$(?:\$|\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)`)

// shellWord writes a word of a command line of systemd for a shell.
func shellWord(word string) string {
	if whole := unitVariable.FindString(word); whole == word && word != "" && word != "$$" && word[1] != '{' {
		return word
	}
	return expanding(word, unitVariable, func(found string) string {
		if found == "$$" {
			return `\$`
		}
		return found
	})
}
