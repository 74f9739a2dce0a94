// Package migrate reads the scheduled jobs that other tools declare, and writes them as
// jobs of ours. It reads files only, and runs nothing that they name.
package migrate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"golang.org/x/text/runes"
	"golang.org/x/text/unicode/norm"
)

// Place is where something is declared.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
}

// Note says what became of something in the file that a job comes from.
type Note struct {
	Line int    `json:"line"` // from 1
	What string `json:"what"` // a noun phrase, or what to do
}

// Skipped is something that is no job of ours.
type Skipped struct {
	From Place  `json:"from"`
	Why  string `json:"why"`

	lost bool // it is scheduled work that we cannot do
}

// Change is what becomes of a file that jobs were imported from, so that they do not run
// in both places.
type Change struct {
	Path    string // as in File
	Content []byte
}

// Result is what the files declare.
type Result struct {
	Jobs    []Job
	Skipped []Skipped
	Changes []Change
}

// Lost reports whether any job lost something, or cannot be one of ours at all.
func (r Result) Lost() bool {
	return slices.ContainsFunc(r.Jobs, func(j Job) bool { return len(j.Lost) > 0 }) ||
		slices.ContainsFunc(r.Skipped, func(s Skipped) bool { return s.lost })
}

// File is a file to import.
type File struct {
	Path  string // as the user names it
	Text  []byte
	Dir   fs.FS // its folder; nil if it has none that may be read
	Found bool  // in a folder that the user names: what is wrong with it stops no other
}

