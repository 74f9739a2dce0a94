package python

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Argument is one that the callable gets: a string, int64, float64, bool or time.Time, or
// a list or table of them, as the toml package decodes them. A time.Time in the location
// date-local, time-local or datetime-local is a date, time or datetime without an offset.
type Argument struct {
	Name  string // "" for a positional one
	Value any
}

// Object is a value with these attributes.
type Object []Argument

// given returns a line of Python that makes the arguments. It calls what returns the
// module datetime or the type of objects only where they are needed.
func given(arguments []Argument) string {
	var positional []any
	var named strings.Builder
	for _, a := range arguments {
		if a.Name == "" {
			positional = append(positional, a.Value)
		} else {
			fmt.Fprintf(&named, "%s: %s, ", literal(a.Name), literal(a.Value))
		}
	}
	return fmt.Sprintf("GIVEN = lambda datetime, namespace: (%s, {%s})\n", literal(positional), named.String())
}

// literal returns an expression of Python.
func literal(value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return `float("` + text + `")`
		}
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	case string:
		return bytesLiteral(v) + `.decode("utf-8")`
	case time.Time:
		return timeLiteral(v)
	case Object:
		var b strings.Builder
		for _, a := range v {
			fmt.Fprintf(&b, "%s=%s, ", a.Name, literal(a.Value))
		}
		return "namespace()(" + b.String() + ")"
	case []any:
		return listLiteral(v)
	case []map[string]any:
		return listLiteral(v)
	case map[string]any:
		var b strings.Builder
		for _, key := range slices.Sorted(maps.Keys(v)) {
			fmt.Fprintf(&b, "%s: %s, ", literal(key), literal(v[key]))
		}
		return "{" + b.String() + "}"
	}
	return "None"
}

func listLiteral[T any](list []T) string {
	var b strings.Builder
	for _, element := range list {
		b.WriteString(literal(element) + ", ")
	}
	return "[" + b.String() + "]"
}

// timeLiteral has as many digits of the second as Python has.
func timeLiteral(t time.Time) string {
	date := fmt.Sprintf("%d, %d, %d", t.Year(), t.Month(), t.Day())
	clock := fmt.Sprintf("%d, %d, %d, %d", t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000)
	switch t.Location().String() {
	case "date-local":
		return "datetime().date(" + date + ")"
	case "time-local":
		return "datetime().time(" + clock + ")"
	case "datetime-local":
		return "datetime().datetime(" + date + ", " + clock + ")"
	}
	zone := "datetime().timezone.utc"
	if _, offset := t.Zone(); offset != 0 {
		zone = fmt.Sprintf("datetime().timezone(datetime().timedelta(seconds=%d))", offset)
	}
	return "datetime().datetime(" + date + ", " + clock + ", " + zone + ")"
}
