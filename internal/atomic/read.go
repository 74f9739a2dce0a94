package atomic

import (
	"fmt"
	"io"
	"io/fs"
)

// Read returns the content of a regular file with at most that many bytes. A link
// counts as the file it leads to. A pipe, a device or a folder is an error and is not
// opened, because opening a pipe can block forever. A file that grows meanwhile is read up
// to the size that it had. The error of a missing file matches fs.ErrNotExist.
//
// With os.Root.FS a link cannot lead out of the folder; with os.DirFS it can.
func Read(fsys fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err == nil {
		err = readable(info, most)
	}
	if err != nil {
		return nil, err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// Another one may be there by now, and a regular one may have grown.
	if info, err = f.Stat(); err == nil {
		err = readable(info, most)
	}
	if err != nil {
		return nil, err
	}
	// No more than there was: a file of /proc says that it is empty, and may never end.
	return io.ReadAll(io.LimitReader(f, info.Size()))
}

func readable(info fs.FileInfo, most int64) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return fmt.Errorf("it is a folder, not a file")
	case !mode.IsRegular():
		return fmt.Errorf("it is not a regular file")
	case info.Size() > most:
		return tooLarge(most)
	}
	return nil
}

func tooLarge(most int64) error { return fmt.Errorf("it is larger than %d MB", most>>20) }
