package python

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	end := time.Date(2026, 12, 1, 12, 0, 0, 500_000_000, time.UTC)
	for _, row := range []struct{ kind, text, want, remark string }{
		{"text", "2026-12-04T10:00:00Z", "2026-12-04T10:00:00Z", ""},
		{"text", "2026-12-04T10:00:00.000001Z", "2026-12-04T10:00:01Z", ""},
		{"text", "2026-12-04 12:00:00+02:00", "2026-12-04T10:00:00Z", ""},
		{"text", "2026-12-04T10:00", "2026-12-04T10:00:00Z", "taken as UTC"},
		{"text", "2026-12-01T12:00:00Z", "", "in the past"},
		{"text", "2026-12-31T12:00:00Z", "2026-12-31T12:00:00Z", ""},
		{"text", "2026-12-31T12:00:01Z", "", "more than 30 days"},
		{"text", "P1DT2H", "2026-12-02T14:00:01Z", ""},
		{"text", "PT90S", "2026-12-01T12:01:31Z", ""},
		{"text", "P", "", "must be a datetime"},
		{"text", "P1DT", "", "must be a datetime"},
		{"text", "P9999WT99999H", "", "ignored"},
		{"text", "https://example.org/2", "", "must be a datetime"},
		{"text", "2026-12-04", "", "must be a datetime"},
		{"wrong", "3600", "", "must be a datetime"},
		{"after", "3600000000", "2026-12-01T13:00:01Z", ""},
		{"after", "1", "2026-12-01T12:00:01Z", ""},
		{"after", "2592000000000", "2026-12-31T12:00:01Z", ""},
		{"after", "2592000000001", "", "more than 30 days"},
		{"after", "0", "", "in the past"},
		{"after", "-5", "", "in the past"},
		{"after", "86399999999999999999", "", "more than 30 days"},
		{"after", "***", "", "must be a datetime"},
	} {
		at, remark := (&Next{row.kind, row.text}).After(end)
		got := ""
		if !at.IsZero() {
			got = at.Format(time.RFC3339Nano)
		}
		if got != row.want || !strings.Contains(remark, row.remark) || (remark == "") != (row.remark == "") {
			t.Errorf("%s %s: %q, %q", row.kind, row.text, got, remark)
		}
	}
	if at, remark := (*Next)(nil).After(end); !at.IsZero() || remark != "" {
		t.Errorf("%v, %q", at, remark)
	}
}

// What an entrypoint returns as next, as every Python says it.
func TestReturnedNext(t *testing.T) {
	for _, python := range interpreters() {
		for _, row := range []struct{ target, kind, text, status, shown string }{
			{"aware", "text", "2026-12-04T10:00:00.000005Z", "ok: moved", ""},
			{"naive", "text", "2026-12-04T12:00:00", "", "{\n  \"next\": \"2026-12-04 12:00:00\"\n}"},
			{"after", "after", "129600000001", "ok", "[\n  1\n]"},
			{"attribute", "after", "60000000", "", ""},
			{"iso", "text", "2026-12-04T12:00:00Z", "ok", ""},
			{"seconds", "wrong", "3600", "ok", ""},
			{"day", "wrong", "2026-12-04", "ok", ""},
			{"end_of_time", "wrong", "9999-12-31 23:00:00-05:00", "ok", ""},
			{"page", "", "", "", "{\n  \"next\": \"https://example.org/2\",\n  \"rows\": []\n}"},
			{"iterator", "", "", "", ""},
			{"broken", "wrong", "*** is broken", "ok", ""},
		} {
			t.Run(filepath.Base(python)+"/"+row.target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, "flat", "jobs.later:"+row.target)
				e.Launcher.Args = []string{python}
				e.Env, e.Secrets = append(e.Env, "TOKEN=hush"), []string{"TOKEN"}
				o, _, _ := run(t, e)
				if !o.OK || o.Remark != "" {
					t.Errorf("got %+v", o)
				}
				var returned Returned
				if o.Returned != nil {
					returned = *o.Returned
				}
				var next Next
				if returned.Next != nil {
					next = *returned.Next
				}
				if next.Kind != row.kind || next.Text != row.text || returned.StatusLine() != row.status || returned.Text() != row.shown {
					t.Errorf("got %+v, %q, %q", next, returned.StatusLine(), returned.Text())
				}
			})
		}
	}
}
