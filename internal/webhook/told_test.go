package webhook

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// memory returns one that keeps its file in a folder.
func memory(dir string, now time.Time) *Memory {
	return &Memory{Folder: func() (*os.Root, error) { return os.OpenRoot(dir) }, Jobs: []string{"a", "b"}, Now: now}
}

// tell claims, posts where up says so, and settles. It returns what was posted.
func tell(t *testing.T, m *Memory, up bool, news ...News) (posted []string) {
	t.Helper()
	claims, err := m.Claim(news)
	if err != nil {
		t.Fatal(err)
	}
	done, events := make([]bool, len(claims)), make([]*Event, len(claims))
	for i, c := range claims {
		posted = append(posted, fmt.Sprint(news[c.News].Job, " ", c.Kind))
		done[i], events[i] = up, &Event{Job: "a", Kind: c.Kind}
	}
	if err := m.Settle(news, claims, done, events); err != nil {
		t.Fatal(err)
	}
	return posted
}

func raised(kind schedule.Event, slot time.Time) News {
	return News{Job: "a", Kind: kind, Window: slot, Raised: true, Recovered: true}
}

func over(kind schedule.Event, slot time.Time) News {
	return News{Job: "a", Kind: kind, Window: slot, Over: true, Recovered: true}
}

// TestTold plays what happens to a job, a step a row.
func TestTold(t *testing.T) {
	failed, missed, late := schedule.JobFailed, schedule.JobMissed, schedule.JobLate
	next := noon.Add(time.Hour)
	paused, silent, both, gone := raised(failed, noon), raised(missed, noon), raised(missed, noon), News{Job: "a", Kind: failed, Gone: true}
	paused.Paused, silent.Silent, both.Over = true, true, true
	mute := over(failed, next)
	mute.Recovered = false
	unset, unsetOver, elsewhere := raised(failed, noon), over(failed, next), over(failed, next)
	unset.Unset, unsetOver.Unset, elsewhere.Elsewhere = true, true, true
	for name, steps := range map[string][]struct {
		news []News
		down bool
		want string
	}{
		"failed and recovered": {
			{[]News{raised(failed, noon)}, false, "a failed"}, {[]News{raised(failed, next)}, false, ""}, {[]News{over(failed, next)}, false, "a recovered"},
			{[]News{over(failed, next)}, false, ""}, {[]News{raised(failed, next)}, false, "a failed"},
		},
		"down": {
			{[]News{raised(failed, noon)}, true, "a failed"}, {[]News{raised(failed, noon)}, false, "a failed"}, {[]News{raised(failed, noon)}, false, ""},
			{[]News{over(failed, next)}, true, "a recovered"}, {[]News{over(failed, next)}, false, "a recovered"}, {[]News{over(failed, next)}, false, ""},
		},
		"over before it was told":     {{[]News{raised(failed, noon)}, true, "a failed"}, {[]News{{Job: "a", Kind: failed}}, true, "a failed"}, {[]News{over(failed, noon)}, false, "a failed"}, {[]News{over(failed, noon)}, false, "a recovered"}},
		"the end is not told":         {{[]News{raised(failed, noon)}, false, "a failed"}, {[]News{mute}, false, ""}, {[]News{raised(failed, next)}, false, "a failed"}},
		"paused":                      {{[]News{raised(failed, noon)}, false, "a failed"}, {[]News{paused}, false, "a failed"}, {[]News{paused}, false, ""}, {[]News{gone}, false, ""}},
		"only the end":                {{[]News{silent}, false, ""}, {[]News{over(missed, next)}, false, "a recovered"}},
		"missed and served meanwhile": {{[]News{both}, false, "a missed"}, {[]News{both}, false, "a recovered"}, {[]News{both}, false, ""}},
		"two kinds, one end":          {{[]News{raised(failed, noon), raised(missed, noon)}, false, "a failed, a missed"}, {[]News{over(failed, noon), over(missed, noon)}, false, "a recovered"}},
		"late":                        {{[]News{raised(late, noon)}, false, "a late"}, {[]News{raised(late, noon)}, false, ""}, {[]News{raised(late, next)}, false, "a late"}, {[]News{over(late, next)}, false, ""}, {[]News{raised(late, next)}, false, ""}},
		"unset, and set":              {{[]News{unset}, false, ""}, {[]News{unset}, false, ""}, {[]News{raised(failed, noon)}, false, "a failed"}, {[]News{unsetOver}, false, ""}, {[]News{over(failed, next)}, false, "a recovered"}},
		"unset, and over":             {{[]News{unset}, false, ""}, {[]News{unsetOver}, false, ""}, {[]News{over(failed, next)}, false, ""}},
		"ended elsewhere":             {{[]News{raised(failed, noon)}, false, "a failed"}, {[]News{elsewhere}, false, ""}, {[]News{elsewhere}, false, ""}, {[]News{raised(failed, next)}, false, "a failed"}},
		"the end did not arrive":      {{[]News{raised(failed, noon)}, false, "a failed"}, {[]News{over(failed, next)}, true, "a recovered"}, {[]News{elsewhere}, false, "a recovered"}, {[]News{elsewhere}, false, ""}},
		"removed":                     {{[]News{raised(failed, noon)}, false, "a failed"}, {[]News{gone}, false, ""}, {[]News{over(failed, noon)}, false, ""}},
	} {
		dir := t.TempDir()
		for i, step := range steps {
			before, _ := os.ReadFile(filepath.Join(dir, fileName))
			m := memory(dir, noon)
			if got := strings.Join(tell(t, m, !step.down, step.news...), ", "); got != step.want {
				t.Errorf("%s, step %d: %s; want %s", name, i, got, step.want)
			}
			if after, _ := os.ReadFile(filepath.Join(dir, fileName)); m.Changed() != (string(before) != string(after)) {
				t.Errorf("%s, step %d: changed %v", name, i, m.Changed())
			}
		}
	}
}

