package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Badge says how one job is, or all of them.
type Badge struct {
	Label, Message string
	Color          string // as shields.io names it
}

// shield is a badge for shields.io, which wants no other keys.
// https://shields.io/badges/endpoint-badge
type shield struct {
	Version int    `json:"schemaVersion"`
	Label   string `json:"label"`
	Message string `json:"message"`
	Color   string `json:"color"`
}

// Badge returns that of a job.
func (j *Job) Badge() Badge {
	return Badge{j.name(), j.State, lookOf(j.State).badge}
}

// Badge returns that of all jobs: what went wrong in some of them or, if nothing did, how
// most of them are.
func (r *Report) Badge() Badge {
	counts := r.standing()
	if len(counts) == 0 {
		return Badge{"scheduled", "no jobs", "lightgrey"}
	}
	shown := counts[len(counts)-1]
	if !bad(schedule.State(shown.state)) {
		shown = slices.MaxFunc(counts, func(a, b count) int { return cmp.Compare(a.n, b.n) })
	}
	return Badge{"scheduled", fmt.Sprintf("%d of %d %s", shown.n, len(r.Jobs), shown.state), lookOf(shown.state).badge}
}

// JSON returns the badge for shields.io.
func (b Badge) JSON() []byte {
	encoded, err := json.Marshal(shield{1, b.Label, b.Message, b.Color})
	if err != nil {
		panic(err) // strings
	}
	return append(encoded, '\n')
}

// colors are those of shields.io, darker where white text on them could not be read.
var colors = map[string]string{
	"brightgreen": "#2a7d2e", "yellow": "#8f6400", "yellowgreen": "#55731d", "orange": "#b34700", "red": "#c02a2a", "blue": "#0b62a8", "lightgrey": "#6a6a6a",
}

// SVG draws the badge. The width of a text is a guess, which textLength makes true in any
// font.
func (b Badge) SVG() []byte {
	left, right := textWidth(b.Label), textWidth(b.Message)
	width := left + right + 20
	side := func(color string, x, w int) node {
		return element("rect", attrs{"x", fmt.Sprint(x), "width", fmt.Sprint(w), "height", "20", "fill", color})
	}
	words := func(s string, x, w int) node {
		return element("text", attrs{"x", fmt.Sprint(x), "y", "14", "textLength", fmt.Sprint(w), "lengthAdjust", "spacingAndGlyphs"}, text(s))
	}
	return []byte(string(element("svg", attrs{"xmlns", "http://www.w3.org/2000/svg", "width", fmt.Sprint(width), "height", "20", "role", "img", "aria-label", b.Label + ": " + b.Message},
		node(mark),
		element("title", nil, text(b.Label+": "+b.Message)),
		element("clipPath", attrs{"id", "r"}, element("rect", attrs{"width", fmt.Sprint(width), "height", "20", "rx", "3"})),
		element("g", attrs{"clip-path", "url(#r)"}, side("#444", 0, left+10), side(colors[b.Color], left+10, right+10)),
		element("g", attrs{"fill", "#fff", "font-family", "Verdana,Geneva,DejaVu Sans,sans-serif", "font-size", "11"},
			words(b.Label, 5, left), words(b.Message, left+15, right)))) + "\n")
}

// widths are those of characters in Verdana of 11 pixels, or nearly so.
var widths = []struct {
	of    string
	width float64
}{
	{"ijl'", 3.2},
	{`I.,:;|!()[]{}" ftr-/\`, 4.5},
	{"mwMW@%", 10.4},
}

// textWidth guesses the width of a text in Verdana of 11 pixels.
func textWidth(s string) int {
	width := 0.0
	for _, r := range s {
		width += runeWidth(r)
	}
	return max(1, int(width+0.5))
}

func runeWidth(r rune) float64 {
	for _, some := range widths {
		if strings.ContainsRune(some.of, r) {
			return some.width
		}
	}
	switch {
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return 0 // it is drawn with what stands before it
	case r >= firstWide:
		return 11
	case unicode.IsUpper(r):
		return 7.8
	}
	return 6.8
}

// firstWide is the first of the scripts of East Asia, which have square characters.
const firstWide = 0x2e80

// icon is the picture of the page in a browser's tab: the color of the worst state.
func (r *Report) icon() string {
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="` + colors[r.Badge().Color] + `"/></svg>`
}
