package python

import (
	"os"

	"golang.org/x/sys/unix"
)

// anonymousFile returns an empty file in memory: it has no name, and a full disk does
// not matter. Kernels before 3.17, and some sandboxes, have no such files.
func anonymousFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("scheduled-report", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "report in memory"), nil
}
