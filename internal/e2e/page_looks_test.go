//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/performance"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// pictures is for people, who look at them: see `make pictures`.
var pictures = flag.String("pictures", "", "folder to write pictures of the page to")

// themes of a reader, and what they have for a background.
var themes = map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}

// screens are sizes of windows.
var screens = []struct{ width, height int64 }{{320, 640}, {768, 1024}, {1280, 900}}

// testAxe has axe-core look for what keeps people out. Of many jobs it sees the first rows: the
// others are alike, and would take it half a minute.
func testAxe(t *testing.T, p *pages) {
	for name, w := range p.all() {
		tab := p.open(t, w.page())
		tab.size(1280, 900)
		eval[any](tab, `document.querySelectorAll("tr[data-job]").forEach((row, i) => i >= 15 && row.remove())`)
		tab.axe(name)
		tab.quiet()
	}
}

// axe has axe-core look at what a tab shows, in both themes.
func (t *tab) axe(name string) {
	t.Helper()
	file := os.Getenv("AXE")
	if file == "" {
		t.Fatal("AXE names no script: use make e2e")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	eval[any](t, string(axe)+"; null")
	for _, theme := range []string{"light", "dark"} {
		t.media("prefers-color-scheme", theme)
		rules := ""
		if theme == "dark" { // only its colors are others
			rules = "runOnly: ['color-contrast'], "
		}
		for _, found := range eval[[]string](t, `axe.run({`+rules+`resultTypes: ["violations"]}).then((found) => found.violations.flatMap((v) =>
			v.nodes.slice(0, 3).map((node) => v.impact + " " + v.id + ": " + node.html.slice(0, 200) + "\n" + node.failureSummary)))`) {
			t.Errorf("%s, %s: %s", name, theme, found)
		}
	}
}

// sticksOut returns what reaches beyond the window, or beyond the element that would hide the rest.
const sticksOut = `(() => {
	if (document.documentElement.scrollWidth > innerWidth) return ["the page is " + document.documentElement.scrollWidth + " wide"];
	const out = [];
	for (const e of document.querySelectorAll("body *:not(script)")) {
		const r = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (r.width <= 1 || r.height <= 1 || !e.checkVisibility()) continue; // it is for screen readers, or hidden
		if (r.left < -0.5 || r.right > innerWidth + 0.5) out.push(e.outerHTML.slice(0, 120) + " from " + r.left + " to " + r.right);
		else if (style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1 && e.localName !== "input") out.push(e.outerHTML.slice(0, 120) + " is clipped");
	}
	return out.slice(0, 3);
})()`

// textsStickOut returns the texts of windows that reach beyond the window of the browser,
// when the focus is on them: the first, the last and a middle one of some rows.
const textsStickOut = `(() => {
	const out = [];
	for (const row of [...document.querySelectorAll("tr[data-job]")].slice(0, 3)) {
		const cells = row.querySelectorAll("td[data-state] > *");
		for (const cell of [cells[0], cells[cells.length >> 1], cells[cells.length - 1]]) {
			if (!cell) continue;
			cell.tabIndex = 0;
			cell.focus();
			const r = cell.querySelector("span").getBoundingClientRect();
			if (r.left < 0 || r.right > innerWidth || r.width < 50 || r.top < 0 || r.bottom > innerHeight) out.push(cell.textContent + " " + JSON.stringify(r));
		}
	}
	return out;
})()`

func testSizes(t *testing.T, p *pages) {
	looked := p.all()
	if *pictures != "" {
		looked["shop"] = shopJobs(t, p.program)
		tab := p.tab(t)
		tab.size(1280, 1000)
		tab.visit(looked["shop"].page())
		write(t, filepath.Join(*pictures, "report.png"), reduced(t, tab.photograph(1000)))
	}
	for name, w := range looked {
		tab := p.tab(t)
		for _, screen := range screens {
			tab.size(screen.width, screen.height)
			tab.visit(w.page())
			fits := func(how string) {
				t.Helper()
				for _, wrong := range eval[[]string](tab, sticksOut) {
					t.Errorf("%s, %d pixels%s: %s", name, screen.width, how, wrong)
				}
			}
			fits("")
			if *pictures != "" {
				for theme := range themes {
					tab.media("prefers-color-scheme", theme)
					write(t, filepath.Join(*pictures, fmt.Sprintf("%s-%d-%s.png", name, screen.width, theme)), tab.photograph(3*screen.height))
				}
			}
			for _, wrong := range eval[[]string](tab, textsStickOut) {
				t.Errorf("%s, %d pixels: the text of a window is not in it: %s", name, screen.width, wrong)
			}
			if screen.width > 320 {
				eval[string](tab, `document.documentElement.style.fontSize = "200%"`)
				fits(", text of double size")
			}
		}
	}
}

// reduced returns a picture with its 128 most frequent colors alone, which is a third in size.
func reduced(t testing.TB, picture []byte) []byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[color.Color]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			counts[img.At(x, y)]++
		}
	}
	colors := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	few := image.NewPaletted(img.Bounds(), colors[:min(128, len(colors))])
	draw.Draw(few, few.Bounds(), img, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// states are all that a window can have.
var states = []schedule.State{schedule.StateConfirmed, schedule.StateLate, schedule.StateRescued, schedule.StateRunning, schedule.StateFailed,
	schedule.StatePaused, schedule.StateDue, schedule.StateExpired, schedule.StateMissed, schedule.StateUnknown}

// look returns how the cell of a window with a state is drawn: its color, and its shape.
const look = `(() => {
	const cell = document.querySelector("td[data-state]");
	cell.dataset.state = %s;
	const style = getComputedStyle(cell.firstElementChild, "::before"), fill = style.backgroundImage;
	return [style.borderTopColor, style.height, style.borderTopWidth, style.backgroundColor === "rgba(0, 0, 0, 0)", fill.replace(/rgba?\([^)]*\)/g, "color")].map(String);
})()`

// testThemes demands colors that can be seen on each background, and shapes that differ
// without them.
func testThemes(t *testing.T, p *pages) {
	tab := p.open(t, p.one.page())
	for theme, background := range themes {
		for _, forced := range []string{"none", "active"} {
			tab.media("prefers-color-scheme", theme, "forced-colors", forced)
			back := eval[string](tab, `getComputedStyle(document.body).backgroundColor`)
			if forced == "none" && back != background {
				t.Errorf("%s: the background is %s, want %s", theme, back, background)
			}
			shapes := map[string]schedule.State{}
			for _, state := range states {
				drawn := eval[[]string](tab, look, state)
				if contrast := contrast(t, drawn[0], back); contrast < 3 {
					t.Errorf("%s, forced colors %s: %s is %s on %s, which is a contrast of %.2f", theme, forced, state, drawn[0], back, contrast)
				}
				shape := strings.Join(drawn[1:], " ")
				if other, taken := shapes[shape]; taken {
					t.Errorf("%s has the shape of %s: %s", state, other, shape)
				}
				shapes[shape] = state
			}
		}
	}
}

var channel = regexp.MustCompile(`[\d.]+`)

// contrast is that of two colors as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio has it.
func contrast(t testing.TB, one, other string) float64 {
	t.Helper()
	luminance := func(color string) (sum float64) {
		channels := channel.FindAllString(color, -1)
		if len(channels) != 3 {
			t.Fatalf("%q is no opaque color", color)
		}
		for i, share := range []float64{0.2126, 0.7152, 0.0722} {
			c, err := strconv.ParseFloat(channels[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			if c /= 255; c <= 0.04045 {
				sum += share * c / 12.92
			} else {
				sum += share * math.Pow((c+0.055)/1.055, 2.4)
			}
		}
		return sum
	}
	a, b := luminance(one), luminance(other)
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

// testMedia prints a page, and looks whether anything moves.
func testMedia(t *testing.T, p *pages) {
	tab := p.open(t, p.hostile.page())
	if n := eval[int](tab, `document.getAnimations().length + [...document.querySelectorAll("*")].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length`); n > 0 {
		t.Errorf("%d elements move", n)
	}
	tab.size(700, 900)
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	printed := eval[[]string](tab, `(() => {
		const sign = getComputedStyle(document.querySelector("td[data-state] > *"), "::before"), body = getComputedStyle(document.body);
		return [sign.printColorAdjust, body.color, String(document.querySelector("form").checkVisibility()), String(document.documentElement.scrollWidth <= innerWidth)];
	})()`)
	if printed[0] != "exact" || contrast(t, printed[1], "rgb(255, 255, 255)") < 7 || printed[2] != "false" || printed[3] != "true" {
		t.Errorf("on paper: signs %s, text %s, filters %s, fits %s", printed[0], printed[1], printed[2], printed[3])
	}
}

// testBudget limits what makes a page slow, since no test may measure time.
func testBudget(t *testing.T, p *pages) {
	tab := p.tab(t)
	call(tab, performance.Enable, performance.EnableParams{})
	tab.visit(p.hundred.page())
	info, err := os.Stat(p.hundred.page())
	if err != nil {
		t.Fatal(err)
	}
	cells := eval[int64](tab, `document.querySelectorAll("td[data-state]").length`)
	elements := eval[int64](tab, `document.querySelectorAll("*").length`)
	if elements > 4*cells || info.Size() > 200*cells {
		t.Errorf("%d cells are %d elements and %d bytes", cells, elements, info.Size())
	}
	for _, metric := range call(tab, performance.GetMetrics, cdp.Empty{}).Metrics {
		if (metric.Name == "LayoutCount" || metric.Name == "RecalcStyleCount") && metric.Value > 10 {
			t.Errorf("%s: %v", metric.Name, metric.Value)
		}
	}
}

// BenchmarkPage opens the page of 100 jobs with 200 windows. It reports the medians, in milliseconds:
// until something is to be seen; until all of it is drawn, two frames after it was loaded; and
// the time of a processor that this took in the thread of the page, which depends less on
// what else the machine does.
func BenchmarkPage(b *testing.B) {
	program, _ := build(b)
	page := hundredJobs(b, program).page()
	tab := startBrowser(b).tab(b)
	tab.size(1280, 900)
	call(tab, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	took := map[string][]time.Duration{}
	busy := 0.0
	for b.Loop() {
		tab.visit(page)
		for name, ms := range eval[map[string]float64](tab, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
			done({"seen-ms": performance.getEntriesByName("first-contentful-paint")[0].startTime, "drawn-ms": performance.now()}))))`) {
			took[name] = append(took[name], time.Duration(ms*float64(time.Millisecond)))
		}
		before := busy
		for _, metric := range call(tab, performance.GetMetrics, cdp.Empty{}).Metrics {
			if metric.Name == "TaskDuration" {
				busy = metric.Value
			}
		}
		if busy < before { // the page has another process now
			before = 0
		}
		took["busy-ms"] = append(took["busy-ms"], time.Duration((busy-before)*float64(time.Second)))
	}
	for name, times := range took {
		b.ReportMetric(1000*median(times), name)
	}
	b.ReportMetric(0, "ns/op")
}
