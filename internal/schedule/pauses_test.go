package schedule

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A workflow that is disabled has no run, so a pause begins after the newest one before.
func TestPauseBefore(t *testing.T) {
	enabled := at("20 12:00")
	for _, row := range []struct {
		name string
		runs []Run
		gaps []Window
		want Pauses
	}{
		{"no run", nil, nil, nil},
		{"none before", []Run{executed("20 12:00"), executed("21 11:00")}, nil, nil},
		{"the newest before", []Run{executed("21 11:00"), executed("17 11:00"), void(skipped("18 11:00")), executed("16 11:00")}, between("16 11:00", "18 11:00"), between("18 11:00", "20 12:00")},
		{"deleted since", []Run{executed("18 11:00"), executed("21 11:00")}, between("18 11:00", "21 11:00"), nil},
	} {
		if diff := cmp.Diff(row.want, PauseBefore(enabled, row.runs, row.gaps)); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}
