package github

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Changed is a file as a change leaves it.
type Changed struct {
	Path string // in the repository, with slashes
	Mode string // 100644, 100755, or 120000 for a symbolic link; "" if the file is deleted
	ID   string // of the content, as git gives it; "" if the file is deleted
	Was  string // the same of the content where the change began; "" if there was none
	Size int64  // of the content, in bytes
	Read func() ([]byte, error)
}

// File returns a plain file with that content, or with nil one that is deleted.
func File(path string, content []byte) Changed {
	f := Changed{Path: path, Size: int64(len(content)), Read: func() ([]byte, error) { return content, nil }}
	if content != nil {
		f.Mode, f.ID = modeFile, blobID(content, sha1Digits)
	}
	return f
}

// deleted reports whether the change deletes the file.
func (f Changed) deleted() bool { return f.Mode == "" }

// content returns the content of the file, nil if it is deleted. A file that changes
// meanwhile is an error, because its id tells whether a branch has it already.
func (f Changed) content() ([]byte, error) {
	if f.deleted() {
		return nil, nil
	}
	content, err := f.Read()
	if err == nil && blobID(content, len(f.ID)) != f.ID {
		err = problem.New("let nothing write to the file while it is committed", "the content has changed")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", problem.Show(f.Path), err)
	}
	if content == nil {
		content = []byte{} // an empty file
	}
	return content, nil
}

// MaxFile is the size of the largest file that GitHub takes, in bytes.
// https://docs.github.com/repositories/working-with-files/managing-large-files/about-large-files-on-github#file-size-limits
// "GitHub blocks files larger than 100 MiB."
const MaxFile = 100 << 20

// fits returns an error if GitHub does not take such a file.
func (f Changed) fits() error {
	const elsewhere = "keep it out of the commit: upload it as an artifact instead, or track it with Git LFS and push it yourself"
	if f.Size > MaxFile {
		return problem.New(elsewhere, "%s has %d MiB, and GitHub takes no file above 100 MiB", problem.Show(f.Path), (f.Size+1<<20-1)>>20)
	}
	if !utf8.ValidString(f.Path) {
		return problem.New("rename the file", "%s is not valid UTF-8, so GitHub's API cannot name the file", problem.Quote(f.Path))
	}
	return nil
}

// The limits of one request that writes a tree. GitHub ends requests that take more
// than ten seconds.
// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
const (
	filesPerTree = 250
	bytesPerTree = 4 << 20 // of contents
	maxInline    = 1 << 20 // of one content; a larger one is sent by itself
)

// upload is what of the changes is on GitHub already, so that another try does not send
// it again. It is for one change at a time.
type upload struct {
	client *Client
	there  map[string]bool // contents, by id
	blobs  int             // sent by themselves
}

// tree writes the tree that base becomes with the files, and returns its id. Small
// texts are sent along with the tree, not as a blob each: GitHub allows 80 requests a
// minute that create something.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
func (u *upload) tree(ctx context.Context, base *Snapshot, files []Changed) (string, error) {
	base.ids(u.there)
	for _, f := range files {
		u.there[f.Was] = u.there[f.Was] || base.began
	}
	root := base.root
	for len(files) > 0 {
		entries, err := u.entries(ctx, files)
		if err != nil {
			return "", err
		}
		tree, _, err := call(ctx, u.client, "create tree", func(ctx context.Context) (*github.Tree, *github.Response, error) {
			return u.client.api.Git.CreateTree(ctx, u.client.owner(), u.client.name(), root, entries)
		})
		if err != nil {
			return "", withoutSecret(err)
		}
		for _, f := range files[:len(entries)] {
			u.there[f.ID] = true
		}
		root, files = tree.GetSHA(), files[len(entries):]
	}
	return root, nil
}

