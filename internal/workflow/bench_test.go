package workflow

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// contents reads the workflow files of a repository.
func contents(b *testing.B, repo *os.Root) map[string][]byte {
	files := map[string][]byte{}
	entries, err := fs.ReadDir(repo.FS(), Dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range entries {
		if files[entry.Name()], err = repo.ReadFile(Dir + "/" + entry.Name()); err != nil {
			b.Fatal(err)
		}
	}
	return files
}

// write writes files with plain calls of the system, and moves each into place.
func write(b *testing.B, dir string, files map[string][]byte) {
	for name, content := range files {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path+".tmp", content, 0o644)
		if err == nil {
			err = os.Rename(path+".tmp", path)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSync writes 10,000 workflow files, and then finds nothing to do. Budgets:
// 3 times the time of writing the same bytes to as many files, and of reading them.
func BenchmarkSync(b *testing.B) {
	const files = 10_001 // with the rescue's
	compare := func(b *testing.B, sync, plain time.Duration) {
		b.ReportMetric(sync.Seconds()/float64(b.N), "s/sync")
		b.ReportMetric(plain.Seconds()/float64(b.N), "s/plain")
		b.ReportMetric(sync.Seconds()/plain.Seconds(), "times-plain")
	}
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
		var sync, plain time.Duration
		for b.Loop() {
			repo := fresh("")
			begin := time.Now()
			syncAll(b, repo, files)
			sync += time.Since(begin)
			written, dir := contents(b, repo), b.TempDir()
			begin = time.Now()
			write(b, dir, written)
			plain += time.Since(begin)
		}
		compare(b, sync, plain)
	})
	for name, options := range map[string]string{"unchanged": "", "unchanged-own": ownOptions} {
		b.Run(name, func(b *testing.B) {
			repo := fresh(options)
			syncAll(b, repo, files)
			var sync, plain time.Duration
			for b.Loop() {
				begin := time.Now()
				syncAll(b, repo, 0)
				sync += time.Since(begin)
				begin = time.Now()
				contents(b, repo)
				plain += time.Since(begin)
			}
			compare(b, sync, plain)
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
