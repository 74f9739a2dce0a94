//go:build unix && !linux

package python

import (
	"os/exec"
	"syscall"
)

// Only Linux kills a child together with its parent and shows the environment of
// other processes. Elsewhere the process group must do.

func bind(*exec.Cmd) (mark string) { return "" }

func signalStrays(string, int, syscall.Signal) {}
