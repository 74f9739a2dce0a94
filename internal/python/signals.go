package python

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// WithSignals returns a context that ends when a signal tells the program to end, with
// a cause that names the signal. A SIGHUP that nohup has switched off stays off.
func WithSignals() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		select {
		case s := <-signals:
			cancel(Cancelled{Signal: s, More: signals})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
