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

// Each span must hold the element that the toml package has read there.
func FuzzElements(f *testing.F) {
	for _, seed := range []string{
		"[]", "[1]", "[ 'a', \"b,]\" ,\n 3.10, # c, ]\n]", "[[1, 2], [3], {a = [4, 5]}, ]", "[\"\"\"\n]\"\\\"\"\"\"\", '''#''']", "1", "{a = [1]}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		const key = "k = "
		var document map[string]any
		text, found := decode([]byte(key + value))
		if found != nil {
			return
		}
		if meta, err := toml.Decode(text, &document); err != nil || meta.Keys()[0].String() != "k" {
			return
		}
		array, ok := document["k"].([]any)
		if !ok {
			return
		}
		spans := elements(text, span{0, 1})
		if len(spans) != len(array) {
			t.Fatalf("%d spans for %d elements", len(spans), len(array))
		}
		for i, at := range spans {
			var alone map[string]any
			if _, err := toml.Decode(key+text[at.start:at.end], &alone); err != nil {
				t.Fatalf("element %d is %q", i, text[at.start:at.end])
			}
		}
	})
}
