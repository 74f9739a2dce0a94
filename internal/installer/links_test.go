package installer

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

func TestLinkOut(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"data/deep", ".github/workflows", ".git"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"in": "data/deep", "out": "../elsewhere", "absolute": "/etc", "git": "./data/../.git",
		"data/deep/up": "../..", "data/far": "deep/../../..", "data/away": "/etc",
		"chain": "in", "through": "data/away/ssl", "flows": "in/up/.github/workflows", "loop": "loop",
	} {
		if err := os.Symlink(filepath.FromSlash(target), filepath.Join(dir, link)); err != nil && runtime.GOOS == "windows" {
			t.Skip("no symbolic links here:", err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"absolute", "flows", "git", "out", "through", "data/away", "data/far", "data/deep/up"}
	if got := LinksOut(os.DirFS(dir), 100); !slices.Equal(got, want) {
		t.Errorf("LinksOut: %q", got)
	}
	if got := LinksOut(os.DirFS(dir), 1); !slices.Equal(got, want[:5]) {
		t.Errorf("LinksOut in one folder: %q", got)
	}
	for pattern, want := range map[string]string{
		"data/**": "", "in/x": "", "chain": "", "loop": "", "missing/x": "", ".": "", "in/up/data": "",
		"out": "out", "out/x/*": "out", "absolute": "absolute", "git/x": "git", "data/far/x": "data/far",
		"through": "through", "through/x": "through", "flows": "flows",
		"in/up/.git": "data/deep/up", "in/up/.github": "",
	} {
		if got := LinkOut(os.DirFS(dir), pattern); got != want {
			t.Errorf("LinkOut(%q) = %q, want %q", pattern, got, want)
		}
	}
}
