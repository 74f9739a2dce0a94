package python

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzMask checks that no secret is left in a JSON document, however that spells it,
// and that it stays one.
func FuzzMask(f *testing.F) {
	f.Add(`{"k":["a\"b",47,-1.5e3,null,{"47":"xxhushxx"}]}`, "hush")
	f.Add(`"\u0068ush\n"`, "hush")
	f.Add(`{"n":4711}`, "4711")
	f.Fuzz(func(t *testing.T, document, secret string) {
		if secret = strings.TrimSpace(secret); !json.Valid([]byte(document)) || secret == "" || strings.Contains("***", secret) {
			return
		}
		masked := newMask([]string{"S=" + secret}, []string{"S"}).json([]byte(document))
		var value any
		if err := json.Unmarshal(masked, &value); err != nil {
			t.Fatalf("%q becomes %q: %v", document, masked, err)
		}
		if reveals(value, secret) {
			t.Errorf("%q becomes %q, which reveals %q", document, masked, secret)
		}
	})
}

// reveals reports whether a string of the value contains the secret.
func reveals(value any, secret string) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, secret)
	case []any:
		for _, element := range v {
			if reveals(element, secret) {
				return true
			}
		}
	case map[string]any:
		for key, member := range v {
			if reveals(key, secret) || reveals(member, secret) {
				return true
			}
		}
	}
	return false
}
