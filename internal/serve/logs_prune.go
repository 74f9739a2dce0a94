package serve

import (
	"cmp"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// How long logs are kept: 30 days, and as long as all of them together are no larger than
// 1 GiB. One log has at most 10 MiB.
const (
	keepLogs   = 30 * 24 * time.Hour
	mostLogs   = 1 << 30
	longestLog = 10 << 20
	pruneEvery = time.Hour

	// block is the least that a file takes on a disk. It also bounds how many there are.
	block = 4 << 10
)

// prune removes logs from time to time, beside the loop.
func (l *Local) prune(now time.Time) {
	if since := now.Sub(l.pruned); !l.pruned.IsZero() && since >= 0 && since < pruneEvery || !l.pruning.TryLock() {
		return
	}
	l.pruned = now
	go func() {
		defer l.pruning.Unlock()
		logs, err := l.logs()
		if err == nil {
			err = pruneLogs(logs, now, mostLogs)
			logs.Close()
		}
		if err != nil {
			l.Log.Warn("cannot remove old logs", "error", err)
		}
	}()
}

// pruneLogs removes the logs that are too old at now, and the oldest of more than most
// bytes. The logs of runs that go on are the newest.
func pruneLogs(logs *os.Root, now time.Time, most int64) error {
	entries, err := fs.ReadDir(logs.FS(), ".")
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && strings.HasSuffix(info.Name(), ".log") {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	var total int64
	for _, file := range files {
		total += max(file.Size(), block)
		if total > most || now.Sub(file.ModTime()) > keepLogs {
			if err := logs.Remove(file.Name()); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	return nil
}
