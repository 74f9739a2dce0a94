package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// projectsPart quotes a repository with several projects and what `status` prints of it, as
// the script has them.
func projectsPart(t *testing.T) string {
	script, err := txtar.ParseFile("testdata/script/projects_status.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, file := range script.Files {
		switch content := strings.TrimSpace(string(file.Data)); {
		case strings.HasSuffix(file.Name, "pyproject.toml"):
			fmt.Fprintf(&b, "`%s`:\n\n```toml\n%s\n```\n\n", file.Name, content)
		case file.Name == "status.txt":
			fmt.Fprintf(&b, "`scheduled status --all-projects` then prints\n\n```\n%s\n```\n", content)
		}
	}
	return b.String()
}
