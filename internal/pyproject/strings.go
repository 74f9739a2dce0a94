package pyproject

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Forbidden returns the first thing in s that no string of ours may contain, or "". It
// could make people who read the file, or what is generated from it, see something else
// than GitHub does.
func Forbidden(s string) string {
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Cc, r):
			return fmt.Sprintf("control character U+%04X", r)
		case r == '\u2028' || r == '\u2029':
			return fmt.Sprintf("line separator U+%04X", r)
		case unicode.Is(unicode.Bidi_Control, r):
			return fmt.Sprintf("bidirectional mark U+%04X", r)
		}
	}
	if strings.Contains(s, "${{") {
		return `expression "${{"`
	}
	return ""
}

var bareKey = pattern.New(`^[A-Za-z0-9_-]+$`)

// mostKey is how many characters of a key are shown.
const mostKey = 200

// tomlKey returns a key as TOML writes it, quoted if it must be, and cut if it is
// very long.
func tomlKey(name string) string {
	name = problem.Cut(name, mostKey)
	if bareKey.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

// WriteKey returns a key as TOML has it.
func WriteKey(name string) string {
	if bareKey.MatchString(name) {
		return name
	}
	return WriteString(name)
}

// WriteString returns a string as TOML has it, in one line.
func WriteString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// mostText is how many characters a message or hint can have.
const mostText = 500

// typeName returns the TOML type of a decoded value in words.
func typeName(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a boolean"
	case time.Time:
		return "a date or time"
	case []any:
		return "an array"
	case []map[string]any:
		return "an array of tables"
	default:
		return "a table"
	}
}

var joints = strings.NewReplacer("-", "", "_", "", " ", "", ".", "")

// fold returns a name without case and without the characters between its words,
// because people mix these up.
func fold(name string) string { return strings.ToLower(joints.Replace(name)) }

// maxWord is the length of the longest word that is compared with others, in bytes.
// To compare two takes time as the product of their lengths.
const maxWord = 64

// nearest returns the word that name was probably meant to be, or "".
func nearest(name string, words []string) string {
	if len(name) > maxWord {
		return ""
	}
	name = fold(name)
	best, least := "", 2+min(1, len(name)/6)
	for _, word := range words {
		if len(word) > maxWord {
			continue
		}
		if d := distance(name, fold(word), least); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance returns the number of characters in which two folded names differ, or most
// for any number above it. A name that begins with the other one is near it, as
// timeout-minutes is near timeout.
func distance(a, b string, most int) int {
	short := min(len(a), len(b))
	switch {
	case short >= 4 && a[:short] == b[:short]:
		return min(1, max(len(a), len(b))-short)
	case max(len(a), len(b))-short >= most*utf8.UTFMax:
		return most
	case swapped(a, b):
		return 1
	}
	// Its own limit on the cost is not used: with one it takes "year" for "month".
	return levenshtein.Distance(a, b, nil)
}

// swapped reports whether two names differ in the order of two neighbours.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// didYouMean returns a hint that offers a word.
func didYouMean(word string) string { return "did you mean " + problem.Quote(word) + "?" }

// quotedList writes strings as a choice: "a", "b" or "c".
func quotedList(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
	}
	if last := len(quoted) - 1; last > 0 {
		return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
	}
	return quoted[0]
}
