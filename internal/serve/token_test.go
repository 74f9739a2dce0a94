package serve

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

func TestTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string, mode os.FileMode) (Token, []string, error) {
		t.Helper()
		if err := errors.Join(os.WriteFile(file, []byte(content), 0o600), os.Chmod(file, mode)); err != nil {
			t.Fatal(err)
		}
		var warned []string
		token, err := NewToken(file, func(remark string) { warned = append(warned, remark) })
		return token, warned, err
	}
	for _, bad := range []string{"", "\n", " \r\n", "a\nb", strings.Repeat("x", maxToken+1)} {
		if _, _, err := write(bad, 0o600); err == nil || problem.Hint(err) == "" {
			t.Errorf("a file with %.10q is taken: %v", bad, err)
		}
	}
	if _, warned, err := write("s3cret\n", 0o644); err != nil || len(warned) != 1 {
		t.Errorf("a file that all can read: %q, %v", warned, err)
	}
	if info, err := os.Stat("/"); err != nil || owned(info) != (os.Geteuid() == 0) {
		t.Errorf("a file of another user counts as ours: %v", err)
	}
	token, warned, err := write("s3cret\r\n", 0o600)
	if err != nil || len(warned) != 0 {
		t.Fatal(warned, err)
	}
	w, _ := newWeb(t, &token)
	denied := []request{
		{"GET", "/", "", 401, "Authorization: Bearer TOKEN"},
		{"GET", "/metrics", "Authorization: Bearer wrong", 401, ""},
		{"GET", "/metrics", "Authorization: Bearer s3cret2", 401, ""},
		{"GET", "/metrics", "Authorization: s3cret", 401, ""},
		{"GET", "/metrics", "Authorization: Bearer ", 401, ""},
		{"GET", "/runs/clean@1/log", "", 401, ""},
		{"POST", "/jobs/clean/trigger", "", 401, ""},
		{"POST", "/jobs/other/trigger", "", 401, ""},
	}
	for _, r := range append(denied, []request{
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/readyz", "", 503, "1 problem; "},
		{"GET", "/readyz", "Authorization: Bearer s3cret", 503, "broken cannot be started"},
		{"GET", "/", "Authorization: Bearer s3cret\nHost: jobs.example", 200, ""},
		{"GET", "/metrics", "Authorization: bearer s3cret", 200, ""},
		{"GET", "/", "Authorization: Basic YW55Ym9keTpzM2NyZXQ=", 200, ""}, // anybody:s3cret
		{"GET", "/", "Authorization: Basic czNjcmV0OmFueWJvZHk=", 401, ""}, // s3cret:anybody
		{"POST", "/jobs/clean/trigger", "Authorization: Bearer s3cret\nSec-Fetch-Site: cross-site", 403, ""},
		{"POST", "/jobs/clean/trigger", "Authorization: Bearer s3cret", 303, ""},
	}...) {
		if out := r.do(t, w); strings.Contains(out.Body.String()+strings.Join(out.Header().Values("WWW-Authenticate"), ""), "s3cret") {
			t.Errorf("%s %s tells the token", r.method, r.path)
		}
	}
	if _, _, err := write("other", 0o600); err != nil {
		t.Fatal(err)
	}
	request{"GET", "/", "Authorization: Bearer s3cret", 401, ""}.do(t, w)
	request{"GET", "/", "Authorization: Bearer other", 200, ""}.do(t, w)
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	request{"GET", "/", "Authorization: Bearer ", 503, "cannot be read"}.do(t, w)
	request{"GET", "/healthz", "", 200, "ok"}.do(t, w)
}

// TestWrongTokens sends many requests with a wrong token: the log has one line.
func TestWrongTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, _ := newWeb(t, &Token{file})
	var log bytes.Buffer
	var flush func()
	w.Log, flush = NewLog(&log, "text")
	for port := range 100 {
		req := httptest.NewRequest("GET", "/metrics", nil)
		req.RemoteAddr = fmt.Sprint("[2001:db8::1]:", 1024+port)
		req.Header.Set("Authorization", "Bearer wr0ng")
		w.handler().ServeHTTP(httptest.NewRecorder(), req)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "from=2001:db8::1\n") {
		t.Errorf("%d lines:\n%s", lines, log.String())
	}
	flush()
	if strings.Contains(log.String(), "wr0ng") {
		t.Error("the log has the token")
	}
}
