package serve

import "io/fs"

// owned reports nothing: here, the mode of a file does not say who can read it.
func owned(fs.FileInfo) bool { return false }
