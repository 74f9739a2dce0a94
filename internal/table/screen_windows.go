package table

import (
	"os"

	"golang.org/x/sys/windows"
)

// takesColors has a console take the sequences of colours.
// https://learn.microsoft.com/windows/console/console-virtual-terminal-sequences
func takesColors(console *os.File) bool {
	var mode uint32
	handle := windows.Handle(console.Fd())
	return windows.GetConsoleMode(handle, &mode) == nil &&
		windows.SetConsoleMode(handle, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
