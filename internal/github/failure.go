package github

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Unreadable is the error of a history that could not be read. Whether the
// window is confirmed is then unknown, and unknown means run.
type Unreadable struct {
	Now time.Time // GitHub's clock, UTC; zero if no answer had it

	status    int           // of GitHub's answer; 0 if there was none
	message   string        // on one line and without the token
	limited   bool          // by a rate limit
	wait      time.Duration // how long GitHub asks to wait; negative if it does not say
	anonymous bool          // no token was sent
}

// unreadable describes a request for something of the repository that failed.
// resp is nil if there was no answer.
func (c *Client) unreadable(what string, resp *http.Response, err error) *Unreadable {
	u := &Unreadable{wait: -1, anonymous: c.token == ""}
	if resp == nil {
		resp = &http.Response{}
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the rest is the URL
	}
	said := err.Error()
	u.status, u.Now = resp.StatusCode, date(resp.Header)
	u.limited = isLimit(resp, said)
	u.wait = askedWait(resp.Header, u.Now)
	if u.status != 0 && u.status != http.StatusOK {
		said = strings.TrimSuffix(fmt.Sprintf("%d %s: %s", u.status, http.StatusText(u.status), said), ": ")
	}
	u.message = c.oneLine(fmt.Sprintf("read %s of %s: %s", what, c.repository, said))
	return u
}

// oneLine makes a server's message fit for a log, without the token.
func (c *Client) oneLine(message string) string {
	if c.token != "" {
		message = strings.ReplaceAll(message, c.token, "***")
	}
	message = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, message)
	const most = 400
	return fmt.Sprintf("%.*s", most, strings.Join(strings.Fields(message), " "))
}

// isLimit reports whether an answer means that a rate limit is used up.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
// "you will receive a 403 or 429 response"; a 403 can also mean that a permission
// is missing. `retry-after` may be absent.
func isLimit(resp *http.Response, said string) bool {
	said = strings.ToLower(said)
	return resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusForbidden &&
			(resp.Header.Get("Retry-After") != "" ||
				resp.Header.Get("X-RateLimit-Remaining") == "0" ||
				strings.Contains(said, "rate limit"))
}

// askedWait returns how long an answer asks to wait; negative if it does not say.
// Both times are by the server's clock.
func askedWait(h http.Header, now time.Time) time.Duration {
	const longest = 24 * 60 * 60 // seconds; far beyond patience, and overflows nothing
	if seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 64); err == nil {
		return time.Duration(min(seconds, longest)) * time.Second
	}
	if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && h.Get("X-RateLimit-Remaining") == "0" && !now.IsZero() {
		return time.Duration(min(reset-now.Unix(), longest)) * time.Second
	}
	return -1
}

// retry reports whether asking again may help, and how long to wait before. try
// counts from 0.
func (u *Unreadable) retry(try int) (wait time.Duration, again bool) {
	if u.status >= 300 && u.status < 500 && !u.limited {
		return 0, false
	}
	if u.wait >= 0 {
		return u.wait, true
	}
	full := time.Second << try
	return full/2 + rand.N(full/2), true
}

// Error names the cause on one line.
func (u *Unreadable) Error() string { return u.message }

// Hint names the way out.
func (u *Unreadable) Hint() string {
	switch {
	case u.limited:
		return "GitHub's rate limit is used up: it grants GITHUB_TOKEN 1,000 requests an hour a repository, " +
			"see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
	case u.anonymous && u.status >= 400 && u.status < 500:
		return "no token was given: set GITHUB_TOKEN to one with the permission `actions: read`"
	case u.status == http.StatusUnauthorized:
		return "the token is not valid or has expired: set GITHUB_TOKEN to one with the permission `actions: read`"
	case u.status == http.StatusForbidden:
		return "the token lacks a right: add `actions: read` to the `permissions:` of the workflow's job"
	case u.status == http.StatusNotFound:
		return "there is no such workflow, or the token may not see it: add `actions: read` to the `permissions:` of the workflow's job"
	case u.status >= 500:
		return "GitHub has trouble, see https://www.githubstatus.com; the next tick asks again"
	default:
		return "see whether GITHUB_API_URL is right and this machine can reach it; the next tick asks again"
	}
}
