package serve

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Token is the file with the token that requests need.
type Token struct{ file string }

// maxToken is the size of a file with a token, in bytes.
const maxToken = 4096

// NewToken returns the token in a file. The error says why it cannot be used; warn says what
// is odd about it.
func NewToken(file string, warn func(string)) (Token, error) {
	t := Token{file}
	if _, err := t.read(); err != nil {
		return t, problem.WithHint(err, "write one long random line into it, such as `openssl rand -hex 32` prints")
	}
	const others = 0o004
	if info, err := os.Stat(file); err == nil && info.Mode()&others != 0 && owned(info) { // else it may be readable to us by that alone
		warn(fmt.Sprintf("every user of this machine can read the token in %s: `chmod 600` makes it private", problem.Show(file)))
	}
	return t, nil
}

// read reads the token: each time anew, since it may have been replaced.
func (t Token) read() ([]byte, error) {
	file, err := os.Open(t.file)
	if err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	if err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	token := bytes.TrimRight(content, "\r\n")
	switch {
	case len(bytes.TrimSpace(token)) == 0:
		return nil, fmt.Errorf("the token file %s is empty", problem.Show(t.file))
	case len(content) > maxToken || bytes.ContainsAny(token, "\r\n"):
		return nil, fmt.Errorf("the token file %s has more than one line, or more than %d bytes", problem.Show(t.file), maxToken)
	}
	return token, nil
}

// admits reports whether a request has the token: as a bearer, or as the password of any
// user, for which a browser asks. The error says why no request is admitted.
func (t Token) admits(r *http.Request) (bool, error) {
	want, err := t.read()
	if err != nil {
		return false, err
	}
	given, found := "", false
	if scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		given, found = strings.TrimSpace(rest), true
	} else if _, password, ok := r.BasicAuth(); ok {
		given, found = password, true
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256(want)
	return found && subtle.ConstantTimeCompare(a[:], b[:]) == 1, nil
}
