// Package pattern has regular expressions that are compiled when they are first used. The
// program starts at each tick, and needs few of them then.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression. Its methods are those of regexp.Regexp.
type Pattern struct {
	text     string
	once     sync.Once
	compiled *regexp.Regexp
}

// New returns the pattern of that text, in the syntax of regexp. It panics at the first use
// if that is wrong; the tests compile all.
func New(text string) *Pattern { return &Pattern{text: text} }

func (p *Pattern) compile() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.text) })
	return p.compiled
}

func (p *Pattern) String() string { return p.text }

func (p *Pattern) Match(b []byte) bool { return p.compile().Match(b) }

func (p *Pattern) MatchString(s string) bool { return p.compile().MatchString(s) }

func (p *Pattern) FindString(s string) string { return p.compile().FindString(s) }

func (p *Pattern) FindIndex(b []byte) []int { return p.compile().FindIndex(b) }

func (p *Pattern) FindStringSubmatch(s string) []string { return p.compile().FindStringSubmatch(s) }

func (p *Pattern) FindStringSubmatchIndex(s string) []int {
	return p.compile().FindStringSubmatchIndex(s)
}

func (p *Pattern) FindAllString(s string, n int) []string { return p.compile().FindAllString(s, n) }

func (p *Pattern) FindAllStringIndex(s string, n int) [][]int {
	return p.compile().FindAllStringIndex(s, n)
}

func (p *Pattern) FindAllStringSubmatch(s string, n int) [][]string {
	return p.compile().FindAllStringSubmatch(s, n)
}

func (p *Pattern) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return p.compile().FindAllStringSubmatchIndex(s, n)
}

func (p *Pattern) ReplaceAll(b, by []byte) []byte { return p.compile().ReplaceAll(b, by) }

func (p *Pattern) ReplaceAllFunc(b []byte, by func([]byte) []byte) []byte {
	return p.compile().ReplaceAllFunc(b, by)
}

func (p *Pattern) ReplaceAllString(s, by string) string { return p.compile().ReplaceAllString(s, by) }

func (p *Pattern) ReplaceAllStringFunc(s string, by func(string) string) string {
	return p.compile().ReplaceAllStringFunc(s, by)
}