// TestToldLost has no memory, or a damaged one: what was heard elsewhere is not told
// again, what is raised now is told once.
func TestToldLost(t *testing.T) {
	for _, content := range []string{"", "{", "[]", `{"version":2}`, `{"version":1,"jobs":{"a":{"failed":null}}}`, "\x00"} {
		for _, heard := range []bool{false, true} {
			dir := t.TempDir()
			if content != "" {
				if err := os.WriteFile(filepath.Join(dir, fileName), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			n := raised(schedule.JobFailed, noon)
			n.Heard = heard
			lost := !strings.Contains(content, "null")
			if got := tell(t, memory(dir, noon), true, n); (len(got) == 0) != (heard && lost) {
				t.Errorf("%q, heard %v: %v", content, heard, got)
			}
			if got := tell(t, memory(dir, noon), true, n); len(got) != 0 {
				t.Errorf("%q: then %v", content, got)
			}
			if got := tell(t, memory(dir, noon), true, over(schedule.JobFailed, noon)); len(got) != 1 {
				t.Errorf("%q: at the end %v", content, got)
			}
		}
	}
}

// TestToldRace has processes that share the file: one of them posts. One that was killed
// keeps its claim for a while.
func TestToldRace(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	var mu sync.Mutex
	posted := 0
	for range 8 {
		group.Go(func() {
			m, news := memory(dir, noon), []News{raised(schedule.JobFailed, noon)}
			claims, err := m.Claim(news)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			posted += len(claims)
			mu.Unlock()
		})
	}
	group.Wait()
	if posted != 1 {
		t.Errorf("%d claims", posted)
	}
	for age, want := range map[time.Duration]int{stale - time.Second: 0, stale: 1, time.Second - stale: 0, -stale: 1} {
		claims, err := memory(dir, noon.Add(age)).Plan([]News{raised(schedule.JobFailed, noon)})
		if err != nil || len(claims) != want {
			t.Errorf("after %v: %v, %v", age, claims, err)
		}
	}
}

// TestToldMany leaves what is too much for one time to the next, and forgets jobs that
// are not declared any more.
func TestToldMany(t *testing.T) {
	dir := t.TempDir()
	var news []News
	m := memory(dir, noon)
	for i := range 50 {
		n := raised(schedule.JobFailed, noon)
		n.Job = fmt.Sprint("job-", i)
		m.Jobs, news = append(m.Jobs, n.Job), append(news, n)
	}
	for _, want := range []int{20, 20, 10, 0} {
		if got := len(tell(t, m, true, news...)); got != want {
			t.Errorf("%d posts, want %d", got, want)
		}
	}
	tell(t, memory(dir, noon), true)
	content, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	var file told
	if err := json.Unmarshal(content, &file); err != nil || len(file.Jobs) != 0 {
		t.Errorf("%s, %v", content, err)
	}
}

// TestToldModel has a job fail and recover at random, a server that is down at random, and
// lookers at random: without a failure of the server, each event is posted once, and in
// turn.
func TestToldModel(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		dir, failing, told, pending := t.TempDir(), false, false, false
		for step := range 60 {
			if random.IntN(4) == 0 {
				failing = !failing
			}
			slot := noon.Add(time.Duration(step) * time.Hour)
			n := over(schedule.JobFailed, slot)
			if failing {
				n = raised(schedule.JobFailed, slot)
			}
			up := random.IntN(4) > 0
			got := strings.Join(tell(t, memory(dir, slot), up, n), ", ")
			want := ""
			switch {
			case pending, failing && !told:
				want = "a failed"
			case !failing && told:
				want = "a recovered"
			}
			if got != want {
				t.Fatalf("seed %d, step %d: %q, want %q", seed, step, got, want)
			}
			if want == "a failed" {
				told, pending = up, !up
			} else if up && want != "" {
				told = false
			}
		}
	}
}
