//go:build unix

package execution

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"golang.org/x/sys/unix"
)

// What is stopped before it begins, or cannot be recorded, is not told as an execution.
func TestNotBegun(t *testing.T) {
	stop := errors.New("stop")
	for _, test := range []struct {
		name       string
		stops      error // the context
		start      error
		want       error
		beginnings int
	}{
		{name: "stopped", stops: stop, want: stop},
		{name: "full disk", start: unix.ENOSPC, want: unix.ENOSPC},
		{name: "cancelled by the next window", stops: ErrCancelled, beginnings: 1},
		{name: "no ledger", start: errors.New("odd"), beginnings: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			book, err := ledger.Open(filepath.Join(dir, "pyproject.toml"), func(text string) { t.Error(text) })
			if err != nil {
				t.Fatal(err)
			}
			began, ended := 0, 0
			l := local{book: book,
				Told: Told{Decided: func(schedule.Decision) { began++ }, Ended: func(Result) { ended++ }},
				Job: Job{
					Job:   pyproject.Job{ID: "clean", Schedule: schedule.New(schedule.Hour, "", "clean"), Options: pyproject.Options{Command: []string{"true"}, Attempts: 1}},
					Place: pyproject.Place{Root: dir, Dir: dir, Path: "pyproject.toml"},
					Now:   time.Now, Say: func(string) {}, Warn: func(error) {}, Found: func(python.Launcher) {},
					Output: func(Variables) (stdout, stderr io.Writer, end func()) { return io.Discard, io.Discard, func() {} },
				}}
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(test.stops)
			if test.stops == nil {
				ctx = t.Context()
			}
			_, err = l.turn(ctx, schedule.Tick{}, func(context.Context, schedule.Decision) (*ledger.Execution, error) { return nil, test.start })
			if !errors.Is(err, test.want) || began != test.beginnings || ended != began {
				t.Errorf("%v, %d began, %d ended", err, began, ended)
			}
		})
	}
}
