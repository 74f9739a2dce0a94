package schedule

import (
	"regexp"
	"sync"
)

// form returns a regular expression that is compiled at its first use: most calls of the
// program need none, and this package imports nothing of ours that does the same.
func form(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
