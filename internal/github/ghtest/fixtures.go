package ghtest

import (
	_ "embed"
	"encoding/json"
	"maps"
	"time"
)

//go:embed fixtures.json
var fixturesJSON []byte

//go:embed pulls.json
var pullsJSON []byte

// object is a JSON object whose fields stay as they are unless replaced.
type object map[string]json.RawMessage

// fixtures are one of each with every field that GitHub has.
var fixtures = func() (f struct{ Repository, Run, Job, User, Pull, Issue, Comment, Label, Team object }) {
	for _, data := range [][]byte{fixturesJSON, pullsJSON} {
		if err := json.Unmarshal(data, &f); err != nil {
			panic(err)
		}
	}
	return f
}()

// with returns the object with other values for some of its fields.
func (o object) with(fields map[string]any) object {
	o = maps.Clone(o)
	for name, value := range fields {
		if value == Absent {
			delete(o, name)
			continue
		}
		o[name] = marshal(value)
	}
	return o
}

func marshal(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// stamp writes a time as GitHub does; "" if it is zero.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
