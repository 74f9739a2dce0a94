//go:build !unix

package atomic

import "os"

// SyncDir does nothing: Windows cannot flush a folder.
func SyncDir(*os.Root) error { return nil }
