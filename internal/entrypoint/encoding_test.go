package entrypoint

import (
	"strings"
	"testing"
	"testing/fstest"
)

// Without Python, sources in an encoding that only Python knows are left open, and
// ones that no Python would read are refused.
func TestEncodings(t *testing.T) {
	for _, test := range []struct{ target, source, want string }{
		{"main", "\ufeff# coding: utf-8\ndef main(): pass\n", "ok"},
		{"main", "#!/usr/bin/python\r\n# -*- coding: UTF_8 -*-\r\ndef main(): pass\n", "ok"},
		{"main", "# coding: shift_jis\nx = '\x95\\'\ndef main(): pass\n", "unknown: "},
		{"main", "# vim: set fileencoding=gbk :\nx = '\x95\\'\n", "unknown: "},
		{"grün", "# coding: latin-1\ndef gr\xfcn(): pass\n", "ok"},
		{"other", "# coding: latin-1\ndef gr\xfcn(): pass\n", "problem: "},
		{"main", "\n\n# coding: gbk\n", `problem: module "m" has no attribute "main"`},
		{"main", "x = '\xe9'\ndef main(): pass\n", `problem: module "m" cannot be imported: m.py:1: it is not in UTF-8`},
	} {
		p := New(Project{Repo: fstest.MapFS{"m.py": {Data: []byte(test.source)}}, Dir: "."})
		if got := strings.TrimSpace(show(p.Prove("m:" + test.target))); !strings.HasPrefix(got, test.want) {
			t.Errorf("%q: got %s, want %s", test.source, got, test.want)
		}
	}
}
