//go:build !windows

package table

import "os"

func takesColors(*os.File) bool { return true }
