package pyproject

import (
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
)

// Each span must hold the key that the toml package has read there: all of it
// in a table's header, its last parts before an '='.
func FuzzScanKeys(f *testing.F) {
	addFixtures(f)
	for _, seed := range []string{
		"a.b . 'c d'.\"\\\"]\" = 1 # '\n[ x . y ]\nz = [ [ 1, '[' ], { q = { }, r.s = [{t=1}] } , ]\n[[x.w]]\n[[x.w]]\n\"\" = 1\n'' = 2",
		"a = \"\"\"\nb = 1 \\\"\"\"\"\"\"\nc = '''\n[d]\n'''''\n\"\"=\"\\\"=\"\n'' .\"\"={''=1}",
		"a = {\n b = 1, # }\n c = [\n{d = 1},\n],\n}\r\ne = 1979-05-27 07:32:00Z\r\n[f]# [g]\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, found := decode(data)
		if found != nil {
			return
		}
		spans, found := scanKeys(text)
		if found != nil {
			return
		}
		meta, err := toml.Decode(text, &map[string]any{})
		if err != nil {
			return
		}
		keys := meta.Keys()
		if len(spans) != len(keys) {
			t.Fatalf("%d spans for the %d keys %v", len(spans), len(keys), keys)
		}
		for i, at := range spans {
			written, err := toml.Decode(text[at.start:at.end]+"=0", &map[string]any{})
			if err != nil {
				t.Fatalf("span of key %v is %q", keys[i], text[at.start:at.end])
			}
			parts := written.Keys()[0]
			if len(parts) > len(keys[i]) || !slices.Equal(parts, keys[i][len(keys[i])-len(parts):]) {
				t.Fatalf("span of key %v is %q", keys[i], text[at.start:at.end])
			}
		}
	})
}
