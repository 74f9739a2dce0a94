//go:build unix

package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAskWhatStays has programs that leave a child behind, which holds their
// standard output until the test is over.
func TestAskWhatStays(t *testing.T) {
	rows := []struct {
		name, script, want string
		patience           time.Duration
		fails              bool
	}{
		{"ends well", `echo token; while test -e "$0"; do sleep 0.1; done &`, "token", time.Hour, false},
		{"ends badly", `echo token; while test -e "$0"; do sleep 0.1; done & exit 3`, "token", time.Hour, true},
		{"is killed", `(while test -e "$0"; do sleep 0.1; done); true`, "", 100 * time.Millisecond, true},
	}
	here := new(project)
	here.Dir = t.TempDir()
	here.Root = here.Dir
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), row.patience)
			defer cancel()
			p := Program{Environ: os.Environ()}
			running := filepath.Join(t.TempDir(), "running")
			if err := os.WriteFile(running, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := p.ask(ctx, here, p.Environ, "sh", "-c", row.script, running)
			if got != row.want || (err != nil) != row.fails {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
