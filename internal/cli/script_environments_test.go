package cli_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// setTimer makes an environment that waits so many minutes.
func setTimer(ts *testscript.TestScript, _ bool, args []string) {
	minutes, err := strconv.Atoi(args[1])
	ts.Check(err)
	server(ts).SetTimer(args[0], minutes)
}

// writeTimers writes the environments, and the minutes that each waits, to a file.
func writeTimers(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	timers := server(ts).Timers()
	for _, name := range slices.Sorted(maps.Keys(timers)) {
		fmt.Fprintf(&b, "%s %d\n", name, timers[name])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}
