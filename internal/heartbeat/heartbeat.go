// Package heartbeat tells a monitor when a job starts and how it ended, in the way of
// healthchecks.io: a request to the URL of a check is a success, one to its path with
// /start or /fail behind it says that.
// https://healthchecks.io/docs/http_api/
//
// The URL is a secret. No part of it is in any error.
package heartbeat

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/secreturl"
)

const (
	patience = 5 * time.Second // for one try
	pause    = time.Second     // before the next one
	longest  = 2 * time.Second // pause that a monitor may ask for: the job waits for it
	tries    = 2

	maxBody = 10_000 // bytes; healthchecks.io keeps the first 100 kB of it
)

// Monitor is what watches over a job. The methods of nil do nothing.
type Monitor struct{ target *secreturl.Target }

// New returns the monitor with the URL of a check. The error has a hint.
func New(address string) (*Monitor, error) {
	target, err := secreturl.Parse(address, "store the URL as the monitor shows it, as in https://hc-ping.com/your-uuid")
	if err != nil {
		return nil, err
	}
	target.Name, target.Patience, target.Pause, target.Longest, target.Tries = "monitor", patience, pause, longest, tries
	return &Monitor{target}, nil
}

// Start says that the job has started.
func (m *Monitor) Start(ctx context.Context) error { return m.ping(ctx, http.MethodGet, "/start", "") }

// Success says that it has succeeded.
func (m *Monitor) Success(ctx context.Context) error { return m.ping(ctx, http.MethodGet, "", "") }

// Fail says that it has failed, and why.
func (m *Monitor) Fail(ctx context.Context, why string) error {
	return m.ping(ctx, http.MethodPost, "/fail", why)
}

func (m *Monitor) ping(ctx context.Context, method, event, body string) error {
	if m == nil {
		return nil
	}
	body = strings.ToValidUTF8(body[:min(len(body), maxBody)], "")
	return m.target.Send(ctx, secreturl.Request{Method: method, Event: event, Type: "text/plain; charset=utf-8", Body: []byte(body)})
}
