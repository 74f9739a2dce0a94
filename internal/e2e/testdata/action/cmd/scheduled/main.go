// Command scheduled stands in for the program: it builds in no time and tells
// what it was built from.
package main

import (
	"fmt"
	"runtime/debug"
)

var version = ""

func main() {
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		version = info.Main.Version
	}
	fmt.Println("built", version)
}
