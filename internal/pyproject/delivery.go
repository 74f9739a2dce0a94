package pyproject

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// deliveryOptions say which files a job brings, keeps and hands on.
var deliveryOptions = []option{
	commitOption,
	{
		name:     "artifacts",
		kind:     "a list of strings or a table",
		fallback: "none",
		meaning:  "files to upload after the entrypoint: paths in the repository, relative to the project's folder, in which `*` stands for part of a name and `**` for any folders; or a table with `paths`, `name`, `retention-days` and `when` as in `after`; those of a job replace those of the project",
		example:  `["reports/*.pdf"]`,
		form:     artifactsForm,
		read: func(r *reader, e *entry) setting {
			artifacts := r.artifacts(e)
			return func(o *Options) { o.Artifacts = artifacts }
		},
	},
	{
		name:     "cache",
		kind:     "a list of strings",
		fallback: "none",
		meaning:  "files and folders to keep from run to run of the job: paths as in `artifacts`; those of a job replace those of the project",
		example:  `["state"]`,
		form:     pathsForm,
		read: func(r *reader, e *entry) setting {
			paths := r.patterns(e, e, r.toKeep)
			return func(o *Options) { o.Cache = paths }
		},
	},
	{
		name:     "checkout",
		kind:     "a table",
		fallback: "the newest commit, without submodules and LFS files",
		meaning:  "what to check out: `fetch-depth`, an integer, with 0 for all commits; `lfs`, a boolean; `submodules`, true or `\"recursive\"`; `ref`, a branch, tag or commit; `sparse`, a list of folders; the keys of a job override those of the project",
		example:  `{ fetch-depth = 0 }`,
		form:     checkoutForm,
		read: func(r *reader, e *entry) setting {
			inputs := r.checkout(e)
			return func(o *Options) { o.Checkout = Over(o.Checkout, inputs) }
		},
	},
}

// onGitHub are the options that count in a workflow only: a scheduler of your own, and
// run on your own machine, leave them out.
var onGitHub = []struct {
	key string
	set func(Options) bool
}{
	{"before", func(o Options) bool { return len(o.Before) > 0 }},
	{"prepare", func(o Options) bool { return len(o.Prepare) > 0 }},
	{"after", func(o Options) bool { return len(o.After) > 0 }},
	{"commit", func(o Options) bool { return len(o.Commit.Paths) > 0 }},
	{"artifacts", func(o Options) bool { return len(o.Artifacts.Paths) > 0 }},
	{"cache", func(o Options) bool { return len(o.Cache) > 0 }},
	{"checkout", func(o Options) bool { return len(o.Checkout) > 0 }},
	{"services", func(o Options) bool { return len(o.Services) > 0 }},
	{"container", func(o Options) bool { return o.Container != nil }},
}

// OnGitHub returns the options that are set and count in a workflow only.
func (o Options) OnGitHub() []string {
	var keys []string
	for _, option := range onGitHub {
		if option.set(o) {
			keys = append(keys, option.key)
		}
	}
	return keys
}

// unserved reports keys of a job that GitHub does not run, and that count there only.
func (r *reader) unserved(o Options, keys []placed) {
	hosted := o.OnGitHub()
	if len(o.Inputs) > 0 { // run leaves them out without loss: they have defaults
		hosted = append(hosted, "inputs")
	}
	for _, key := range hosted {
		if at := lastOf(keys, key); at != nil && o.Serve {
			r.report(*at, `remove it, or executor = "serve"`, `%s has no effect with executor = "serve": only a workflow on GitHub has it`, key)
		}
	}
}

// Artifacts are files that a job uploads.
type Artifacts struct {
	Paths     []string // patterns from the repository's root; none without artifacts
	Name      string   // "" for the job's
	Retention int      // in days; 0 for that of the repository
	When      string   // OnSuccess, OnFailure or Always
}

// notInArtifacts is what GitHub refuses in a name: "The name must not contain any of these
// characters: Double quote, Colon, Less than, Greater than, Vertical bar, Asterisk,
// Question mark, Carriage return, Line feed, Backslash, Forward slash".
// https://github.com/actions/toolkit/blob/main/packages/artifact/src/internal/upload/path-and-artifact-name-validation.ts
const notInArtifacts = `":<>|*?\\/`

