package entrypoint

import (
	"regexp"
	"strings"
)

// coding matches the line by which a source says its encoding, among its first two.
// https://peps.python.org/pep-0263/
var coding = regexp.MustCompile(`\A(?:[ \t\f]*(?:#.*)?\r?\n)?[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`)

// decode returns the text of a source; not known if that needs an encoding that only
// Python has.
func decode(source []byte) (text string, known bool) {
	said := coding.FindSubmatch(source)
	if said == nil {
		return string(source), true
	}
	switch encoding := strings.ReplaceAll(strings.ToLower(string(said[1])), "_", "-"); {
	case encoding == "utf8", encoding == "ascii", strings.HasPrefix(encoding, "utf-8"):
		return string(source), true
	case encoding == "latin-1", encoding == "latin1", encoding == "iso-8859-1":
		runes := make([]rune, len(source)) // each byte is the number of a character
		for i, b := range source {
			runes[i] = rune(b)
		}
		return string(runes), true
	}
	return "", false
}
