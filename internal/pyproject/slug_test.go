package pyproject

import (
	"strings"
	"testing"
)

func TestSlug(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, test := range []struct{ id, want string }{
		{"clean", "clean"},
		{"0-a_b", "0-a_b"},
		{long[:63], long[:63]},
		{long, long[:54] + "-ffe054fe"},
		{"", "-e3b0c442"},
		{"sync", "sync-75c75efe"},
		{"rescue", "rescue-824ef787"},
		{"resync", "resync"},
		{"Sync", "sync-8d261a37"},
		{"my.job", "my-job-bc373230"},
		{"Clean Files!", "clean-files-631152df"},
		{"_x", "_x-a01e47cb"},
		{"-x", "x-a4209624"},
		{"a--B", "a-b-43b7381b"},
		{"清理", "-9d2998cc"},
		{"../../etc/passwd", "etc-passwd-3754d6cb"},
	} {
		if got := slug(test.id); got != test.want {
			t.Errorf("slug of %q is %q, want %q", test.id, got, test.want)
		}
	}
}

// Two ids share a slug only if one of them is the other one's.
func FuzzSlug(f *testing.F) {
	f.Add("Clean Files", "clean files")
	f.Add("clean-files-b8373ad5", "Clean Files")
	f.Add("", "-")
	f.Add("sync", "rescue")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !slugForm.MatchString(slug(a)) {
			t.Errorf("slug of %q is %q", a, slug(a))
		}
		if reserved[slug(a)] {
			t.Errorf("slug of %q is reserved", a)
		}
		if a != b && slug(a) == slug(b) && slug(a) != a && slug(b) != b {
			t.Errorf("slug of %q and of %q is %q", a, b, slug(a))
		}
	})
}
