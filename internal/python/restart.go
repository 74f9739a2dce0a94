package python

import (
	"errors"
	"syscall"
)

// Restart starts this program over, in the same process, without the credentials that an
// entrypoint must not have: it could read them in the environment that its parent was
// started with, /proc/PID/environ, or in its parent's memory. program is its file, args
// are its arguments without the name, and environ is its environment; token is as for Scrubbed. It returns nil if
// there are no credentials, and on Windows, which cannot do that.
func Restart(program string, args, environ []string, token bool) error {
	scrubbed := Scrubbed(environ, token)
	if program == "" || len(scrubbed) == len(environ) {
		return nil
	}
	err := syscall.Exec(program, append([]string{program}, args...), scrubbed)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
