package report

import (
	"html"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
)

// node is HTML or SVG. All text of others gets into it through text and element, which
// escape it.
//
// A template would be shorter, but it calls methods by their names: the linker then keeps
// every exported method of every library, which is 4 MiB.
type node string

// text returns a text as HTML.
func text(s string) node { return node(html.EscapeString(s)) }

// attrs are names and values of attributes in turn.
type attrs []string

// element returns an element.
func element(name string, with attrs, inside ...node) node {
	var b strings.Builder
	b.WriteString("<" + name)
	for i := 0; i < len(with); i += 2 {
		b.WriteString(" " + with[i] + `="` + html.EscapeString(with[i+1]) + `"`)
	}
	b.WriteString(">")
	for _, n := range inside {
		b.WriteString(string(n))
	}
	if !void[name] {
		b.WriteString("</" + name + ">")
	}
	return node(b.String())
}

// void has the elements without an end.
var void = map[string]bool{"input": true, "link": true, "meta": true}

// join returns nodes with a text between each two.
func join(nodes []node, between string) node {
	var all []string
	for _, n := range nodes {
		all = append(all, string(n))
	}
	return node(strings.Join(all, between))
}

// isolated returns a text that cannot change the direction of what stands beside it.
func isolated(s string) node { return element("bdi", nil, text(s)) }

// small returns what stands below the main thing of a cell.
func small(inside ...node) node { return element("small", nil, inside...) }

// instant returns a time for people, to the minute.
func instant(t time.Time) node {
	return element("time", attrs{"datetime", t.UTC().Format(time.RFC3339)}, text(past.Minute(t)))
}

// chip returns a state with its color and sign.
func chip(state string) node {
	return element("span", attrs{"class", "chip " + state}, element("i", attrs{"class", "sign"}), text(state))
}

// link returns a link to an address on the web or on this server, or only what would be in
// it if there is none.
func link(address *string, inside ...node) node {
	if !followed(address) {
		return join(inside, "")
	}
	return element("a", attrs{"href", *address}, inside...)
}

// followed reports whether an address may be a link: a browser runs some others.
func followed(address *string) bool {
	return address != nil && (strings.HasPrefix(*address, "https://") || strings.HasPrefix(*address, "http://") || strings.HasPrefix(*address, "/"))
}