// longestArtifact is the most characters of an artifact's name here.
const longestArtifact = 200

// maxRetention is the longest retention, in days: "For private repositories: You can
// change this retention period to anywhere between 1 day or 400 days."
// https://docs.github.com/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization
const maxRetention = 400

func (r *reader) artifacts(e *entry) Artifacts {
	var a Artifacts
	a.Paths, a.When = r.delivered(e, r.toUpload, []member{
		{"name", func(key *entry) {
			s, ok := r.string(key, `"report"`)
			if ok && (s == "" || utf8.RuneCountInString(s) > longestArtifact || strings.ContainsAny(s, notInArtifacts) || s != strings.TrimSpace(s)) {
				r.report(r.at(key), `use none of " : < > | * ? \ / in it`, "name is %s, which is not a valid name for an artifact", problem.Quote(s))
			}
			a.Name = s
		}},
		{"retention-days", func(key *entry) {
			days, flawed := numbers(1, maxRetention)(key.value)
			r.valid(key, "an integer", flawed, exampleHint(key.name, "14"))
			a.Retention = days
		}},
	})
	return a
}

// member is a key of an option that is a table, and what reads it.
type member struct {
	name string
	read func(*entry)
}

// delivered reads an option that is a list of paths, or a table with paths, when and
// further keys. path is as in patterns.
func (r *reader) delivered(e *entry, path func(string) (string, *flaw), further []member) (paths []string, when string) {
	when = OnSuccess
	switch {
	case isList(e):
		return r.patterns(e, e, path), when
	case !e.isTable():
		r.valid(e, "a list of strings or a table", wrongType, exampleHint(e.name, `["data"]`))
		return nil, when
	}
	members := slices.Concat([]member{{"paths", func(key *entry) { paths = r.patterns(key, e, path) }}},
		further, []member{{"when", func(key *entry) { when = r.when(key) }}})
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	for _, key := range e.entries {
		if i := slices.Index(names, key.name); i >= 0 {
			members[i].read(key)
		} else {
			r.unknown(key, "key", e.name, names)
		}
	}
	if e.child("paths") == nil {
		r.report(e.at, `add paths = ["data"]`, "%s has no paths", e.name)
	}
	return paths, when
}

// toUpload is inRepository for artifacts, of which GitHub refuses some names: "The path for
// one of the files in artifact is not valid".
// https://github.com/actions/toolkit/blob/main/packages/artifact/src/internal/upload/path-and-artifact-name-validation.ts
func (r *reader) toUpload(s string) (string, *flaw) {
	p, flawed := r.inRepository(s)
	if i := strings.IndexAny(s, `":<>|?`); flawed == nil && i >= 0 {
		flawed = &flaw{fmt.Sprintf("is %s, with %c, which no file of an artifact can have in its name", problem.Quote(s), s[i]), "let the job give the file another name"}
	}
	return p, flawed
}

// toKeep is inRepository for the cache, which must not bring back the sources of an
// earlier run.
func (r *reader) toKeep(s string) (string, *flaw) {
	p, flawed := r.inRepository(s)
	if flawed != nil {
		return "", flawed
	}
	for _, source := range []string{joined(r.folder, "pyproject.toml"), ".git", ".github/workflows"} {
		if meets(p, source, true) {
			return "", &flaw{"is " + problem.Quote(s) + ", which would bring back earlier sources", "name only the folders to keep"}
		}
	}
	return p, nil
}

// stale reports a cache that takes the module of the entrypoint, which would run as it was
// in an earlier run from then on.
func (r *reader) stale(o Options, entrypoint string, keys []placed) {
	module, _, _ := strings.Cut(entrypoint, ":")
	file, at := strings.ReplaceAll(module, ".", "/")+".py", lastOf(keys, "cache")
	if module == "" || at == nil {
		return
	}
	for _, p := range o.Cache {
		for _, source := range []string{joined(r.folder, file), joined(r.folder, "src/"+file)} {
			if meets(p, strings.ToLower(source), true) {
				r.report(*at, "name only the folders to keep", "cache has %s, which covers %s and would bring back earlier sources", problem.Quote(p), problem.Quote(source))
				return
			}
		}
	}
}

