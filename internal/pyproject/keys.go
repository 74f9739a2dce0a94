package pyproject

import "strings"

// maxDepth is how deep arrays and inline tables can be nested. The toml package
// has no limit, and overflows the stack.
const maxDepth = 100

// scanKeys returns where the keys of a TOML document are: one span for each key
// of toml.MetaData.Keys, in the same order.
//
// It is not a parser and assumes a valid document; in any other, its spans are
// of no use beyond the first error. It is needed because the toml package gives
// positions only in its errors, each at the cost of a pass through the file, and
// only those of the value, of the last element of an array of tables, or, if a
// key is "", of another key.
func scanKeys(text string) ([]span, *finding) {
	var keys []span
	var open []byte // the brackets that we are in
	fresh := true   // whether a key comes next
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '\n':
			fresh = fresh || len(open) == 0
			i++
		case c == '#':
			i = skipLine(text, i)
		case c == ']' || c == '}':
			open = open[:max(0, len(open)-1)]
			fresh = false
			i++
		case fresh:
			if c == '[' && len(open) == 0 {
				i = skipAny(text, i, "[ \t")
			}
			end := keyEnd(text, i)
			keys = append(keys, span{i, i + len(strings.TrimRight(text[i:end], " \t"))})
			fresh = false
			i = max(end, i+1)
		case c == '"' || c == '\'':
			i = stringEnd(text, i)
		case c == '[' || c == '{':
			open = append(open, c)
			if len(open) > maxDepth {
				return nil, &finding{span{i, i + 1}, "values are nested too deeply", "nest fewer arrays and tables in one another"}
			}
			fresh = c == '{'
			i++
		default:
			fresh = c == ',' && len(open) > 0 && open[len(open)-1] == '{'
			i++
		}
	}
	return keys, nil
}

// keyEnd returns where the key that begins at i ends: at '=' or ']', or at the
// line's end.
func keyEnd(text string, i int) int {
	for i < len(text) && strings.IndexByte("=]\n", text[i]) < 0 {
		if text[i] == '"' || text[i] == '\'' {
			i = stringEnd(text, i)
		} else {
			i++
		}
	}
	return i
}

// stringEnd returns where the string whose opening quote is at i ends.
func stringEnd(text string, i int) int {
	quote := text[i]
	if long := strings.Repeat(string(quote), 3); strings.HasPrefix(text[i:], long) {
		for i += 3; i < len(text); i++ {
			if quote == '"' && text[i] == '\\' {
				i++
			} else if strings.HasPrefix(text[i:], long) {
				// One or two further quotes belong to the string.
				return skipAny(text, i, long)
			}
		}
		return len(text)
	}
	for i++; i < len(text) && text[i] != '\n'; i++ {
		if quote == '"' && text[i] == '\\' {
			i++
		} else if text[i] == quote {
			return i + 1
		}
	}
	return min(i, len(text))
}

// elements returns where the elements of a key's value are, if it is an array.
func elements(text string, key span) []span {
	var found []span
	depth, at := 0, span{-1, -1} // of the element that we are in
	for i := skipAny(text, key.end, " \t="); i < len(text); i++ {
		c := text[i]
		switch {
		case c == '#':
			i = skipLine(text, i)
			continue
		case c == ']' || c == '}':
			depth--
		case strings.IndexByte(" \t\r\n", c) >= 0:
			continue
		}
		if depth == 0 && c != '[' || depth == 1 && c == ',' {
			if at.start >= 0 {
				found = append(found, at)
			}
			if depth == 0 {
				break
			}
			at = span{-1, -1}
			continue
		}
		if depth > 0 && at.start < 0 {
			at.start = i
		}
		switch c {
		case '[', '{':
			depth++
		case '"', '\'':
			i = stringEnd(text, i) - 1
		}
		at.end = i + 1
	}
	return found
}

// scalar returns a key's value as written, if it is a number or a word: 3.10,
// which as a float is 3.1.
func scalar(text string, key span) string {
	i := skipAny(text, key.end, " \t=")
	end := i
	for end < len(text) && strings.IndexByte(" \t\r\n,]}#", text[end]) < 0 {
		end++
	}
	return text[i:end]
}

func skipLine(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

func skipAny(text string, i int, set string) int {
	for i < len(text) && strings.IndexByte(set, text[i]) >= 0 {
		i++
	}
	return i
}
