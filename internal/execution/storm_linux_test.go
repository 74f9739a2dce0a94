package execution

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	// stormProject gives each job the same slots, whatever its id.
	stormProject = `[tool.scheduled-actions.jobs.wide]
cron = "17 * * * *"
attempts = 1
command = "bash entrypoint.sh"
catch-up = "all"
max-instances = 2
[tool.scheduled-actions.jobs.first]
cron = "17 * * * *"
attempts = 1
command = "bash entrypoint.sh"
catch-up = "all"
max-instances = 2
lock = "database"
[tool.scheduled-actions.jobs.second]
cron = "17 * * * *"
attempts = 1
command = "bash entrypoint.sh"
catch-up = "all"
lock = "database"
[tool.scheduled-actions.jobs.newest]
cron = "17 * * * *"
attempts = 1
command = "bash entrypoint.sh"
max-instances = 2
overlap = "cancel"
`

	// stormEntrypoint holds a lock of its own on everything that is to be held once only;
	// the kernel frees it when this process ends, however it ends.
	stormEntrypoint = `say() { echo "$1 $SCHEDULED_KEY" >> lines; }
exec 5>"held-$SCHEDULED_KEY"; flock -n 5 || say twice
exec 6>"held-$SCHEDULED_JOB_ID-0"; flock -n 6 || {
	exec 6>"held-$SCHEDULED_JOB_ID-1"; flock -n 6 && [ $SCHEDULED_JOB_ID != second ] || say crowd
}
if [ $SCHEDULED_JOB_ID = first ] || [ $SCHEDULED_JOB_ID = second ]; then exec 7>held-database; flock -n 7 || say unlocked; fi
say begin
sleep 0.0$((RANDOM % 9)) 5>&- 6>&- 7>&-
[ -z "$CALM" ] && [ $((RANDOM % 4)) = 0 ] && exit 1
say end
`
)

// TestStorm runs jobs of many windows by several processes of the program at once and kills
// them at any moment. Nothing may execute twice at once, nor after it was confirmed, and
// what is owed is still served after that.
func TestStorm(t *testing.T) {
	program := filepath.Join(t.TempDir(), "scheduled")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/scheduled").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seeds, lasts := 3, 2*time.Second
	if testing.Short() {
		seeds, lasts = 1, time.Second
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { storm(t, program, uint64(seed), lasts) })
	}
}

func storm(t *testing.T, program string, seed uint64, lasts time.Duration) {
	dir := t.TempDir()
	for name, content := range map[string]string{"pyproject.toml": stormProject, "entrypoint.sh": stormEntrypoint} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hourly, flaws := schedule.Parse(schedule.Spec{Cron: []string{"17 * * * *"}, CatchUp: true})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	book, err := ledger.Open(filepath.Join(dir, "pyproject.toml"), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	jobs := []string{"wide", "first", "second", "newest"}
	oldest := hourly.Window(time.Now().Add(-9 * time.Hour))
	for _, id := range jobs { // all are owed since then
		e, err := book.StartLane(t.Context(), id, ledger.Lane{Of: 1}, oldest.Start, oldest)
		if err == nil {
			err = e.Finish(oldest.Start, true, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	var group sync.WaitGroup
	until := time.Now().Add(lasts)
	for worker := range uint64(6) {
		group.Go(func() {
			for random := rand.New(rand.NewPCG(seed, worker)); time.Now().Before(until); {
				cmd := stormRun(program, dir, jobs[random.IntN(len(jobs))])
				if err := cmd.Start(); err != nil {
					t.Error(err)
					return
				}
				kill := time.AfterFunc(time.Duration(random.IntN(600))*time.Millisecond, func() { _ = cmd.Process.Kill() })
				_ = cmd.Wait() // killed, failed or done
				kill.Stop()
			}
		})
	}
	group.Wait()

	now := time.Now()
	for _, id := range jobs {
		cmd := stormRun(program, dir, id)
		cmd.Env = append(cmd.Environ(), "CALM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("after the storm: %v\n%s", err, out)
		}
	}
	lines, err := os.ReadFile(filepath.Join(dir, "lines"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		if !strings.HasPrefix(line, "begin ") && !strings.HasPrefix(line, "end ") {
			t.Error(line)
		}
	}
	interrupted := 0
	for _, id := range jobs {
		runs, err := book.Runs(id)
		if err != nil {
			t.Fatal(err)
		}
		confirmed := map[time.Time]bool{}
		for _, run := range runs {
			if confirmed[run.Slot] {
				t.Errorf("%s: run %d repeats %s", id, run.ID, run.Slot)
			}
			confirmed[run.Slot] = confirmed[run.Slot] || run.Success
			if !run.Success {
				interrupted++
			}
		}
		first := oldest.End
		if id == "newest" {
			first = now
		}
		for w := hourly.Window(first); !w.Start.After(now); w = hourly.Window(w.End) {
			if !confirmed[w.Start] {
				t.Errorf("%s: %s is lost", id, w.Start)
			}
			if key := "end " + id + "@" + w.Start.UTC().Format(time.RFC3339) + "\n"; !bytes.Contains(lines, []byte(key)) {
				t.Errorf("%s was never done", strings.TrimSpace(key))
			}
		}
	}
	t.Logf("%d lines, %d runs failed or were killed", len(slices.Collect(strings.Lines(string(lines)))), interrupted)
}

func stormRun(program, dir, job string) *exec.Cmd {
	cmd := exec.Command(program, "run", job)
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GITHUB_") })
	return cmd
}
