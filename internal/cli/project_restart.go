package cli

import (
	"errors"
	"syscall"

	"github.com/scheduled-actions/scheduled/internal/python"
)

// restart starts this program over, in the same process, without the credentials
// that an entrypoint must not have: it could read them in the environment that its
// parent was started with, /proc/PID/environ, or in its parent's memory. Windows
// cannot do that.
func (p *Program) restart() {
	env := python.Scrubbed(p.Environ)
	if p.Path == "" || len(env) == len(p.Environ) {
		return
	}
	err := syscall.Exec(p.Path, append([]string{p.Path}, p.Args...), env)
	if !errors.Is(err, errors.ErrUnsupported) {
		p.say("warning: the entrypoint can read the credentials of this step: start " + p.Path + " again without them: " + err.Error())
	}
}

// host returns what an entrypoint may expect of this process.
func (p *Program) host() *python.Host {
	if p.Path == "" {
		return nil
	}
	return &python.Host{Program: p.Path}
}
