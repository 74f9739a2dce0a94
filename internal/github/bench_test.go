package github

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// BenchmarkDecide reads a history over the loopback interface and decides, with a
// full page of runs as large as GitHub's.
func BenchmarkDecide(b *testing.B) {
	fake := ghtest.New(b)
	fake.SetNow(noon)
	fake.Add(executed("21 10:40"))
	fake.Add(many(50, skipped("21 10:50"))...)
	fake.Add(many(49, skipped("20 10:40"))...)
	server := httptest.NewServer(recorded(b, fake))
	defer server.Close()
	client := newClient(b, server.URL)
	check := func() {
		if decision, err := decide(b, client, query(daily)); err != nil || decision.Reason != schedule.Confirmed {
			b.Fatal(decision.Reason, err)
		}
	}
	check() // recorded
	b.ReportAllocs()
	for b.Loop() {
		check()
	}
}

// recorded repeats the fake's first answer to each path: the fake's own checks
// would take longer than what is measured.
func recorded(b *testing.B, fake *ghtest.Server) http.Handler {
	bodies := map[string][]byte{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[r.URL.Path]
		if !ok {
			body = fetch(b, fake.URL+r.URL.String(), r.Header)
			bodies[r.URL.Path] = body
		}
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		_, _ = w.Write(body)
	})
}

func fetch(b *testing.B, url string, header http.Header) []byte {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		b.Error(err)
		return nil
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Error(err)
	}
	return body
}
