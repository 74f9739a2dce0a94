//go:build unix

package entrypoint

import (
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// guarded reports whether no other user can change a file. Many systems give each user a
// group with the user's own number. Homebrew's folders belong to the group of the
// administrators.
func guarded(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Perm()&0o002 != 0 {
		return false
	}
	const admin = 80 // of macOS
	return info.Mode().Perm()&0o020 == 0 || stat.Gid == 0 || int(stat.Gid) == os.Geteuid() || runtime.GOOS == "darwin" && stat.Gid == admin
}
