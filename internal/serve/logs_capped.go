package serve

import (
	"bytes"
	"fmt"
	"os"
)

// keptFirst and keptLast are how much stays of the beginning and of the end of a log that
// has become too long, in bytes: the end has the traceback.
const (
	keptFirst = 1 << 20
	keptLast  = 4 << 20
)

// capped writes to a log. What cannot be written stops no job.
type capped struct {
	file *os.File
	size int64
	left int64 // bytes that were left out
	lost func(error)
	over bool // the log could not be written
}

func (c *capped) Write(text []byte) (int, error) {
	if c.over {
		return len(text), nil
	}
	n, err := c.file.WriteAt(text, c.size)
	c.size += int64(n)
	if err == nil && c.size > longestLog {
		err = c.shorten()
	}
	if err != nil {
		c.over = true
		c.lost(err)
	}
	return len(text), nil
}

// shorten leaves out the middle of the log.
func (c *capped) shorten() error {
	first, last := make([]byte, keptFirst), make([]byte, keptLast)
	if _, err := c.file.ReadAt(first, 0); err != nil {
		return err
	}
	if _, err := c.file.ReadAt(last, c.size-keptLast); err != nil {
		return err
	}
	if end := bytes.LastIndexByte(first, '\n'); end >= 0 { // whole lines, where there are any
		first = first[:end+1]
	}
	if begin := bytes.IndexByte(last, '\n'); begin >= 0 {
		last = last[begin+1:]
	}
	c.left += c.size - int64(len(first)+len(last))
	note := fmt.Sprintf("\n[%d MiB were left out here: a log has at most %d MiB]\n", c.left>>20, longestLog>>20)
	if _, err := c.file.WriteAt(append([]byte(note), last...), int64(len(first))); err != nil {
		return err
	}
	c.size = int64(len(first) + len(note) + len(last))
	return c.file.Truncate(c.size)
}
