package schedule

import (
	"iter"
	"strings"
)

// Units yields the units of `every`, and how many of each it can have.
func Units() iter.Seq2[Cadence, int] {
	return func(yield func(Cadence, int) bool) {
		for _, u := range units {
			if !yield(u.name, int(u.most)) {
				return
			}
		}
	}
}

// Weekdays returns the weekdays as `every` has them.
func Weekdays() []string {
	var names []string
	for _, name := range weekdays {
		names = append(names, strings.ToLower(name))
	}
	return names
}

// Field is one of the five fields of a cron.
type Field struct {
	Name  string
	High  int      // its largest value
	Names []string // of its values
}

// Fields returns the fields of a cron, in their order.
func Fields() []Field {
	var fields []Field
	for _, f := range theFields {
		fields = append(fields, Field{f.name, f.high, f.names})
	}
	return fields
}
