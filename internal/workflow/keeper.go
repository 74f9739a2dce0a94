package workflow

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// SyncFile is the name of the Keeper's file. pyproject gives no job's file that name.
const SyncFile = "scheduled-sync.yml"

// Keeper is the workflow that keeps the others up to date with pyproject.toml. It
// opens a pull request when they are not, and checks the pull requests of people.
type Keeper struct {
	Path     string   // of pyproject.toml, relative to the repository's root, with slashes
	All      []string // the same of all projects, if it keeps those of all; else nil
	Branch   string   // the repository's default branch
	Token    Token
	Action   Uses     // our own action
	Exact    bool     // as in Target
	Prefixes []string // beginnings of the names of the project's workflow files, in any order
}

// Token says where the Keeper gets a token that may write workflow files. Its own
// GITHUB_TOKEN can never do that.
type Token string

// The kinds of token.
const (
	App     Token = "app"  // of a GitHub App, made for each run
	PAT     Token = "pat"  // a personal access token, kept as a secret
	NoToken Token = "none" // no token: the Keeper only checks
)

// What the user sets in the repository: a variable and a secret for App, a secret
// for PAT.
const (
	ClientIDVariable = "SCHEDULED_APP_CLIENT_ID"
	PrivateKeySecret = "SCHEDULED_APP_PRIVATE_KEY"
	TokenSecret      = "SCHEDULED_TOKEN"
)

// Plan compares the Keeper's file with the one in repo, the file system of the
// repository's root, and reads no other. The plan has only that change, which belongs
// to no job. A file of that name that is not this project's Keeper is an error.
func (k Keeper) Plan(repo fs.FS) (Plan, error) {
	if err := k.validate(); err != nil {
		return Plan{}, err
	}
	c := Change{Path: path.Join(Dir, SyncFile), Does: Keeps}
	there, err := k.read(repo)
	if err != nil {
		return Plan{}, err
	}
	if there != nil && there.foreign != "" {
		return Plan{}, c.conflict(there.foreign)
	}
	c, err = c.compare(there, k.document(), loose(k.Action, k.Exact))
	if err != nil {
		return Plan{}, err
	}
	return sorted([]Change{c}), nil
}

