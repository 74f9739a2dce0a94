package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// How long `scheduled serve` has to end, in seconds: after drain it stops the entrypoints,
// as a timeout does, and after grace it is killed.
const (
	drain = 30
	grace = 90
)

// serve returns the arguments of `scheduled serve` after those of the project.
func (p Project) serve(flags ...string) []string {
	args := []string{"serve"}
	if len(p.onGitHub()) == 0 {
		args = append(args, "--local")
	}
	return append(args, flags...)
}

// onGitHub returns the jobs that run on GitHub: those with a workflow file. A job without
// executor = "serve" may still be one of a project that has never been there.
func (p Project) onGitHub() (jobs []pyproject.Job) {
	for _, job := range p.Hosted() {
		if _, err := os.Stat(filepath.Join(p.Place.Root, filepath.FromSlash(workflow.Dir), job.File())); err == nil {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// variables returns the environment variables that serve and the jobs that it executes
// need from outside, sorted.
func (p Project) variables() (names []string) {
	hosted := p.onGitHub()
	names = needed(slices.DeleteFunc(slices.Clone(p.Jobs), func(job pyproject.Job) bool {
		return slices.ContainsFunc(hosted, func(h pyproject.Job) bool { return h.ID == job.ID })
	}))
	if len(hosted) > 0 {
		names = append(names, pyproject.Token)
		slices.Sort(names)
	}
	return names
}

// needed returns the environment variables that jobs need from outside, sorted.
func needed(jobs []pyproject.Job) (names []string) {
	for _, job := range jobs {
		for _, pair := range slices.Concat(job.Options.Secrets, job.Options.SetupSecrets, job.Options.Vars) {
			names = append(names, pair.Name)
		}
		if job.Options.Heartbeat != "" {
			names = append(names, job.Options.Heartbeat)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wanted says which variables a file or Secret has to have, "" for none.
func (p Project) wanted() string { return strings.Join(p.variables(), ", ") }

// The project in a container: its repository is in the folder /project.
const (
	port      = 8484
	imageUser = 1000 // of our image
	tokenFile = "/run/scheduled/token"
)

// inContainer returns the project's folder in a container.
func (p Project) inContainer() string { return path.Join("/project", path.Dir(p.Place.Path)) }

// served returns the arguments of the program in a container.
func (p Project) served() []string {
	return append([]string{"--project", path.Join("/project", p.Place.Path)},
		p.serve("--listen", fmt.Sprint("0.0.0.0:", port), "--token-file", tokenFile, "--drain", fmt.Sprint(drain, "s"))...)
}

// baseImage returns our image.
func (p Project) baseImage() string {
	return "ghcr.io/scheduled-actions/scheduled:" + cmp.Or(p.Version, "latest")
}

// environ returns the variables that every container of the project has, sorted: nothing
// but .scheduled and /tmp can be written.
func (p Project) environ() [][2]string {
	environ := [][2]string{{"PYTHONDONTWRITEBYTECODE", "1"}, {"PYTHONUNBUFFERED", "1"}, {"UV_CACHE_DIR", "/tmp/uv"}}
	switch hosted := len(p.onGitHub()) > 0; {
	case hosted && p.Repository == "":
		p.note("add GITHUB_REPOSITORY=owner/name to the variables: the repository on GitHub is not known here")
	case hosted:
		environ = append(environ, [2]string{"GITHUB_REPOSITORY", p.Repository})
		if p.APIURL != "" {
			environ = append(environ, [2]string{"GITHUB_API_URL", p.APIURL})
		}
	}
	slices.SortFunc(environ, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return environ
}

// quoted writes a string for YAML, where JSON's strings are valid.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic(err) // a string
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// quotedList writes a list of strings for YAML, on one line.
func quotedList(texts []string) string {
	var words []string
	for _, text := range texts {
		words = append(words, quoted(text))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// searchPath returns the PATH of the jobs: the usual folders, after that of this program,
// where uv often is too.
func (p Project) searchPath() string {
	folders := []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}
	if folder := filepath.Dir(p.Program); p.Program != "" && !slices.Contains(folders, folder) {
		folders = slices.Insert(folders, 0, folder)
	}
	return strings.Join(folders, ":")
}

// user returns whom the jobs run as: whose the folder is; "" if that is not known.
func (p Project) user() string {
	user := owner(p.Place.Dir)
	if user == "root" {
		p.note("the jobs would run as root, because the project's folder belongs to root. Give it to a user of its own and export again")
	}
	return user
}
