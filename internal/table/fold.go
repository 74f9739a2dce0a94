package table

import (
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Fold breaks the lines of a text that are too wide for a screen between words. Lines that
// were broken at another width are joined first. What continues a line begins below its last
// column, or below the text of a list's item.
func Fold(text string, screen Screen) string {
	if !screen.Fixed {
		return text
	}
	var out strings.Builder
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		part, indent, end := lines[i], hanging(lines[i]), i+1
		tooWide := Width(part) > screen.Width
		for ; part != "" && end < len(lines) && continues(lines[end], indent); end++ {
			tooWide = tooWide || Width(lines[end]) > screen.Width
		}
		if !tooWide {
			out.WriteString(strings.Join(lines[i:end], "\n") + "\n")
		} else {
			at := min(indent, screen.Width/2)
			words := part[indent:] + " " + strings.Join(lines[i+1:end], " ")
			for n, line := range wrap(words, screen.Width-at) {
				switch {
				case n > 0:
					line = strings.Repeat(" ", at) + line
				case at < indent: // the last column is too far on the right
					line = strings.TrimRight(part[:indent], " ") + "\n" + strings.Repeat(" ", at) + line
				default:
					line = part[:indent] + line
				}
				out.WriteString(line + "\n")
			}
		}
		i = end
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// last is the beginning of a line up to its last column, or to the text of a list's item.
var last = pattern.New(`^( *- | *\S.*  +)?( *)`)

func hanging(line string) int { return len(last.FindString(line)) }

// continues reports whether a line goes on with the text that began at an indent.
func continues(line string, indent int) bool {
	text := strings.TrimLeft(line, " ")
	return text != "" && len(line)-len(text) == indent && hanging(line) == indent && !strings.HasPrefix(text, "-")
}
