//go:build unix && !linux

package python

import "os/exec"

// Only Linux kills a child together with its parent, shows the environment of other
// processes and lets any process adopt orphans. Elsewhere the process group must do.

func die(*exec.Cmd) {}

func mark(*exec.Cmd, string) string { return "" }

func adopt() {}

func startWaited(cmd *exec.Cmd) (stop func(), err error) { return func() {}, cmd.Start() }

func marked(string) []int { return nil }

func descendants(int, bool) []int { return nil }
