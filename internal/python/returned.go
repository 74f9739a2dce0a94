package python

import (
	"bytes"
	"encoding/json"
	"html"
	"strconv"
	"strings"
	"unicode"
)

// Returned is what an entrypoint returned, as JSON: dicts, dataclasses and named
// tuples are objects; lists, tuples and sets are arrays; anything else is a string, by
// Python's str(). "…" stands for what was left out to limit the value to about 10,000
// characters.
//
// A dict with the key "status", or an object with that attribute, says how the work
// went if the status is a string, a number, a bool or a member of an Enum. The page
// docs/entrypoint.md says which of them are failing.
type Returned struct {
	Value   json.RawMessage `json:"value"`
	Status  string          `json:"status"`  // "" if it has none
	Message string          `json:"message"` // beside the status; it may be any text
	Rest    json.RawMessage `json:"rest"`    // everything except status, message and next; if only "output" is left, its value
	Next    *Next           `json:"next"`    // when to run the job next; nil if it does not say
	Cause   string          `json:"cause"`   // why the entrypoint failed, with status and message; "" unless the status is failing
}

// StatusLine returns the status and the message on one line: "failed: no space
// left". It is "" without a status.
func (r Returned) StatusLine() string {
	if r.Status == "" || r.Message == "" {
		return oneLine(r.Status)
	}
	return oneLine(r.Status + ": " + r.Message)
}

// Text returns what people should see of the value apart from status and message: a
// string as it is, anything else as indented JSON. All of it can be printed, line by
// line, and it has at most 10 kB. It is "" if there is nothing.
func (r Returned) Text() string {
	return cut(r.text(), maxText, func(text string) string { return text })
}

// HTML returns the same as the content of an element, with at most that many bytes.
func (r Returned) HTML(most int) string {
	return cut(r.text(), most, html.EscapeString)
}

func (r Returned) text() string {
	value := r.Value
	if r.Status != "" {
		value = r.Rest
	}
	if len(value) == 0 || string(value) == "null" {
		return ""
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		var indented bytes.Buffer
		if err := json.Indent(&indented, value, "", "  "); err != nil {
			return ""
		}
		text = indented.String()
	}
	return visible(text)
}

// visible writes what cannot be printed as Go and Python escape it.
func visible(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

const maxText = 10_000 // bytes

// cut escapes a text. It shortens a long one to that many bytes, with a last line that
// says so.
func cut(text string, most int, escape func(string) string) string {
	if whole := escape(text); len(whole) <= most {
		return whole
	}
	const note = "\n… (cut at 10 kB)"
	var b strings.Builder
	for _, r := range text {
		letter := escape(string(r))
		if b.Len()+len(letter)+len(note) > most {
			break
		}
		b.WriteString(letter)
	}
	return b.String() + note
}
