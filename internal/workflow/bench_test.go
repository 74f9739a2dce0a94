package workflow

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// syncAll syncs and expects that many changes.
func syncAll(b *testing.B, repo *os.Root, changes int) {
	p, err := syncDisk(b, repo)
	if err != nil || len(p.Changes()) != changes {
		b.Fatalf("%d changes, %v; want %d", len(p.Changes()), err, changes)
	}
}

// manyJobs returns a pyproject.toml with 10,000 jobs.
func manyJobs() string {
	var toml strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&toml, "[tool.scheduled.job-%d]\nevery = \"day\"\nentrypoint = \"app.jobs:job_%d\"\n", i, i)
	}
	return toml.String()
}

// BenchmarkSync writes 10,000 workflow files, and then finds nothing to do.
// Budgets: 2 s and 0.5 s.
func BenchmarkSync(b *testing.B) {
	const files = 10_001 // with the rescue's
	fresh := func(options string) *os.Root {
		dir := b.TempDir()
		if err := os.WriteFile(dir+"/pyproject.toml", []byte(options+manyJobs()), 0o644); err != nil {
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
			repo := fresh("")
			b.StartTimer()
			syncAll(b, repo, files)
		}
	})
	for name, options := range map[string]string{"unchanged": "", "unchanged-own": ownOptions} {
		b.Run(name, func(b *testing.B) {
			repo := fresh(options)
			syncAll(b, repo, files)
			for b.Loop() {
				syncAll(b, repo, 0)
			}
		})
	}
}

// ownOptions are steps and variables of a project's own, for all jobs.
const ownOptions = `[tool.scheduled-actions]
before = ["sudo apt-get update", "sudo apt-get install --yes libpq-dev"]
env = { LOG_LEVEL = "info", TZ = "Europe/Berlin" }
secrets = ["API_KEY", "DATABASE_URL"]
services.postgres = { image = "postgres:17", ports = ["5432:5432"] }
`

// BenchmarkStale looks at the file of one job: a command of 15 ms does so.
func BenchmarkStale(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(dir+"/pyproject.toml", []byte(twoJobs), 0o644); err != nil {
		b.Fatal(err)
	}
	repo, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer repo.Close()
	syncAll(b, repo, 2)
	project, err := pyproject.Load(repo.FS(), "pyproject.toml", "pyproject.toml")
	if err != nil {
		b.Fatal(err)
	}
	target := Target{Project: project, Path: "pyproject.toml", Action: release}
	for b.Loop() {
		if target.Stale(repo.FS(), project.Jobs[0]) {
			b.Fatal("stale")
		}
	}
}

// BenchmarkEffects describes a plan of 10,000 changed files.
func BenchmarkEffects(b *testing.B) {
	project, err := pyproject.Load(repository(manyJobs()), "pyproject.toml", "pyproject.toml")
	if err != nil {
		b.Fatal(err)
	}
	target := Target{Project: project, Path: "pyproject.toml", Action: release}
	guesses, err := target.Guesses(fstest.MapFS{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	var p Plan
	for i, job := range project.Jobs {
		p.Updated = append(p.Updated, Change{Path: Dir + "/" + job.File(), Job: job.ID, Old: guesses[i], New: guesses[i]})
	}
	b.Run("effects", func(b *testing.B) {
		for b.Loop() {
			target.Effects(p, time.Unix(1e9, 0))
		}
	})
	b.Run("minutes", func(b *testing.B) {
		for b.Loop() {
			target.Minutes(p)
		}
	})
	b.Run("guesses", func(b *testing.B) {
		for b.Loop() {
			target.Guesses(fstest.MapFS{}, guesses[0])
		}
	})
}