// slashed returns the path with / between its folders.
func (f File) slashed() string { return strings.ReplaceAll(f.Path, `\`, "/") }

// name returns the name of the file, without its folder.
func (f File) name() string { return path.Base(f.slashed()) }

// Sibling reads another file of the folder.
func (f File) Sibling(name string) ([]byte, error) {
	if f.Dir == nil {
		return nil, fs.ErrNotExist
	}
	return atomic.Read(f.Dir, name, maxFile)
}

// format is a row of the table of formats.
type format struct {
	name  string
	guess func(f File) bool // whether a file looks like it
	read  func(r *reader, f File) error
}

// formats are all formats, in the order in which they are guessed.
var formats = []format{
	{"github", isGitHub, readGitHub},
	{"kubernetes", isKubernetes, readKubernetes},
	{"systemd", isSystemd, readSystemd},
	pythonFormat("celery"),
	pythonFormat("apscheduler"),
	pythonFormat("django-q"),
	pythonFormat("procrastinate"),
	pythonFormat("python"),
	{"ini", isINI, readINI},
	{"crontab", isCrontab, readCrontab},
}

// Formats returns the names of the formats.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Guess returns the name of the format that a file looks like, "" for none.
func Guess(f File) string {
	f.Text = bytes.TrimPrefix(f.Text, []byte("\ufeff"))
	for _, format := range formats {
		if format.guess(f) {
			return format.name
		}
	}
	return ""
}

// Request says what to import.
type Request struct {
	Files   []File
	From    string                                                                 // one of Formats; "" to guess for each file
	Project fs.FS                                                                  // the project's folder; nil if there is none
	Repo    fs.FS                                                                  // the root of the project's repository; nil if it is the project's folder
	Path    string                                                                 // of pyproject.toml from there, with slashes
	Zone    string                                                                 // time zone of the machine that a crontab or timer is from; "" if it is not known
	Taken   func(id string) bool                                                   // ids that the project has; nil for none
	Has     func(j Job) bool                                                       // whether the project has the job already, under its id; nil if it has none
	Writing bool                                                                   // the jobs are for a pyproject.toml, which has to be valid with the files that are there
	Ask     func(ctx context.Context, script string, input []byte) ([]byte, error) // a Python runs our script; nil if there is none
}

// Read reads the jobs of all files, in their order. The error says which file cannot be
// read, and where.
func Read(ctx context.Context, request Request) (Result, error) {
	r := &reader{Request: request, ctx: ctx, ids: map[string]bool{}, modules: map[string]module{}}
	for _, f := range request.Files {
		name := cmp.Or(request.From, Guess(f))
		at := slices.IndexFunc(formats, func(format format) bool { return format.name == name })
		if at < 0 {
			return Result{}, problem.New("name it with --from: "+strings.Join(Formats(), ", "), "%s: unknown format", f.Path)
		}
		err := formats[at].read(r, f)
		if err != nil && !f.Found {
			return Result{}, err
		} else if wrong, ok := errors.AsType[problem.Problems](err); ok {
			r.skip(Place{f.Path, wrong[0].Line}, "%s", wrong[0].Message)
		} else if err != nil {
			r.skip(Place{f.Path, 1}, "%s", err)
		}
	}
	return r.Result, nil
}

// reader collects what the files declare.
type reader struct {
	Request
	Result
	ctx     context.Context
	ids     map[string]bool   // of the jobs
	values  map[string]string // of the secrets, so that two of them do not get one name
	modules map[string]module // of Python, by the path of the file
	tasks   []File            // modules of the project with tasks that have names; see withTask
	folders []string          // in which jobs ran, which is the project's for all
}

// add adds a job, if what is left of it is valid, and reports whether the project has it
// now. It gets an id that no other has.
func (r *reader) add(j Job) bool {
	j.ID = cmp.Or(identifier(j.ID), identifier(path.Base(j.From.File)), "job")
	if why := j.validate(); why != "" {
		r.skip(j.From, "%s", why)
		return false
	}
	wanted := j.ID
	if at := r.there(j); at != "" {
		r.skip(j.From, "already in pyproject.toml, as %s", at)
		return true
	}
	if j.ID = r.free(wanted); j.ID != wanted && !r.ids[wanted] {
		j.glue(j.From.Line, "remove %s or %s if they are the same job: both run", wanted, j.ID)
	}
	j.fit(r.tree(j.From.File))
	r.ids[j.ID] = true
	r.Jobs = append(r.Jobs, j)
	return true
}

func (r *reader) skip(from Place, format string, args ...any) {
	r.Skipped = append(r.Skipped, Skipped{From: from, Why: fmt.Sprintf(format, args...)})
}

// lose skips something that we cannot do.
func (r *reader) lose(from Place, format string, args ...any) {
	r.skip(from, format, args...)
	r.Skipped[len(r.Skipped)-1].lost = true
}

// withdraw takes back the jobs from the n-th on.
func (r *reader) withdraw(n int) {
	for _, j := range r.Jobs[n:] {
		delete(r.ids, j.ID)
	}
	r.Jobs = r.Jobs[:n]
}

// there returns the id under which the project has a job already, its own or one that free
// gave it in an earlier import; "" if the project does not have it.
func (r *reader) there(j Job) string {
	if r.Has == nil || r.Taken == nil {
		return ""
	}
	for n, wanted := 2, j.ID; r.ids[j.ID] || r.Taken(j.ID); n++ {
		if !r.ids[j.ID] && r.Has(j) {
			return j.ID
		}
		j.ID = fmt.Sprintf("%s-%d", wanted, n)
	}
	return ""
}

// free returns the id, or the first of id-2, id-3 … that is not taken.
func (r *reader) free(id string) string {
	for n, wanted := 2, id; ; n++ {
		if !r.ids[id] && (r.Taken == nil || !r.Taken(id)) {
			return id
		}
		id = fmt.Sprintf("%s-%d", wanted, n)
	}
}

// identifier returns the words of a name as a job id: "Daily report!" is daily-report.
func identifier(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".yml"), ".yaml")
	name = runes.Remove(runes.In(unicode.Mn)).String(norm.NFD.String(name)) // accents
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_')
	})
	id := strings.Join(words, "-")
	return strings.Trim(id[:min(len(id), 50)], "-_")
}