// patterns reads a list of paths that is the value of a key in the option, or the option
// itself. path returns one relative to the repository's root, or what is wrong with it.
func (r *reader) patterns(e, option *entry, path func(string) (string, *flaw)) []string {
	if !isList(e) {
		r.valid(e, "a list of strings", wrongType, exampleHint(e.name, `["data"]`))
		return nil
	}
	var paths []string
	for _, item := range e.items(r.text) {
		s, flawed := parseText(item.value)
		if flawed == nil {
			s, flawed = path(s)
		}
		if r.valid(item, "a string", flawed, exampleHint(e.name, `["data"]`)) {
			paths = append(paths, s)
		}
	}
	if size(e) == 0 && e != option {
		r.report(r.at(e), `name a path, as in `+e.name+` = ["data"]`, "%s is empty", e.name)
	}
	return paths
}

var drive = pattern.New(`^[A-Za-z]:/`)

// longestName is the longest name that a file can have, in bytes, on Linux, and
// longestPath the longest path. https://man7.org/linux/man-pages/man7/path_resolution.7.html
const (
	longestName = 255
	longestPath = 4095
)

// inRepository returns a path or pattern of the project relative to the repository's
// root, or what is wrong with it.
func (r *reader) inRepository(s string) (string, *flaw) {
	quoted := problem.Quote(s)
	switch {
	case s == "" || s != strings.TrimSpace(s):
		return "", &flaw{"is " + quoted + ", which is not a path", "write a path of the repository, or \".\" for all of the project"}
	case strings.HasPrefix(s, "!"):
		return "", &flaw{"is " + quoted + ": paths cannot be excluded", "name only what is wanted"}
	case strings.Contains(s, `\`):
		return "", &flaw{"is " + quoted + ", with a backslash", "write / between folders"}
	case s[0] == '/' || s[0] == '~' || drive.MatchString(s):
		return "", &flaw{"is " + quoted + ", which is not in the repository", "write a path relative to the project's folder"}
	case len(s) > longestPath:
		return "", &flaw{fmt.Sprintf("is longer than %d bytes, the longest path that there is", longestPath), "shorten it"}
	}
	var parts []string
	for _, part := range strings.Split(s, "/") {
		switch {
		case part == ".." && slices.ContainsFunc(parts, func(p string) bool { return p != ".." }):
			return "", &flaw{"is " + quoted + ", with .. after the name of a folder", "write the path without the detour"}
		case strings.Contains(part, "**") && part != "**":
			return "", &flaw{"is " + quoted + ": ** must stand alone between two /", "write * for a part of a name, and ** for any folders"}
		case len(part) > longestName:
			return "", &flaw{fmt.Sprintf("is %s, with a name of more than %d bytes, which no file has", quoted, longestName), "write each file and folder on its own"}
		case part != "" && part != ".":
			parts = append(parts, part)
		}
	}
	p := joined(r.folder, strings.Join(parts, "/"))
	switch {
	case p == ".." || strings.HasPrefix(p, "../"):
		return "", &flaw{"is " + quoted + ", which leads out of the repository", "write a path in the repository"}
	case meets(p, ".git", false) || meets(p, ".github/workflows", false):
		return "", &flaw{"is " + quoted + ", and .git and .github/workflows are never taken", "name only other folders"}
	}
	return p, nil
}

// joined joins a folder and a pattern in it, which can begin with "..": the folder ".",
// and an empty pattern, add nothing.
func joined(folder, pattern string) string {
	parts := strings.Split(folder, "/")
	if folder == "." {
		parts = nil
	}
	for _, part := range strings.Split(pattern, "/") {
		switch last := len(parts) - 1; {
		case part == "":
		case part == ".." && last >= 0 && parts[last] != "..":
			parts = parts[:last]
		default:
			parts = append(parts, part)
		}
	}
	return cmp.Or(strings.Join(parts, "/"), ".")
}

// Takes reports whether a path or pattern of an option takes a file or folder, or what is
// in it. With hidden, * and ** stand for names that begin with a dot, too.
func Takes(pattern, name string, hidden bool) bool {
	return meets(pattern, strings.ToLower(name), hidden)
}

// meets reports whether a pattern takes a path, or something in it or around it. Hidden
// names, which begin with a dot, must be named as such, except if dots says that * and **
// stand for them too. Case does not count, as on macOS and Windows.
func meets(pattern, target string, dots bool) bool {
	return meet(strings.Split(strings.ToLower(pattern), "/"), strings.Split(target, "/"), dots)
}

func meet(pattern, target []string, dots bool) bool {
	hidden := len(target) > 0 && strings.HasPrefix(target[0], ".") && !dots
	switch {
	case len(target) == 0:
		return true
	case len(pattern) == 0:
		return !hidden
	case pattern[0] == ".":
		return meet(pattern[1:], target, dots)
	case pattern[0] == "**":
		return meet(pattern[1:], target, dots) || !hidden && meet(pattern, target[1:], dots)
	case hidden && pattern[0][0] != '.':
		return false
	}
	return star(pattern[0]).MatchString(target[0]) && meet(pattern[1:], target[1:], dots)
}

// star returns what matches the names that a name with * stands for.
func star(name string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, ".*") + "$")
}

// isRef reports whether s is a branch, tag or commit. It allows less than git does: none
// of the characters of shells and expressions.
// https://git-scm.com/docs/git-check-ref-format
func isRef(s string) bool {
	strange := func(r rune) bool {
		if r >= utf8.RuneSelf {
			return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r)
		}
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(refMarks, r)
	}
	switch {
	case s == "" || s == "@" || strings.ContainsRune("./-", rune(s[0])) || strings.ContainsFunc(s, strange):
		return false
	case strings.Contains(s, "..") || strings.Contains(s, "//") || strings.HasSuffix(s, "/"):
		return false
	}
	return len(s) <= 250
}

// refMarks are the characters besides letters and digits that a ref can have here.
const refMarks = "./-_@+#%=,!()"

// checkout reads the options of the checkout, as inputs of its action.
func (r *reader) checkout(e *entry) []Pair {
	var inputs []Pair
	for _, key := range r.members(e, `{ fetch-depth = 0 }`) {
		read, known := checkoutKeys[key.name]
		if !known {
			r.unknown(key, "key", e.name, []string{"fetch-depth", "lfs", "submodules", "ref", "sparse"})
			continue
		}
		if value, ok := read(r, key); ok {
			name := key.name
			if name == "sparse" {
				name = "sparse-checkout"
			}
			inputs = append(inputs, Pair{name, value})
		}
	}
	slices.SortFunc(inputs, byName)
	return inputs
}

var checkoutKeys = map[string]func(*reader, *entry) (string, bool){
	"fetch-depth": func(r *reader, e *entry) (string, bool) {
		n, flawed := numbers(0, 1_000_000)(e.value)
		return strconv.Itoa(n), r.valid(e, "an integer", flawed, exampleHint(e.name, "0"))
	},
	"lfs": func(r *reader, e *entry) (string, bool) {
		on, flawed := parseSwitch(e.value)
		return fmt.Sprint(on), r.valid(e, "a boolean", flawed, exampleHint(e.name, "true"))
	},
	"submodules": func(r *reader, e *entry) (string, bool) {
		switch e.value {
		case true, false, "recursive":
			return fmt.Sprint(e.value), true
		}
		r.report(r.at(e), `write submodules = true, or submodules = "recursive" for those in them too`, "submodules must be true, false or \"recursive\"")
		return "", false
	},
	"ref": func(r *reader, e *entry) (string, bool) {
		s, ok := r.string(e, `"data"`)
		if ok && !isRef(s) {
			r.report(r.at(e), "write the name of a branch or tag, or a commit; besides letters and digits it can have "+refMarks, "ref is %s, which is not a branch, tag or commit", problem.Quote(s))
			return "", false
		}
		return s, ok
	},
	"sparse": func(r *reader, e *entry) (string, bool) {
		folders := r.patterns(e, nil, r.inRepository)
		for _, folder := range folders {
			if folder == "." || strings.Contains(folder, "*") {
				r.report(r.at(e), "name whole folders", "sparse contains %s, which is not a folder", problem.Quote(folder))
			}
		}
		if r.folder != "." && !slices.Contains(folders, r.folder) {
			folders = append(folders, r.folder) // the job is declared there
		}
		slices.Sort(folders)
		return strings.Join(slices.Compact(folders), "\n"), len(folders) > 0
	},
}
