package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// serveSignals returns a context that ends with the first signal that tells the loop to
// end, and what the second one closes. On SIGHUP it calls reload.
func serveSignals(reload func()) (ctx context.Context, kill <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	now, over := make(chan struct{}), make(chan struct{})
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for {
			select {
			case s := <-signals:
				switch {
				case s == syscall.SIGHUP:
					reload()
				case ctx.Err() == nil:
					cancel()
				default:
					close(now)
					return
				}
			case <-over:
				return
			}
		}
	}()
	return ctx, now, func() {
		signal.Stop(signals)
		cancel()
		close(over)
	}
}
