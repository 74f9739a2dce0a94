package github

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestCommit commits a file to a branch twice: the second time there is nothing to do.
func TestCommit(t *testing.T) {
	inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
		fake.Commit("main", mainFiles)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for i, want := range []int{5, 2} {
			fake.Requests()
			done, err := client.Commit(ctx, Commit{Branch: "main", Same: true, Message: "Update", Files: []Changed{File("data.csv", []byte("a\n"))}})
			if err != nil || (done.ID != "") != (i == 0) {
				t.Fatal(done, err)
			}
			if got := len(fake.Requests()); got != want {
				t.Errorf("%d requests, want %d", got, want)
			}
		}
		files := map[string]string{"data.csv": "a\n"}
		for name, content := range mainFiles {
			files[name] = content
		}
		if diff := cmp.Diff(files, fake.Files("main")); diff != "" {
			t.Error(diff)
		}
	})
}
