package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// fileName is the ledger's file. Beside it are ledger.lock, which a process holds
// while it has the file open, and one lock per job.
const fileName = "ledger.db"

// maxSize, in bytes, is more than the history of 3,000 jobs needs.
const maxSize = 1 << 30

// patience is how long to wait for other processes, which keep the file open for
// milliseconds each. Anything longer means that a process hangs.
const patience = 10 * time.Second

// brokenError says why the file is not a ledger, or no longer one.
type brokenError struct{ reason any }

func (e brokenError) Error() string { return fmt.Sprint(e.reason) }

func (l *Ledger) path() string { return filepath.Join(l.dir, fileName) }

// use opens the file, passes it to do and closes it again, while no other process
// has it open. It sets a broken file aside and calls do with an empty one: a
// second call, if the file turned out to be broken during the first call.
func (l *Ledger) use(do func(*bbolt.DB) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	unlock, err := l.acquire(ctx, "ledger.lock", 2*time.Millisecond, func() {})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("another process has had %s open for %s", l.path(), patience)
	}
	if err != nil {
		return withHint(err)
	}
	defer unlock()

	err = l.try(do)
	if broken, ok := errors.AsType[brokenError](err); ok {
		if err := l.setAside(broken); err != nil {
			return err
		}
		err = l.try(do)
	}
	return withHint(err)
}

// try is use without the remedy. bbolt maps the file into memory and trusts it,
// so it only gets files that passed inspection. If it panics or faults all the
// same, because another program changes the file underneath it, that ends here.
func (l *Ledger) try(do func(*bbolt.DB) error) (err error) {
	if err := l.inspect(); err != nil {
		return err
	}
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			_ = file.Close() // not the database, which would wait for the dead transaction
			err = brokenError{reason}
		}
	}()
	db, err := open(l.path(), func(name string, flag int, perm fs.FileMode) (*os.File, error) {
		var err error
		file, err = os.OpenFile(name, flag, perm)
		return file, err
	})
	if err != nil {
		return fmt.Errorf("open %s: %w", l.path(), err)
	}
	return errors.Join(do(db), db.Close())
}

func open(path string, openFile func(string, int, fs.FileMode) (*os.File, error)) (*bbolt.DB, error) {
	return bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:  time.Second, // for a program that ignores ledger.lock
		PageSize: pageSize,
		OpenFile: openFile,
	})
}

// inspect makes sure that there is a file, and one that bbolt can be trusted with.
func (l *Ledger) inspect() error {
	info, err := os.Lstat(l.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l.create()
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return brokenError{"not a regular file"}
	case info.Size() > maxSize:
		return brokenError{"too large"}
	}
	file, err := os.ReadFile(l.path())
	if err != nil {
		return err
	}
	if err := checkPages(file); err != nil {
		return brokenError{err}
	}
	return nil
}

// create makes an empty ledger. The file gets its name only when it is complete,
// so a crash leaves no half of one.
func (l *Ledger) create() error {
	fresh := l.path() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	db, err := open(fresh, os.OpenFile)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return os.Rename(fresh, l.path())
}

// setAside renames the broken file, so that somebody can look at it, and warns.
// The caller holds ledger.lock and has closed the file: Windows does not rename
// an open one.
func (l *Ledger) setAside(broken brokenError) error {
	stem := l.path() + ".broken-" + time.Now().UTC().Format("20060102T150405Z")
	aside := stem
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); err != nil {
			break
		}
		aside = fmt.Sprintf("%s-%d", stem, n)
	}
	if err := os.Rename(l.path(), aside); err != nil {
		return fmt.Errorf("set aside broken ledger (%w): %w", broken, err)
	}
	l.warn(fmt.Sprintf("the ledger %s was broken (%v) and is now %s; past runs are unknown, so jobs may run once more", l.path(), broken, filepath.Base(aside)))
	return nil
}
