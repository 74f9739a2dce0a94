package ledger

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFolder takes the lock of one byte of an open folder, if it is free. A folder can
// only be opened for reading, and so can only be locked for reading, which other
// processes can do at the same time. But a process can ask whether others do. Two that
// lock at the same moment see each other: both let go and try again. A file system
// without such locks has no lock to take.
// https://man7.org/linux/man-pages/man2/F_OFD_SETLK.2const.html
func lockFolder(folder *os.File, at int64) error {
	fd := folder.Fd()
	held := func() bool {
		l := unix.Flock_t{Type: unix.F_WRLCK, Start: at, Len: 1}
		return unix.FcntlFlock(fd, unix.F_OFD_GETLK, &l) == nil && l.Type != unix.F_UNLCK
	}
	if held() {
		return errLocked
	}
	_ = unix.FcntlFlock(fd, unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_RDLCK, Start: at, Len: 1})
	if held() {
		return errLocked
	}
	return nil
}
