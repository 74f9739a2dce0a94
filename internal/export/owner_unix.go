//go:build unix

package export

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// owner returns the name of the user that a folder belongs to, or the number where the
// user has no name; "" if it is not known.
func owner(folder string) string {
	info, err := os.Stat(folder)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	id := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}
