//go:build unix

package atomic

import (
	"errors"
	"os"
)

// SyncDir returns when the names in a folder are on the disk.
// https://man7.org/linux/man-pages/man2/fsync.2.html
func SyncDir(dir *os.Root) error {
	f, err := dir.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
