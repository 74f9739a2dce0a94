package ghtest

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
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

// MarshalJSON joins the fields as they are: they are JSON already.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(strconv.AppendQuote(b, name), ':'), o[name]...)
	}
	return append(b, '}'), nil
}

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
	if o, ok := v.(object); ok {
		data, _ := o.MarshalJSON() // json.Marshal would read it all again
		return data
	}
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