// entries returns the first of the files, as many as one request holds. A file comes in
// a later request than the deletion of what is in its way: GitHub may apply the entries
// of one in any order.
func (u *upload) entries(ctx context.Context, files []Changed) (entries []*github.TreeEntry, _ error) {
	size, gone, emptied := 0, map[string]bool{}, map[string]bool{}
	for _, f := range files[:min(filesPerTree, len(files))] {
		entry := &github.TreeEntry{Path: new(f.Path), Mode: new(modeFile), Type: new("blob")}
		if f.deleted() { // as go-github takes an entry without id and content
			gone[f.Path] = true
			for _, dir := range parents(f.Path) {
				emptied[dir] = true
			}
			entries = append(entries, entry)
			continue
		}
		if emptied[f.Path] || slices.ContainsFunc(parents(f.Path), func(dir string) bool { return gone[dir] }) {
			break
		}
		text, err := u.text(ctx, f)
		if err != nil {
			return nil, err
		}
		entry.Mode = new(f.Mode)
		if entry.Content = text; text == nil {
			entry.SHA = new(f.ID)
		} else if size += len(*text); size > bytesPerTree && len(entries) > 0 {
			break
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// text returns the content of a file that can be sent along with the tree: a text that
// is not large, and not empty, which may pass for none. It brings any other to GitHub,
// and returns nil.
func (u *upload) text(ctx context.Context, f Changed) (*string, error) {
	if u.there[f.ID] {
		return nil, nil
	}
	content, err := f.content()
	if err != nil {
		return nil, err
	}
	if len(content) > 0 && len(content) <= maxInline && utf8.Valid(content) && !slices.Contains(content, 0) {
		return new(string(content)), nil
	}
	err = u.blob(ctx, f.ID, content)
	u.there[f.ID] = err == nil
	return nil, err
}

// Blobs that are sent at full speed, and the pause before each further one.
// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests
const (
	fastBlobs = 30
	blobPause = time.Second
)

// blob brings a content to GitHub.
func (u *upload) blob(ctx context.Context, id string, content []byte) error {
	if u.blobs++; u.blobs > fastBlobs && !pause(ctx, blobPause) {
		return context.Cause(ctx)
	}
	limit := requestTimeout + time.Duration(len(content)>>20)*time.Second
	_, _, err := callWith(ctx, u.client, effort{limit, maxRetries}, storeBlob, func(ctx context.Context) (any, *github.Response, error) {
		req, err := u.client.blobRequest(content)
		if err != nil {
			return nil, nil, err
		}
		stored := new(github.Blob)
		resp, err := u.client.api.Do(ctx, req, stored)
		if err == nil && stored.GetSHA() != id {
			err = fmt.Errorf("stored as %q, not %s", stored.GetSHA(), id)
		}
		return nil, resp, err
	})
	// "Sorry, your input was too large to process. Consider creating the blob in a
	// local clone of the repository and then pushing it to GitHub."
	if status(err) == http.StatusUnprocessableEntity || status(err) == http.StatusRequestEntityTooLarge {
		err = problem.WithHint(err, "keep large files out of the commit: upload them as artifacts instead")
	}
	return withoutSecret(err)
}

// withoutSecret says what to do where GitHub finds a secret in a file: "409 Conflict" with
// "Secret detected in content".
// https://docs.github.com/rest/git/blobs#create-a-blob
func withoutSecret(err error) error {
	failure, ok := errors.AsType[*Failure](err)
	if ok && failure.status == http.StatusConflict && strings.Contains(strings.ToLower(failure.said), "secret") {
		return problem.WithHint(err, "let the job write no secret into its files, or allow this one in the repository's settings of push protection")
	}
	return err
}

// blobRequest returns the request that stores a content. go-github's holds a large one
// in memory five times.
func (c *Client) blobRequest(content []byte) (*http.Request, error) {
	req, err := c.api.NewRequest(http.MethodPost, "repos/"+c.Repository()+"/git/blobs", nil)
	if err != nil {
		return nil, err
	}
	const before, after = `{"encoding":"base64","content":"`, `"}`
	body := make([]byte, 0, len(before)+base64.StdEncoding.EncodedLen(len(content))+len(after))
	body = append(base64.StdEncoding.AppendEncode(append(body, before...), content), after...)
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, err = req.GetBody()
	return req, err
}

// pause waits, and reports whether there was the time for it.
func pause(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}
