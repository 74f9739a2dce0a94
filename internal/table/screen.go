package table

import (
	"cmp"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Screen is what a stream can show.
type Screen struct {
	Width int  // in cells
	Fixed bool // no line may be wider; else each row is one line, and Width only chooses columns
	Color bool
	ASCII bool // other characters may not be shown
}

// piped is for how wide a screen columns are chosen that are written to a file or a pipe.
const piped = 100

// unknown is the width of a terminal that does not say it.
const unknown = 80

// ScreenOf returns the screen of a stream. getenv returns environment variables: COLUMNS
// replaces the width, and NO_COLOR, TERM and the locale are respected.
func ScreenOf(stream io.Writer, getenv func(string) string) Screen {
	s := Screen{Width: piped, ASCII: getenv("TERM") == "dumb" || !utf8Locale(getenv)}
	if Terminal(stream) {
		file := stream.(*os.File)
		width, _, _ := term.GetSize(int(file.Fd())) // 0 if it is not known
		s.Width, s.Fixed = cmp.Or(width, unknown), true
		// https://no-color.org
		s.Color = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && takesColors(file)
	}
	if width, err := strconv.ParseUint(getenv("COLUMNS"), 10, 16); err == nil && width > 0 {
		s.Width, s.Fixed = int(width), true
	}
	return s
}

// Terminal reports whether a stream is a terminal.
func Terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// utf8Locale reports whether the locale is one of UTF-8. Without any, as in containers and on
// Windows, it is taken to be: systemd does that too.
func utf8Locale(getenv func(string) string) bool {
	locale := strings.ToLower(cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"), "utf-8"))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}
