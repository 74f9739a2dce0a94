package python

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// mask replaces secrets with "***". It is the last thing that happens to a text of
// an Outcome, wherever that text comes from. runner.py masks too, because it cuts long
// texts, and a secret that is cut cannot be found any more.
type mask struct{ secrets []string }

// newMask returns a mask for the values of these variables, each line of them that is
// longer than 3 bytes, and both as Go quotes them.
func newMask(env, names []string) mask {
	var m mask
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		if !slices.Contains(names, name) {
			continue
		}
		m.add(value, 0)
		for line := range strings.Lines(value) {
			m.add(line, 3)
		}
	}
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	return m
}

func (m *mask) add(secret string, longer int) {
	if secret = strings.TrimSpace(secret); len(secret) > longer {
		quoted := strconv.Quote(secret)
		m.secrets = append(m.secrets, secret, quoted[1:len(quoted)-1])
	}
}

func (m mask) text(text string) string {
	for _, secret := range m.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// scalars finds the strings and numbers of a JSON document, the names of its
// members included.
var scalars = pattern.New(`"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*`)

func (m mask) json(value json.RawMessage) json.RawMessage {
	return scalars.ReplaceAllFunc(value, func(scalar []byte) []byte {
		text := string(scalar)
		if scalar[0] == '"' && json.Unmarshal(scalar, &text) != nil {
			return scalar
		}
		masked := m.text(text)
		if masked == text {
			return scalar
		}
		quoted, _ := json.Marshal(masked) // a string always works
		return quoted
	})
}

func (m mask) outcome(o *Outcome) {
	if len(m.secrets) == 0 {
		return
	}
	texts := []*string{&o.Cause, &o.Hint, &o.Remark, &o.Exception, &o.Traceback, &o.Python}
	if o.Frame != nil {
		texts = append(texts, &o.Frame.File)
	}
	if r := o.Returned; r != nil {
		texts = append(texts, &r.Status, &r.Message, &r.Cause)
		r.Value, r.Rest = m.json(r.Value), m.json(r.Rest)
		if r.Next != nil {
			texts = append(texts, &r.Next.Text)
		}
	}
	for _, text := range texts {
		*text = m.text(*text)
	}
}
