package entrypoint

import (
	"bufio"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

//go:embed facts.py
var facts string

// interpreter is a Python that reads sources with its own grammar. One process reads
// them all.
type interpreter struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	lines  *bufio.Reader
	limit  time.Duration // for an answer
	broken bool
	other  bool // not that of the project, whose jobs may have a later one
}

// answerLimit is how long a Python may take to read one source.
const answerLimit = 5 * time.Second

// trusted returns the file that a path of a Python leads to, or "" if that is in the
// repository: a file that was committed there could be anything. Links are followed
// because beside the link there may be a pyvenv.cfg, from which Python takes where
// its own library is.
func trusted(python, root string) string {
	file, err := filepath.EvalSymlinks(python)
	if err != nil || !filepath.IsAbs(file) {
		return ""
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return ""
	}
	if inside, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(inside) {
		return ""
	}
	return file
}

// inherited are the variables that a Python may need to start at all. The others may
// be secrets, or say what it is to load.
var inherited = []string{"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT"}

// startInterpreter starts the Python of that path: isolated, without site, so that
// nothing of the project or its environment is run.
func startInterpreter(path string, other bool) (*interpreter, error) {
	oldest := "0"
	if other {
		oldest = "11" // see outdated
	}
	cmd := exec.Command(path, "-I", "-S", "-c", facts, oldest)
	cmd.Dir = filepath.Dir(path)
	cmd.Env = []string{}
	for _, name := range inherited {
		if value, set := os.LookupEnv(name); set {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
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
	return &interpreter{cmd: cmd, in: in, out: out, lines: bufio.NewReader(out), limit: answerLimit, other: other}, nil
}

// read returns what Python makes of a source; not ok if it gives no answer, as to
// one that is nested too deeply for it, or none that counts.
func (i *interpreter) read(source []byte) (m module, ok bool) {
	if i.broken {
		return m, false
	}
	defer time.AfterFunc(i.limit, i.kill).Stop()
	_, err := io.WriteString(i.in, base64.StdEncoding.EncodeToString(source)+"\n")
	var line []byte
	if err == nil {
		line, err = i.lines.ReadBytes('\n')
	}
	var answer *module
	if err == nil {
		err = json.Unmarshal(line, &answer)
	}
	if err != nil {
		i.broken = true // it has died, or it is no Python 3
		return m, false
	}
	if answer == nil || i.other && answer.Error != nil && outdated(source, answer.Error.Line) {
		return m, false
	}
	return *answer, true
}

// kill ends the process at once, and whatever waits for it.
func (i *interpreter) kill() {
	_ = i.cmd.Process.Kill()
	i.in.Close()
	i.out.Close()
}

// close ends the process.
func (i *interpreter) close() {
	i.in.Close()
	defer time.AfterFunc(i.limit, i.kill).Stop()
	_ = i.cmd.Wait()
}

// outdated reports whether a line that a Python refuses may be in the syntax of a
// later one, which the job may have. No Python before 3.11 is asked; what has
// changed since then is in f-strings (PEP 701), and adds t-strings (750), parameters
// of types (695), except without parentheses (758), lazy imports (810) and unpacking
// in comprehensions (798). A line without these, no later Python reads either: what
// Python once read, it has gone on reading since async and await became keywords.
func outdated(source []byte, line int) bool {
	text, known := decode(source)
	if !known {
		return true
	}
	tokens, err := lex(text)
	if err != nil {
		return false // our own grammar refuses it, too
	}
	start := 0
	for i, t := range tokens {
		if t.kind == newlineToken && t.line < line {
			start = i + 1
		}
	}
	tokens = tokens[start:]
	end := slices.IndexFunc(tokens, func(t token) bool { return t.kind == newlineToken })
	for i, t := range tokens[:max(end, 0)] {
		switch {
		case t.kind == stringToken && hasFields(t.text),
			t.is("type"), t.is("except"), t.is("lazy"),
			i > 0 && (t.is("*") || t.is("**")) && (nesting(tokens[i-1]) > 0 || tokens[i-1].is(",")),
			i > 0 && (tokens[i-1].is("def") || tokens[i-1].is("class")) && tokens[i+1].is("["):
			return true
		}
	}
	return false
}
