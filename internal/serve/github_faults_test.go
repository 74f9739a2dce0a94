package serve

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// faults are what can happen to a request.
var faults = map[string]ghtest.Fault{
	"500":                       {Status: 500},
	"502":                       {Status: 502},
	"502 and done":              {Status: 502, Late: true},
	"429":                       {Status: 429},
	"429 that says when":        {Status: 429, Header: map[string]string{"Retry-After": "40"}},
	"429 and done":              {Status: 429, Late: true},
	"no answer":                 {Hang: true},
	"no answer and done":        {Hang: true, Late: true},
	"connection reset":          {Drop: true},
	"connection reset and done": {Drop: true, Late: true},
	"half an answer":            {Cut: true},
	"a page of a proxy":         {Status: 200, Body: "<html>", Late: true},
	"401":                       {Status: 401, Body: `{"message":"Bad credentials"}`},
	"403":                       {Status: 403, Body: `{"message":"Resource not accessible by personal access token"}`},
	"404":                       {Status: 404, Body: `{"message":"Not Found"}`},
	"422":                       {Status: 422, Body: `{"message":"Workflow does not have 'workflow_dispatch' trigger"}`},
	"disabled":                  {Status: 422, Body: `{"message":"Cannot trigger a 'workflow_dispatch' on a disabled workflow"}`},
}

// TestFaults has faults strike each request of an hour, each fault some of them. Each window
// is dispatched once, whatever happens to one request: none is lost, and none is doubled.
func TestFaults(t *testing.T) {
	const d = time.Hour
	names := slices.Sorted(maps.Keys(faults))
	for n := 1; n <= 30; n++ {
		for i, name := range names {
			if (n+i)%5 != 0 {
				continue
			}
			onHub(t, jobsOf(2, schedule.Hour), func(h *hub) {
				fault := faults[name]
				fault.Number = n
				h.Break(fault)
				h.expect(fmt.Sprintf("%s at request %d", name, n), windows(h.serve(d)), h.owed(d))
				if most := 45; len(h.Requests()) > most {
					t.Errorf("%s at request %d: more than %d requests", name, n, most)
				}
			})
		}
	}
}
