package entrypoint

import (
	"bufio"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/python"
)

//go:embed facts.py
var facts string

// Reader is a Python that reads the sources of modules, each only once. One process
// reads them all.
type Reader struct {
	version [2]int // major and minor
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	lines   *bufio.Reader
	limit   time.Duration // for an answer
	broken  bool
	modules map[string]module // by where they are, as in place.shown
}

// answerLimit is how long a Python may take to start, or to read one source.
const answerLimit = 20 * time.Second

// FindReader starts the Python that reads the modules of a project: the first trusted one
// on the PATH of environ. The project is in the folder dir of the repository in root, both
// absolute and without links. The Reader is nil if there is no such Python. Close ends it.
// With docs it reads only definitions and their docstrings, which is faster.
func FindReader(dir, root string, docs bool, environ python.Environ) *Reader {
	trust, err := trustAround(dir, root)
	if err != nil {
		return nil
	}
	for _, file := range trust.pythons(environ) {
		if reader, err := startReader(file, docs, trust.lists(environ)); err == nil {
			return reader
		}
	}
	return nil
}

// lists are the variables that a Python may need in order to start. It gets only their
// trusted folders. Other variables may be secrets, or name files to load.
var lists = []string{"PATH", "LD_LIBRARY_PATH"}

// lists returns those variables with their trusted folders.
func (t trust) lists(environ python.Environ) []string {
	var env []string
	for _, name := range lists {
		if folders := t.folders(environ.Get(name)); len(folders) > 0 {
			env = append(env, name+"="+strings.Join(folders, string(filepath.ListSeparator)))
		}
	}
	return env
}

// startReader starts a Python with the environment env. It is isolated and without site,
// so that it runs nothing of the project or of an environment.
func startReader(file string, docs bool, env []string) (*Reader, error) {
	cmd := exec.Command(file, "-I", "-S", "-c", facts)
	if docs {
		cmd.Args = append(cmd.Args, "docs")
	}
	cmd.Dir = filepath.Dir(file)
	cmd.Env = append([]string{}, env...) // nil would be the environment of this process
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start Python: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start Python: %w", err)
	}
	r := &Reader{cmd: cmd, in: in, out: out, lines: bufio.NewReader(out), limit: answerLimit, modules: make(map[string]module)}
	defer time.AfterFunc(r.limit, r.kill).Stop()
	if err := r.receive(&r.version); err != nil {
		r.kill()
		_ = r.cmd.Wait()
		return nil, fmt.Errorf("start Python: %s is not a Python 3.8 or later: %w", file, err)
	}
	return r, nil
}

// read returns what Python says about a module. A source that it cannot read, such as
// one that is nested too deeply, may have anything in it.
func (r *Reader) read(at *place) module {
	m, done := r.modules[at.shown]
	if done {
		return m
	}
	m = module{Dynamic: true}
	if source, err := readFile(at.fsys, at.file); err == nil {
		if answer, err := r.ask(source); err == nil && answer != nil {
			m = *answer
		}
	}
	m.settle()
	r.modules[at.shown] = m
	return m
}

func (r *Reader) ask(source []byte) (answer *module, err error) {
	if r.broken {
		return nil, errors.New("no answer from Python before")
	}
	defer time.AfterFunc(r.limit, r.kill).Stop()
	_, err = io.WriteString(r.in, base64.StdEncoding.EncodeToString(source)+"\n")
	if err == nil {
		err = r.receive(&answer)
	}
	r.broken = err != nil
	return answer, err
}

// receive reads a line of JSON.
func (r *Reader) receive(into any) error {
	line, err := r.lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, into)
	}
	return err
}

// kill ends the process at once, and so whatever waits for it.
func (r *Reader) kill() {
	_ = r.cmd.Process.Kill()
	r.in.Close()
	r.out.Close()
}

// Close ends the process.
func (r *Reader) Close() {
	r.in.Close()
	defer time.AfterFunc(r.limit, r.kill).Stop()
	_ = r.cmd.Wait()
}
