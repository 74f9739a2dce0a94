//go:build unix

package pyproject

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// TestFindUpward takes the pyproject.toml of the user or of the system only, unless it is in
// the working folder.
func TestFindUpward(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	shared := t.TempDir()
	mine, file := filepath.Join(shared, "mine"), filepath.Join(shared, fileName)
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	plant := func(owner int, link bool) {
		os.Remove(file)
		err := os.WriteFile(file, nil, 0o644)
		if link {
			os.Remove(file)
			err = os.Symlink("/dev/null", file)
		}
		if err == nil {
			err = os.Lchown(file, owner, owner)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		owner int
		link  bool
		dir   string
		taken bool
	}{
		{0, false, mine, true},
		{12345, false, mine, false},
		{12345, true, mine, false},
		{12345, false, shared, true},
	} {
		plant(row.owner, row.link)
		t.Chdir(row.dir)
		got, err := findUpward()
		switch {
		case row.taken && err != nil, !row.taken && (err == nil || !strings.Contains(err.Error(), "another user")):
			t.Errorf("owner %d, link %t, in %s: got %q, %v", row.owner, row.link, row.dir, got, err)
		case err != nil && problem.Hint(err) != "if you trust it, name it with --project":
			t.Errorf("the hint is %q", problem.Hint(err))
		}
	}
}
