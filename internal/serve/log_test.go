package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLogText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, flush := NewLog(&out, "text")
		log.Info("listening on http://127.0.0.1:8484")
		log.With("job", "clean").Error("failed", "cause", "exit code 3", "hint", "")
		log.Info("started", "job", "a\nb", "slot", time.Date(2026, 11, 29, 13, 46, 0, 0, time.FixedZone("CET", 3600)), "late", 1500*time.Millisecond)
		log.Warn("two\nlines\x1b[31m", "error", errors.New("one\nmore"))
		log.WithGroup("g").Info("grouped", "x", 1)
		flush()
		want := `2000-01-01T00:00:00Z INFO  listening on http://127.0.0.1:8484
2000-01-01T00:00:00Z ERROR clean: failed cause="exit code 3"
2000-01-01T00:00:00Z INFO  "a\nb": started slot=2026-11-29T12:46:00Z late=1.5s
2000-01-01T00:00:00Z WARN  "two\nlines\x1b[31m" error="one\nmore"
2000-01-01T00:00:00Z INFO  grouped g.x=1
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestLogJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, flush := NewLog(&out, "json")
		log.With("job", "clean").Info("started", "slot", time.Now(), "late", 1500*time.Millisecond, "hint", "")
		flush()
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"time": "2000-01-01T00:00:00Z", "level": "INFO", "msg": "started", "job": "clean", "slot": "2000-01-01T00:00:00Z", "late": 1.5}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestLogRepeats logs the same of one job each second for a day, between messages that come
// once: a line a minute is left of them.
func TestLogRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, flush := NewLog(&out, "text")
		for i := range 24 * 60 * 60 {
			log.With("job", "busy").Error("failed", "cause", "no space left")
			if i == 90 {
				log.Error("failed", "job", "other")
			}
			if i < 50 {
				log.Info("started", "job", "often", "run", i)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * spell)
		synctest.Wait()
		before := out.Len()
		log.With("job", "busy").Error("failed", "run", "again")
		log.With("job", "busy").Error("failed", "run", "again")
		time.Sleep(10 * time.Second)
		flush()
		all := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if n := strings.Count(out.String(), " times in 60 s"); n < 24*60-2 || n > 24*60 {
			t.Errorf("%d minutes of 1440 have a line", n)
		}
		if len(all) > 24*60+56 {
			t.Errorf("%d lines in a day", len(all))
		}
		if first := "2000-01-01T00:00:00Z ERROR busy: failed cause=\"no space left\""; all[0] != first {
			t.Errorf("the first line is %q, want %q", all[0], first)
		}
		if n := strings.Count(out.String(), "often: started run="); n != 50 {
			t.Errorf("%d of 50 starts are in the log", n)
		}
		if !strings.Contains(out.String(), "ERROR other: failed\n") {
			t.Error("the other job is not in the log")
		}
		if last := out.String()[before:]; !strings.Contains(last, "busy: failed run=again\n") || !strings.Contains(last, "busy: failed, 2 times in 10 s run=again\n") {
			t.Errorf("after a while without a failure, the log has %q", last)
		}
	})
}
