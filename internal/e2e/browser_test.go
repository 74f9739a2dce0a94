//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	console "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is for what would never end. Nothing is measured by it.
const patience = 8 * time.Minute

// browser is a Chromium that runs. Each test has a tab of its own.
type browser struct{ ctx context.Context }

func startBrowser(t testing.TB) browser {
	t.Helper()
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		t.Fatal("CHROMIUM names no program: use make e2e")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "en"))
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", chromium, err)
	}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended
		end()
		release()
	})
	return browser{ctx}
}

// tab is a tab of the browser, and what happens in it.
type tab struct {
	testing.TB
	ctx    context.Context
	server string // the only address that is reached; "" for none

	guard sync.Mutex
	asked []string // addresses that were asked for, without those that have their data in them
	wrong []string // what the console tells, and dialogs
}

// tab opens a new tab.
func (b browser) tab(t testing.TB) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx)
	tab := &tab{TB: t}
	var cancel context.CancelFunc
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	tab.ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(func() { cancel(); end() })
	if err := chromedp.Listen(tab.ctx, tab.heard); err != nil {
		t.Fatal(err)
	}
	call(tab, network.Enable, network.EnableParams{})
	call(tab, console.Enable, cdp.Empty{})
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "http*"}}})
	return tab
}

// open opens a file in a new tab.
func (b browser) open(t testing.TB, file string) *tab {
	t.Helper()
	tab := b.tab(t)
	tab.visit(file)
	return tab
}

// visit opens a file, which may have a fragment.
func (t *tab) visit(file string) {
	t.Helper()
	t.do(chromedp.Navigate("file://" + filepath.ToSlash(file)))
}

func (t *tab) heard(event any) {
	t.guard.Lock()
	defer t.guard.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(event.Request.URL, "data:") {
			t.asked = append(t.asked, event.Request.URL)
		}
	case *fetch.EventRequestPaused: // nothing leaves this machine; a listener must not wait for an answer
		if t.server != "" && strings.HasPrefix(event.Request.URL, t.server+"/") {
			go chromedp.Call(t.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: event.RequestID})
			return
		}
		go chromedp.Call(t.ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: event.RequestID, ResponseCode: 200, Body: []byte("elsewhere")})
	case *runtime.EventExceptionThrown:
		t.wrong = append(t.wrong, fmt.Sprint("exception: ", event.ExceptionDetails.Text, " ", event.ExceptionDetails.URL))
	case *runtime.EventConsoleAPICalled:
		t.wrong = append(t.wrong, fmt.Sprint("console: ", event.Type))
	case *console.EventEntryAdded:
		t.wrong = append(t.wrong, fmt.Sprint(event.Entry.Level, ": ", event.Entry.Text, " ", event.Entry.URL))
	case *page.EventJavascriptDialogOpening:
		t.wrong = append(t.wrong, "dialog: "+event.Message)
		go chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
	}
}

// requests returns what was asked for since the last call.
func (t *tab) requests() (asked []string) {
	t.guard.Lock()
	defer t.guard.Unlock()
	asked, t.asked = t.asked, nil
	return asked
}

// quiet demands that nothing went wrong in the tab.
func (t *tab) quiet() {
	t.Helper()
	t.guard.Lock()
	defer t.guard.Unlock()
	for _, wrong := range t.wrong {
		t.Error(wrong)
	}
}

func (t *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// call gives the browser a command of its protocol.
func call[P, R any](t *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(t.ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// eval returns the value of an expression, or of its promise. The expression has %s for
// each argument.
func eval[T any](t *tab, expression string, args ...any) T {
	t.Helper()
	value, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](filled(t, expression, args), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func filled(t testing.TB, expression string, args []any) string {
	var quoted []any
	for _, arg := range args {
		encoded, err := json.Marshal(arg)
		if err != nil {
			t.Fatal(err)
		}
		quoted = append(quoted, string(encoded))
	}
	if quoted == nil {
		return expression
	}
	return fmt.Sprintf(expression, quoted...)
}

// until waits until an expression is true.
func (t *tab) until(expression string, args ...any) {
	t.Helper()
	for end := time.Now().Add(patience / 8); !eval[bool](t, expression, args...); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("this is never true: %s", filled(t, expression, args))
		}
	}
}

// size sets the size of the window.
func (t *tab) size(width, height int64) {
	t.Helper()
	call(t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

// media sets media features, as a reader's settings do: names and values in turn.
func (t *tab) media(features ...string) {
	t.Helper()
	set := emulation.SetEmulatedMediaParams{}
	for i := 0; i < len(features); i += 2 {
		set.Features = append(set.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	call(t, emulation.SetEmulatedMedia, set)
}

// press presses keys, one after the other.
func (t *tab) press(keys ...string) {
	t.Helper()
	for _, key := range keys {
		t.do(chromedp.KeyEvent(key))
	}
}

// at returns the middle of an element, and scrolls there.
func (t *tab) at(selector string) (x, y float64) {
	t.Helper()
	at := eval[[]float64](t, `(() => {
		const e = document.querySelector(%s);
		e.scrollIntoView({block: "center"});
		const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`, selector)
	return at[0], at[1]
}

// point moves the mouse to an element.
func (t *tab) point(selector string) {
	t.Helper()
	x, y := t.at(selector)
	t.do(chromedp.MouseEvent(chromedp.MouseMoved, x, y))
}

// tap taps an element with a finger.
func (t *tab) tap(selector string) {
	t.Helper()
	x, y := t.at(selector)
	call(t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}})
	call(t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
}

// photograph returns a picture of the page from its top, at most that high.
func (t *tab) photograph(height int64) []byte {
	t.Helper()
	size := eval[[]float64](t, `[innerWidth, Math.min(document.documentElement.scrollHeight, %s)]`, height)
	return call(t, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true), Clip: &page.Viewport{Width: size[0], Height: size[1], Scale: 1},
	}).Data
}
