package migrate

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// parseShell reads lines for a POSIX shell or bash.
func parseShell(text string) (*syntax.File, error) {
	return syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
}
