package serve

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// relayed is how much a Relay keeps for a reader that is behind, in bytes.
const relayed = 1 << 20

// Relay writes to a stream behind the caller's back. Somebody may have stopped to read it, as
// a pager does, or a service manager in trouble: that must hold up no job, and not the end of
// the program. What does not fit any more is left out, and that is said once there is room.
type Relay struct {
	to io.Writer

	mu      sync.Mutex
	pending [][]byte
	size    int // of them
	left    int // writes that were left out
	closed  bool
	more    chan struct{}
	over    chan struct{}
}

// NewRelay returns a relay to w.
func NewRelay(w io.Writer) *Relay {
	r := &Relay{to: w, more: make(chan struct{}, 1), over: make(chan struct{})}
	go r.run()
	return r
}

// Write takes a whole line, or several.
func (r *Relay) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size+len(text) > relayed {
		r.left++
		return len(text), nil
	}
	if r.left > 0 {
		r.add([]byte(fmt.Sprintf("[%d lines were left out here: they were not read in time]\n", r.left)))
		r.left = 0
	}
	r.add(append([]byte(nil), text...))
	return len(text), nil
}

// add adds a text to what is pending. The caller holds the lock.
func (r *Relay) add(text []byte) {
	r.pending, r.size = append(r.pending, text), r.size+len(text)
	r.wake()
}

func (r *Relay) wake() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Close writes what is pending, but does not wait for longer than that.
func (r *Relay) Close(patience time.Duration) {
	r.mu.Lock()
	r.closed = true
	r.wake()
	r.mu.Unlock()
	select {
	case <-r.over:
	case <-time.After(patience):
	}
}

func (r *Relay) run() {
	defer close(r.over)
	for range r.more {
		for {
			r.mu.Lock()
			if len(r.pending) == 0 {
				closed := r.closed
				r.mu.Unlock()
				if closed {
					return
				}
				break
			}
			text := r.pending[0]
			r.mu.Unlock()
			_, _ = r.to.Write(text) // a stream that nobody reads stops nothing
			r.mu.Lock()
			r.pending, r.size = r.pending[1:], r.size-len(text)
			r.mu.Unlock()
		}
	}
}
