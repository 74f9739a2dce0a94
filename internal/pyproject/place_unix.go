//go:build unix

package pyproject

import (
	"io/fs"
	"os"
	"syscall"
)

// Own reports whether a file belongs to the user or to the system.
func Own(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}
