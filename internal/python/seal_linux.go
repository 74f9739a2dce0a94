package python

import "golang.org/x/sys/unix"

// Seal keeps other processes of the same user out of this one's memory and environment,
// where credentials are: an entrypoint may have left some behind.
// https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
func Seal() { unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
