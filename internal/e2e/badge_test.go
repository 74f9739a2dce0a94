//go:build e2e

package e2e

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shield is what shields.io takes. https://shields.io/badges/endpoint-badge
const shield = `{
	"type": "object",
	"required": ["schemaVersion", "label", "message"],
	"additionalProperties": false,
	"properties": {
		"schemaVersion": {"const": 1},
		"label": {"type": "string"},
		"message": {"type": "string", "minLength": 1},
		"color": {"enum": ["brightgreen", "green", "yellow", "yellowgreen", "orange", "red", "blue", "grey", "lightgrey"]}
	}
}`

// drawnBadge is a badge as the browser draws it: the sizes that its texts have, and would
// have without being fitted.
type drawnBadge struct {
	Label  string
	Width  float64
	Fits   bool
	Shares []float64
}

// testBadges draws badges and holds them against what shields.io takes.
func testBadges(t *testing.T, p *pages) {
	tab := p.tab(t)
	compiler := jsonschema.NewCompiler()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(shield))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("shield.json", document); err != nil {
		t.Fatal(err)
	}
	schema := compiler.MustCompile("shield.json")
	badges, err := filepath.Glob(filepath.Join(p.hostile.folder, "badges", "*.svg"))
	if err != nil || len(badges) != len(hostileIDs)+1 {
		t.Fatalf("%d badges, %v", len(badges), err)
	}
	for _, file := range badges {
		name := filepath.Base(file)
		content, err := os.ReadFile(strings.TrimSuffix(file, ".svg") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
		if err == nil {
			err = schema.Validate(instance)
		}
		if err != nil {
			t.Errorf("%s: shields.io does not take %s: %v", name, content, err)
		}
		if content, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		for decoder := xml.NewDecoder(bytes.NewReader(content)); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is no XML: %v", name, err)
			}
		}
		tab.visit(file)
		drawn := eval[drawnBadge](tab, `(() => {
			const texts = [...document.querySelectorAll("text")], sides = [...document.querySelectorAll("g > rect")].map((rect) => rect.getBBox());
			const boxes = texts.map((text) => text.getBBox());
			const fitted = texts.map((text) => text.getComputedTextLength());
			for (const text of texts) text.removeAttribute("textLength");
			return {
				Label: texts[0].textContent, Width: document.documentElement.width.baseVal.value,
				Fits: texts.length === 2 && boxes.every((box, i) => box.x >= sides[i].x + 2 && box.x + box.width <= sides[i].x + sides[i].width - 2 && box.y >= 0 && box.y + box.height <= 20),
				Shares: texts.map((text, i) => fitted[i] / text.getComputedTextLength()),
			};
		})()`)
		if !drawn.Fits || drawn.Width > 600 {
			t.Errorf("%s: a text is clipped, or the badge too wide: %+v", name, drawn)
		}
		for i, share := range drawn.Shares {
			if i == 0 && strings.ContainsAny(drawn.Label, "日👩م") { // this machine may have no font for it
				continue
			}
			if share < 0.8 || share > 1.3 {
				t.Errorf("%s: a text is squeezed or stretched to %.2f of its width: %+v", name, share, drawn)
			}
		}
	}
	tab.quiet()
}
