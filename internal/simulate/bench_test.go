package simulate

import "testing"

// BenchmarkYear simulates a year of 100 jobs, 25 of each cadence, as the command does:
// with and without spares and rescue. Its budget is ten seconds.
func BenchmarkYear(b *testing.B) {
	r, err := Parse(Regimes, "throttled+flaky")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Variants(project(25, quarterly), r, 365, 1); err != nil {
			b.Fatal(err)
		}
	}
}