// read returns the file that is there, or nil.
func (k Keeper) read(repo fs.FS) (*file, error) {
	if found, err := realDir(repo); err != nil || !found {
		return nil, err
	}
	info, err := fs.Lstat(repo, path.Join(Dir, SyncFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read workflow file: %w", err)
	}
	there, err := (*Folder)(nil).readFile(repo, fs.FileInfoToDirEntry(info), k.Path, Keeps)
	switch {
	case err != nil || there.marker.Workflow != Keeps:
	case k.All != nil:
		there.foreign = "" // whichever project it was for
	case there.marker.Project == everyProject:
		there.foreign = "the file keeps those of all projects: add --all-projects"
	}
	return there, err
}

// everyProject is the project in the marker of a Keeper of all.
const everyProject = "*"

// projects returns the paths of the projects that it keeps.
func (k Keeper) projects() []string {
	if k.All != nil {
		return k.All
	}
	return []string{k.Path}
}

// of names them in the file.
func (k Keeper) of() (project, words string) {
	if k.All != nil {
		return everyProject, "the pyproject.toml files of all projects"
	}
	return k.Path, k.Path
}

// validate is an error for values that are not allowed in a workflow file.
func (k Keeper) validate() error {
	for _, text := range slices.Concat([]string{k.Path, k.Branch}, k.All, k.Prefixes) {
		if what := pyproject.Forbidden(text); what != "" {
			return fmt.Errorf("%q contains the %s, which is not allowed in workflow files", text, what)
		}
	}
	switch {
	case !slices.Contains([]Token{App, PAT, NoToken}, k.Token):
		return fmt.Errorf("token is %q; it must be app, pat or none", k.Token)
	case !branchForm.MatchString(k.Branch):
		return fmt.Errorf("branch %q is not a valid branch name in git", k.Branch)
	}
	for _, project := range k.projects() {
		if !fs.ValidPath(project) || path.Base(project) != "pyproject.toml" {
			return fmt.Errorf("project path %q is not a pyproject.toml in the repository", project)
		}
		if strings.TrimSpace(project) != project {
			return fmt.Errorf("project path %q begins with white space, which is not allowed in a path filter of a workflow", project)
		}
	}
	for _, prefix := range k.Prefixes {
		if !fs.ValidPath(prefix) || strings.Contains(prefix, "/") {
			return fmt.Errorf("prefix %q is not valid at the beginning of a file name", prefix)
		}
	}
	return nil
}

// branchForm excludes characters that git refuses in a branch name. They include most
// of those that make a pattern in a filter.
// https://git-scm.com/docs/git-check-ref-format
var branchForm = pattern.New(`^[^-/\s~^:?*\[\\]([^\s~^:?*\[\\]*[^/.\s~^:?*\[\\])?$`)

// document builds the workflow.
func (k Keeper) document() *yaml.Node {
	jobs := mapping()
	if k.Token != NoToken {
		add(jobs, "pull-request", k.pullRequest())
	}
	add(jobs, "check", k.check())
	doc := mapping(
		"name", plain("Scheduled sync"),
		"on", mapping(
			"push", mapping("branches", sequence(text(filter(k.Branch))), "paths", k.paths()),
			"pull_request", mapping(), // without a filter, and with the merge queue, so that the check can be required
			"merge_group", mapping(),
			"workflow_dispatch", mapping(),
		),
		"permissions", mapping(),
		"concurrency", inTurn,
		"jobs", jobs,
	)
	doc.HeadComment = k.header()
	return doc
}

// inTurn runs the syncs of the default branch one after the other, and likewise the
// checks of one pull request. A running sync is not cancelled, because that could
// leave a branch without its pull request until the next push. A newer sync may
// replace a waiting one: each reads the newest commit.
var inTurn = mapping(
	"group", plain("scheduled-sync-${{ github.ref }}"),
	"cancel-in-progress", comment(plain("false"), "the next sync waits, and reads what is newest"),
)

// header says what made the file, how to change it, and what it needs.
func (k Keeper) header() string {
	needs := map[Token]string{
		App: "# It needs a GitHub App with Contents, Pull requests and Workflows: write, its client id as the\n" +
			"# variable " + ClientIDVariable + " and its private key as the secret " + PrivateKeySecret + ".\n",
		PAT: "# It needs a fine-grained token with Contents, Pull requests and Workflows: write, or a classic one\n" +
			"# with the scopes repo and workflow, as the secret " + TokenSecret + ".\n",
		NoToken: "# It only checks: where files differ, run `" + k.sync() + "` and commit them.\n",
	}
	project, words := k.of()
	return fmt.Sprintf("# Generated by scheduled to keep workflow files in step with %s.\n"+
		"# To change it, run `%s` again: it overwrites what is changed here.\n%s%s",
		words, strings.Replace(k.sync(), "sync", "init", 1), needs[k.Token], marker{Version: 1, Project: project, Workflow: Keeps}.line())
}

// sync returns the command that does what the Keeper does.
func (k Keeper) sync() string {
	if k.All != nil {
		return "scheduled sync --all-projects"
	}
	return "scheduled sync"
}

// pullRequest is the job that brings the changes in by pull request. It reads
// and writes through the API with a separate token, so it needs no checkout and no
// permission of GITHUB_TOKEN.
func (k Keeper) pullRequest() *yaml.Node {
	var steps []*yaml.Node
	token := "${{ secrets." + TokenSecret + " }}"
	if k.Token == App {
		token = "${{ steps.token.outputs.token }}"
		steps = append(steps, step{name: "Create token", id: "token", uses: &AppToken, with: []input{
			{"client-id", plain("${{ vars." + ClientIDVariable + " }}")},
			{"private-key", plain("${{ secrets." + PrivateKeySecret + " }}")},
			{"permission-contents", plain("write")},
			{"permission-pull-requests", plain("write")},
			{"permission-workflows", plain("write")},
		}}.node())
	}
	steps = append(steps, step{name: "Sync by pull request", uses: &k.Action, with: k.inputs(
		input{"pull-request", plain("true")},
		input{"token", plain(token)},
	)}.node())
	return mapping(
		"name", plain("Pull request"),
		"if", plain(onlyDefaultBranch),
		"runs-on", plain("ubuntu-latest"),
		"timeout-minutes", plain("15"),
		"permissions", mapping(),
		"steps", sequence(steps...),
	)
}

// onlyDefaultBranch excludes a dispatch from another branch, and forks, which inherit
// the file.
const onlyDefaultBranch = "github.event_name != 'pull_request' && !github.event.repository.fork" +
	" && github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"

// check is the job that fails when files differ. It runs on the content of a pull
// request, even from a fork, so its token can only read.
func (k Keeper) check() *yaml.Node {
	job := mapping("name", plain("Scheduled workflows"))
	if k.Token != NoToken { // without one, only the check reports drift on the default branch
		add(job, "if", plain("github.event_name == 'pull_request' || github.event_name == 'merge_group'"))
	}
	add(job, "runs-on", plain("ubuntu-latest"))
	add(job, "timeout-minutes", plain("15"))
	add(job, "permissions", mapping("contents", plain("read")))
	add(job, "steps", sequence(
		step{name: "Checkout", uses: &checkout, with: withoutCredentials}.node(),
		step{name: "Check workflow files", uses: &k.Action, with: k.inputs(
			input{"check", plain("true")},
			input{"output-format", plain("github")},
		)}.node(),
	))
	return job
}

func (k Keeper) inputs(more ...input) []input {
	where := inFolder(path.Dir(k.Path))
	if k.All != nil {
		where = []input{{"all-projects", plain("true")}}
	}
	return slices.Concat([]input{{"command", plain("sync")}}, where, more)
}

// Decisive are the files in the project's folder that the jobs' environment depends
// on, as path filters.
var Decisive = []string{
	"uv.lock", "poetry.lock", "pdm.lock", "pixi.lock", "pylock.toml", "Pipfile.lock", "requirements*.txt",
	".python-version", "environment.yml", "environment.yaml", "conda-lock.yml", "Pipfile", "pixi.toml", "uv.toml", "setup.py", "setup.cfg",
}

// paths returns the path filters: the project's files, and the workflow files.
func (k Keeper) paths() *yaml.Node {
	filters, folder := []*yaml.Node{text(filter(k.Path))}, filter(path.Dir(k.Path))
	names, prefixes := []string{SyncFile, RescueFile(k.Path), PagesFile}, k.Prefixes
	if k.All != nil { // a project may be added
		filters, folder, prefixes = []*yaml.Node{text("**/pyproject.toml")}, "**", append([]string{pyproject.WorkflowPrefix(".")}, k.Prefixes...)
	}
	for _, name := range Decisive {
		filters = append(filters, text(path.Join(folder, name)))
	}
	begins := func(name string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) && prefix != name })
	}
	for _, name := range names {
		if !begins(name) {
			filters = append(filters, text(path.Join(Dir, name)))
		}
	}
	for _, prefix := range slices.Compact(slices.Sorted(slices.Values(prefixes))) {
		if k.All == nil || !begins(prefix) {
			filters = append(filters, text(path.Join(Dir, filter(prefix)+"*.yml")))
		}
	}
	return sequence(filters...)
}

// filter returns the pattern that matches just one name: "you need to
// escape each of these special characters with \",
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onpushbranchestagsbranches-ignoretags-ignore
func filter(name string) string {
	escaped := special.Replace(name)
	if strings.HasPrefix(escaped, "!") { // special at the start only
		return `\` + escaped
	}
	return escaped
}

var special = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `+`, `\+`, `[`, `\[`)
