package python

import (
	"encoding/json"
	"html"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestReturned(t *testing.T) {
	type row struct {
		target string
		status string // and message
		text   string
		cause  string
	}
	for _, python := range interpreters() {
		for i, want := range []row{
			{"nothing", "", "", ""},
			{"text", "", "two\nlines", ""},
			{"hostile_text", "", `\x1b[31m::error::x` + "\n" + `##[group]\u202e` + "\ufffd" + `\x00`, ""},
			{"empty_text", "", "", ""},
			{"yes", "", "true", ""},
			{"number", "", "42", ""},
			{"fraction", "", "0.5", ""},
			{"not_a_number", "", "nan", ""},
			{"huge_number", "", "1000000000000000000000000000000", ""},
			{"table", "", "{\n  \"é\": [\n    1,\n    null,\n    true\n  ],\n  \"2\": {\n    \"when\": \"2026-11-21\"\n  },\n  \"(1, 2)\": \"0.10\"\n}", ""},
			{"ordered", "", "{\n  \"z\": 1,\n  \"a\": 2\n}", ""},
			{"pair", "", "[\n  \"a\",\n  [\n    3\n  ]\n]", ""},
			{"named_pair", "", "{\n  \"x\": 1,\n  \"y\": 2\n}", ""},
			{"data", "", "{\n  \"rows\": 3,\n  \"kinds\": [\n    \"a\"\n  ],\n  \"where\": {\n    \"x\": 1,\n    \"y\": 2\n  }\n}", ""},
			{"a_class", "", "<class 'jobs.returns.Count'>", ""},
			{"unspoken", "", "", ""},
			{"quiet", "", "", ""},
			{"spoken", "", "spoken", ""},
			{"spoken_within", "", "[\n  \"spoken\"\n]", ""},
			{"broken", "", "<str() failed>", ""},
			{"broken_within", "", "[\n  1,\n  \"<str() failed>\"\n]", ""},
			{"broken_list", "", "[1]", ""},
			{"broken_number", "", "3", ""},
			{"mute", "", "mute", ""},
			{"circle", "", "[\n  \"…\"\n]", ""},
			{"awaited", "", "42", ""},
			{"awaits_generator", "", "", "returned a generator: its body never ran"},
			{"everything", "", "everything", ""},

			// Those that have a status.
			{"done", "ok: 3 rows", "{\n  \"rows\": 3\n}", ""},
			{"done_dict", "success", "{\n  \"rows\": 3\n}", ""},
			{"failed", "failed: 3 of 7 files missing", "a\nb", "returned status failed: 3 of 7 files missing"},
			{"failed_dict", "ERROR", "", "returned status ERROR"},
			{"failed_awaited", "Timed out", "", "returned status Timed out"},
			{"broken_status", "failed: no", "", "returned status failed: no"},
			{"failed_data", "False: no", "{\n  \"rows\": 3\n}", "returned status False: no"},
			{"done_data", "True: no", "{\n  \"rows\": 3\n}", ""},
			{"exit_code", "2", "", "returned status 2"},
			{"exit_zero", "0", "", ""},
			{"http_fine", "204", "", ""},
			{"http_gone", "410: gone", "", "returned status 410: gone"},
			{"state_ok", "OK", "", ""},
			{"state_failed", "FAILED", "", "returned status FAILED"},
			{"state_bad", "BAD", "", "returned status BAD (error)"},
			{"http_member", "NOT_FOUND: gone", "", "returned status NOT_FOUND (404): gone"},
			{"http_member_fine", "NO_CONTENT", "", ""},
			{"http_float", "404.0", "", "returned status 404.0"},
			{"exit_fraction", "0.0", "", ""},
			{"no_number", "nan", "", "returned status nan"},
			{"http_decimal", "500", "", "returned status 500"},
			{"numpy_false", "False", "", "returned status False"},
			{"failed_some", "FAILED: 3 rows", "", "returned status FAILED: 3 rows"},
			{"failed_none", "0 failed", "", ""},
			{"unfailing", "errorless", "", ""},
			{"not_ok", "Not OK.", "", "returned status Not OK."},
			{"knocked_out", "KO", "", "returned status KO"},
			{"killed", "[killed]", "", "returned status [killed]"},
			{"no_word", "", "{\n  \"status\": \"\",\n  \"message\": null,\n  \"output\": null\n}", ""},
			{"namespace", "cancelled", "", "returned status cancelled"},
			{"status_of_others", "", "", ""},
			{"read_only", "failed", "", "returned status failed"},
			{"speechless", "", "", ""},
			{"exiting", "", "", ""},
			{"exhausted", "", "", ""},
			{"in_progress", "partial", "", ""},
		} {
			if leftOut(i) {
				continue
			}
			t.Run(filepath.Base(python)+"/"+want.target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, "flat", "jobs.returns:"+want.target)
				e.Launcher.Args = []string{python}
				o, _, _ := run(t, e)
				got := row{target: want.target, cause: o.Cause}
				if o.Returned != nil {
					got.status, got.text = o.Returned.StatusLine(), o.Returned.Text()
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
}

// However much an entrypoint returns, little of it is shown.
func TestReturnedMuch(t *testing.T) {
	for _, python := range interpreters() {
		for _, target := range []string{"long_text", "long_list", "wide_table", "deep"} {
			t.Run(filepath.Base(python)+"/"+target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, "flat", "jobs.returns:"+target)
				e.Launcher.Args = []string{python}
				o, _, _ := run(t, e)
				if !o.OK || o.Returned == nil {
					t.Fatalf("got %+v", o)
				}
				text := o.Returned.Text()
				if len(text) > 10_000 || len(o.Returned.Value) > 30_000 || !strings.Contains(text, "…") || strings.Count(text, "[") > 21 {
					t.Errorf("%d bytes of %d: %.80q … %q", len(text), len(o.Returned.Value), text, text[len(text)-20:])
				}
			})
		}
	}
}

// No part of a secret is revealed, wherever a text is cut.
func TestSecrets(t *testing.T) {
	const first, second = "first'hush", `second\hush"line`
	for _, python := range interpreters() {
		for target, cause := range map[string]string{
			"text":           "",
			"parts":          "",
			"at_the_cut":     "",
			"status":         "returned status failed ***: yyy",
			"failing_secret": "returned status ***",
			"raises":         "KeyError: '***'",
			"raises_long":    "ValueError: ***zzz",
			"exits":          "exit code 1: ***",
			"raises_class":   "jobs.secrets.***: bad",
			"raises_module":  "***.Leak",
			"exits_with":     "exit code ***",
			"dies_with":      "exit code ***",
			"forges":         "***",
		} {
			t.Run(filepath.Base(python)+"/"+target, func(t *testing.T) {
				t.Parallel()
				e := entrypoint(t, "flat", "jobs.secrets:"+target)
				e.Launcher.Args = []string{python}
				e.Env = append(e.Env, "TOKEN="+first+"\n"+second, "PIN=4711\n", "CODE=97", "WORD=failed", "NONE=")
				e.Secrets = []string{"TOKEN", "PIN", "CODE", "WORD", "NONE", "MISSING"}
				if target == "status" {
					e.Secrets = []string{"TOKEN"}
				}
				o, _, _ := run(t, e)
				if !strings.HasPrefix(o.Cause, cause) || (o.Cause == "") != (cause == "") {
					t.Errorf("cause %q, want %q", o.Cause, cause)
				}
				told := o.Cause + o.Hint + o.Exception + o.Python + o.Traceback
				if r := o.Returned; r != nil {
					told += string(r.Value) + r.StatusLine() + r.Message + r.Text() + string(r.Rest)
				}
				if !strings.Contains(told, "***") {
					t.Errorf("nothing is masked in %q", told)
				}
				for _, secret := range []string{"first", "second", "hush", "4711", "97", "\n::"} {
					if strings.Contains(told, secret) {
						t.Errorf("%q is revealed", secret)
					}
				}
			})
		}
	}
}

// A generator is refused, with a way out.
func TestHint(t *testing.T) {
	for target, want := range map[string]string{
		"jobs.returns:awaits_generator": "a function that loops over it",
		"jobs.fails:generator":          "a function that loops over it",
		"jobs.fails:needs":              "give each a default",
		"jobs.fails:value_error":        "",
	} {
		o, _, _ := run(t, entrypoint(t, "flat", target))
		if !strings.Contains(o.Hint, want) || (o.Hint == "") != (want == "") || o.Refused != (want != "") {
			t.Errorf("%s: %+v", target, o)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{`null`, `""`, `"a\nb"`, `{"a":[1,null]}`, `"\u001b[31m\u202e\ud800"`, `"<b>&amp;'"`, `"` + strings.Repeat("é", 9000) + `"`, `"` + strings.Repeat("<", 300) + `"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if !json.Valid(value) {
			return
		}
		r := Returned{Value: value}
		text := r.Text()
		if len(text) > 10_000 || !utf8.ValidString(text) {
			t.Errorf("%d bytes: %q", len(text), text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }) {
			t.Errorf("%q has what cannot be printed", text)
		}
		escaped := r.HTML(500)
		if len(escaped) > 500 || !strings.Contains(escaped, "(cut at ") && html.UnescapeString(escaped) != text {
			t.Errorf("%d bytes of HTML: %q", len(escaped), escaped)
		}
	})
}
