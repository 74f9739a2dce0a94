package pyproject

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// maxSlug is the length of the longest slug, in bytes.
const maxSlug = 63

var (
	plainID   = pattern.New(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	unfitRuns = pattern.New(`[^a-z0-9_]+`)
)

// reserved are the ids whose plain slugs name files that belong to no job: with the
// prefix of the default, scheduled-sync.yml keeps the jobs' workflows up to date
// and scheduled-rescue.yml starts due jobs that have no confirmed run.
var reserved = map[string]bool{"sync": true, "rescue": true}

// reservedFiles are those files.
var reservedFiles = map[string]bool{"scheduled-sync.yml": true, "scheduled-rescue.yml": true}

// PagesFile is the file of the workflow that publishes the page of the jobs. The id of a job
// is reserved only where that is wanted, or its file would have another name than before.
const PagesFile = "scheduled-pages.yml"

// slug returns a job id in a form fit for file names and concurrency groups: the
// id itself if it is fit and not reserved, else its fit characters and a hash of
// the whole. Only an id that looks like another job's slug can share it.
func slug(id string) string {
	if plainID.MatchString(id) && !reserved[id] {
		return id
	}
	return hashed(id)
}

// FolderSlug returns a folder of a repository in the form that distinguishes the
// workflow files of several projects. It always has a hash, so it is not the id of a
// job by chance.
func FolderSlug(folder string) string { return hashed(folder) }

// hashed returns the fit characters of a text, and a hash of the whole.
func hashed(id string) string {
	sum := sha256.Sum256([]byte(id))
	hash := hex.EncodeToString(sum[:4])
	fit := strings.Trim(unfitRuns.ReplaceAllString(strings.ToLower(id), "-"), "-")
	return fit[:min(len(fit), maxSlug-len("-")-len(hash))] + "-" + hash
}
