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

// Failure is the error of a request that GitHub did not serve. After one for a
// history it is unknown whether the window is confirmed, and unknown means run.
type Failure struct {
	Now time.Time // GitHub's clock, UTC; zero if no answer had it

	write     bool          // the request was to change something
	history   bool          // it was for a history, which the next tick reads again
	status    int           // of GitHub's answer; 0 if there was none
	said      string        // what GitHub's answer says, or why there was none
	message   string        // all of it, on one line and without the token
	limited   bool          // by a rate limit
	wait      time.Duration // how long GitHub asks us to wait; negative if it does not say
	anonymous bool          // no token was sent
	clock     bool          // it was served, but with a time that cannot be right
}

// storeBlob is what a request does that can be made again at once: it writes an object
// that nothing refers to yet, under the id of its content.
const storeBlob = "create blob"

// failure describes a request that failed; what says what it should have done, as in
// "read branch". resp is the answer, nil if there was none or err is a *refusal.
func (c *Client) failure(what string, resp *http.Response, err error) *Failure {
	if resp == nil {
		resp = &http.Response{}
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the rest is the URL
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		resp = refused.resp
	}
	now, _ := c.clock(resp.Header)
	f := &Failure{
		Now:       now,
		write:     !strings.HasPrefix(what, "read ") && what != storeBlob,
		status:    resp.StatusCode,
		said:      err.Error(),
		anonymous: c.token == "",
	}
	_, f.clock = errors.AsType[clockError](err)
	f.limited = isLimit(resp, f.said)
	f.wait = askedWait(resp.Header, date(resp.Header))
	said := f.said
	if f.status != 0 && !succeeded(f.status) {
		said = strings.TrimSuffix(fmt.Sprintf("%d %s: %s", f.status, http.StatusText(f.status), said), ": ")
	}
	f.message = c.oneLine(fmt.Sprintf("%s of %s: %s", what, c.Repository(), said))
	return f
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

// askedWait returns how long an answer asks us to wait; negative if it does not say.
// Both times are by the server's clock.
func askedWait(h http.Header, now time.Time) time.Duration {
	const longest = 24 * 60 * 60 // seconds; longer than we ever wait, and without overflow
	if seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 64); err == nil {
		return time.Duration(min(seconds, longest)) * time.Second
	}
	if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && h.Get("X-RateLimit-Remaining") == "0" && !now.IsZero() {
		return time.Duration(min(reset-now.Unix(), longest)) * time.Second
	}
	return -1
}

// retry reports whether asking again may help, and how long to wait before. try
// counts from 0. A change that may have been made is not asked for again: the caller
// has to look first.
func (f *Failure) retry(try int) (wait time.Duration, again bool) {
	if !f.limited && (f.write || f.refused()) {
		return 0, false
	}
	if f.wait >= 0 {
		return f.wait, true
	}
	full := time.Second << try
	return full/2 + rand.N(full/2), true
}

// refused reports whether GitHub understood the request and turned it down.
func (f *Failure) refused() bool { return f.status >= 300 && f.status < 500 && !f.limited }

// Error says on one line what failed, and why.
func (f *Failure) Error() string { return f.message }

// Hint says what to do about it.
func (f *Failure) Hint() string {
	again := "the next tick asks again"
	if !f.history {
		again = "run it again"
	}
	switch {
	case f.clock:
		return "check this machine's clock, and whether a proxy between it and GitHub caches old answers; " + again
	case f.limited:
		return "wait until GitHub's rate limit is reset: GITHUB_TOKEN has 1,000 requests an hour for each repository, " +
			"see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
	case f.status >= 500:
		return "see https://www.githubstatus.com, because GitHub has a problem; " + again
	case !f.refused():
		return "check that GITHUB_API_URL is right and this machine can reach it; " + again
	case !f.history:
		return ""
	case f.anonymous:
		return "set GITHUB_TOKEN to a token with the permission `actions: read`"
	case f.status == http.StatusUnauthorized:
		return "set GITHUB_TOKEN to a valid token with the permission `actions: read`: this one is not valid or has expired"
	case f.status == http.StatusForbidden:
		return "add `actions: read` to the `permissions:` of the workflow's job: the token lacks a right"
	case f.status == http.StatusNotFound:
		return "add `actions: read` to the `permissions:` of the workflow's job: the token may not see the workflow, or there is none"
	}
	return "check that GITHUB_API_URL is right and this machine can reach it; " + again
}
