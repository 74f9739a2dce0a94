package workflow

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// syncAll syncs and expects that many changes.
func syncAll(b *testing.B, repo *os.Root, changes int) {
	p, err := syncDisk(b, repo)
	if err != nil || len(p.Changes()) != changes {
		b.Fatalf("%d changes, %v; want %d", len(p.Changes()), err, changes)
	}
}

// BenchmarkSync writes 10,000 workflow files, and then finds nothing to do.
// Budgets: 2 s and 0.5 s.
func BenchmarkSync(b *testing.B) {
	var toml strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&toml, "[tool.scheduled.job-%d]\nevery = \"day\"\nentrypoint = \"app.jobs:job_%d\"\n", i, i)
	}
	fresh := func() *os.Root {
		dir := b.TempDir()
		if err := os.WriteFile(dir+"/pyproject.toml", []byte(toml.String()), 0o644); err != nil {
			b.Fatal(err)
		}
		repo, err := os.OpenRoot(dir)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { repo.Close() })
		return repo
	}
	b.Run("fresh", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			repo := fresh()
			b.StartTimer()
			syncAll(b, repo, 10_000)
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		repo := fresh()
		syncAll(b, repo, 10_000)
		for b.Loop() {
			syncAll(b, repo, 0)
		}
	})
}
