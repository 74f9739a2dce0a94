package serve

import (
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
)

// peek is the most time after which a job that another process has resumed goes on.
const peek = 2 * time.Second

// wake looks whether another process has written to the ledger, paused a job, or resumed
// one, and removes old logs.
func (l *Local) wake(now time.Time, anew bool) {
	l.prune(now)
	switch {
	case anew || now.Sub(l.swept) >= longest:
		l.swept, l.peeked = now, now
		l.sweep(l.mine())
	case len(l.paused) > 0 && now.Sub(l.peeked) >= peek:
		l.peeked = now
		l.sweep(l.paused)
	}
}

// next returns when to look again; zero for no such time.
func (l *Local) next(now time.Time) time.Time {
	if len(l.paused) == 0 {
		return time.Time{}
	}
	return now.Add(peek)
}

// mine returns the ids of the jobs that are executed here.
func (l *Local) mine() []string {
	ids := make([]string, 0, len(l.tracks))
	for id, t := range l.tracks {
		if t.on == executor(l) {
			ids = append(ids, id)
		}
	}
	return ids
}

// sweep marks those of the jobs of which the ledger has something else than before. A ledger
// that cannot be read has nothing new.
func (l *Local) sweep(ids []string) {
	if len(ids) == 0 {
		return
	}
	book, err := ledger.Open(l.File, func(string) {})
	var stamps map[string]ledger.Stamp
	if err == nil {
		stamps, err = book.Stamps(ids)
	}
	l.board.recorded(err)
	if err != nil {
		return // each execution says it
	}
	if l.stamps == nil {
		l.stamps = map[string]ledger.Stamp{}
	}
	l.paused = nil
	for _, id := range ids {
		stamp := stamps[id]
		if was, known := l.stamps[id]; known && was != stamp && l.tracks[id] != nil {
			l.tracks[id].stale = true
		}
		l.stamps[id] = stamp
		if stamp.Paused {
			l.paused = append(l.paused, id)
		}
	}
}
