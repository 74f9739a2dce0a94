package ledger

import (
	"context"
	"fmt"
	"io/fs"
	"time"
)

// Stamp tells one state of what the ledger has of a job from another, without reading it.
type Stamp struct {
	modified time.Time
	size     int64
	paused   bool
}

// Stamps returns the stamps of jobs by their ids.
func (l *Ledger) Stamps(jobIDs []string) (map[string]Stamp, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, fmt.Errorf("look at the ledger: %w", err)
	}
	defer dir.Close()
	names, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("look at the ledger: %w", l.withHint(err))
	}
	there := make(map[string]bool, len(names))
	for _, entry := range names {
		there[entry.Name()] = true
	}
	stamps := make(map[string]Stamp, len(jobIDs))
	for _, id := range jobIDs {
		name := l.jobName(id)
		stamp := Stamp{paused: there[l.pauseName(id)]}
		if there[name+".log"] {
			if info, err := dir.Lstat(name + ".log"); err == nil {
				stamp.modified, stamp.size = info.ModTime(), info.Size()
			}
		}
		stamps[id] = stamp
	}
	return stamps, nil
}

// LockServe is Lock for the one resident loop that serves the project.
func (l *Ledger) LockServe(ctx context.Context, onWait func()) (unlock func(), err error) {
	key := "scheduled serve\x00" + l.file
	return l.take(ctx, lock{key, "serve-" + hash(key), "take the place of the loop"}, once(onWait))
}
