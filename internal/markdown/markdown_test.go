package markdown_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// nodes returns the kinds of the nodes that a text has, outermost first.
func nodes(source string) (kinds []string) {
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader([]byte(source)))
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			kinds = append(kinds, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	return kinds
}

// FuzzCode checks that any line is code and nothing but code.
func FuzzCode(f *testing.F) {
	for _, seed := range []string{"a", "`", "``a`", "*b* @me #1 <!-- x", "a`", "a|b", " "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if line == "" || strings.ContainsAny(line, "\r\n\x00") {
			t.Skip()
		}
		got := nodes("x " + markdown.Code(line) + " x")
		for _, kind := range got {
			if kind != "Document" && kind != "Paragraph" && kind != "Text" && kind != "CodeSpan" {
				t.Fatalf("%q is %v", line, got)
			}
		}
		if !strings.Contains(strings.Join(got, " "), "CodeSpan") {
			t.Fatalf("%q is no code: %v", line, got)
		}
	})
}

// FuzzFenced checks that nothing in a block of code ends it.
func FuzzFenced(f *testing.F) {
	for _, seed := range []string{"a\n", "```\n", "````\n# b\n", "~~~\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		if strings.ContainsAny(lines, "\r\x00") {
			t.Skip()
		}
		if lines != "" && !strings.HasSuffix(lines, "\n") {
			lines += "\n"
		}
		if got := nodes(markdown.Fenced("sh", lines)); strings.Join(got, " ") != "Document FencedCodeBlock" {
			t.Fatalf("%q is %v", lines, got)
		}
	})
}

func TestRow(t *testing.T) {
	table := "| a | b |\n|---|---|\n" + markdown.Row(markdown.Code("x|y"), "z")
	var out bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(table), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "<td><code>x|y</code></td>\n<td>z</td>") {
		t.Error(out.String())
	}
}

func TestFirstLines(t *testing.T) {
	for _, test := range []struct {
		limit int
		want  string
	}{{100, "ab\ncd\n"}, {6, "ab\ncd\n"}, {5, "ab\n"}, {2, ""}, {-1, ""}} {
		if got := markdown.FirstLines("ab\ncd\n", test.limit); got != test.want {
			t.Errorf("%d: %q, want %q", test.limit, got, test.want)
		}
	}
}

func TestFoldedAndClean(t *testing.T) {
	if got := markdown.Folded("T", "<b>&"); !strings.Contains(got, "<pre>&lt;b&gt;&amp;</pre>") {
		t.Error(got)
	}
	if got := markdown.Clean("a\r\n\x1b\u202eb\tc"); got != "a\n\ufffd\ufffdb\tc" {
		t.Errorf("%q", got)
	}
}
