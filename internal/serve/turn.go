package serve

import (
	"context"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
)

// turnEvery is how often a loop that waits for its turn looks whether that has come.
const turnEvery = time.Second

// await waits until this is the only loop of the project, or until ctx ends. The lock is
// that of an open file: it is free once the process that has it ends, however it ends, and
// not while that only stands still. Where no such lock can be had, as on a disk that cannot
// be written, the locks of the jobs remain. It reports whether it had to wait.
func (s *Server) await(ctx context.Context) (leave func(), waited bool) {
	for ctx.Err() == nil {
		book, err := ledger.Open(s.File, func(string) {})
		var taken bool
		if err == nil {
			leave, taken, err = book.TakeServe()
		}
		if err != nil {
			s.Log.Warn("cannot tell whether another `scheduled serve` has this project", "error", err)
		}
		if s.board.wait(s.Clock.Now(), !taken && err == nil) {
			waited = true
			s.Log.Info("waiting: another process serves the project", "hint", "this one takes over when that one ends")
			s.notify("READY=1\nSTATUS=waiting: another process serves the project")
			go s.Web.again()
		}
		if taken || err != nil {
			break
		}
		s.notify("WATCHDOG=1")
		s.Clock.Sleep(ctx, turnEvery, nil)
	}
	if leave == nil {
		leave = func() {}
	}
	return leave, waited
}
