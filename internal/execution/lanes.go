package execution

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// ErrCancelled is why an execution is stopped that a newer window does not wait for.
var ErrCancelled = errors.New("cancelled by the next window")

// watching is how often an execution looks whether a newer window asks it to stop.
const watching = 200 * time.Millisecond

// inLanes runs a job of which each slot has a run of its own: each in its lane, and decided
// on again under the lane's lock. It goes on while there are slots that it has not served,
// but a failing one is tried once.
func (l *local) inLanes(ctx context.Context) error {
	served := map[time.Time]bool{}
	for first := true; ; first = false {
		d, err := l.decide(schedule.Tick{Forced: l.force})
		if err != nil {
			return err
		}
		if first && !d.Run {
			l.skip(d)
			return nil
		}
		windows, anew, ran := d.Slots, false, false
		if d.Run && len(windows) == 0 { // outside of all windows, by force
			windows = []schedule.Window{d.Window}
		}
		for _, w := range windows {
			if served[w.Start] {
				continue
			}
			served[w.Start], anew = true, true
			executed, err := l.inLane(ctx, w)
			if err != nil {
				return err
			}
			ran = ran || executed
		}
		if !anew || l.force || ran && !l.Schedule.Spec().CatchUp {
			return nil
		}
	}
}

// inLane serves one window, when its lane is free and so is what it shares with other jobs.
func (l *local) inLane(ctx context.Context, w schedule.Window) (executed bool, err error) {
	lane := ledger.Lane{Number: l.Schedule.Lane(w.Start, l.Options.MaxInstances), Of: l.Options.MaxInstances, Backfill: l.backfill}
	unlock, err := l.lockLane(ctx, lane, w)
	defer unlock()
	if err != nil {
		return false, err
	}
	ctx, stop := l.cancellable(ctx, lane, w)
	defer stop()
	tick := schedule.Tick{Forced: l.force, Lane: !l.force && l.book != nil, Slot: w.Start}
	return l.turn(ctx, tick, func(ctx context.Context, d schedule.Decision) (*ledger.Execution, error) {
		if l.book == nil {
			return nil, nil
		}
		return l.book.StartLane(ctx, l.ID, lane, d.Now, d.Window)
	})
}

// lockLane takes the lock of the lane, and then the one that the job shares with others.
// With `overlap = "cancel"` it asks an older window in the lane to stop, as long as it
// waits. Call unlock in any case.
func (l *local) lockLane(ctx context.Context, lane ledger.Lane, w schedule.Window) (unlock func(), err error) {
	var held []func()
	unlock = func() {
		for i := len(held) - 1; i >= 0; i-- {
			held[i]()
		}
	}
	if l.book == nil {
		return unlock, nil
	}
	say := sync.OnceFunc(func() { l.Say("waiting for another process that runs this job") })
	cancels := l.Options.Cancel && !w.IsZero()
	release, err := l.book.LockLane(ctx, l.ID, lane, func() {
		say()
		if cancels {
			err := l.book.Cancel(l.ID, lane, w.Start)
			l.Warn(err)
			cancels = err == nil // what fails once is not said ten times a second
		}
	})
	held = append(held, release)
	if err == nil && l.Options.Lock != "" {
		release, err = l.book.LockShared(ctx, l.Options.Lock, func() { l.Say("waiting for another job that holds the lock " + l.Options.Lock) })
		held = append(held, release)
	}
	return unlock, l.locked(ctx, err)
}

// cancellable returns a context that ends when a newer window does not wait for this one.
func (l *local) cancellable(ctx context.Context, lane ledger.Lane, w schedule.Window) (_ context.Context, stop func()) {
	if !l.Options.Cancel || w.IsZero() || l.book == nil {
		return ctx, func() {}
	}
	l.Warn(l.book.Uncancel(l.ID, lane, l.Now()))
	ctx, cancel := context.WithCancelCause(ctx)
	book := l.book
	go func() {
		for tick := time.Tick(watching); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				if book.Cancelled(l.ID, lane, w.Start) {
					cancel(ErrCancelled)
				}
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
