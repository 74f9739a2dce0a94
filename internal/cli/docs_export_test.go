package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/export"
)

// formatsPart is the table of the formats of export.
func formatsPart(*testing.T) string {
	var b strings.Builder
	b.WriteString("| format | what it makes |\n|---|---|\n")
	for line := range strings.Lines(export.Help()) {
		name, makes, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, strings.TrimSpace(makes))
	}
	return b.String()
}
