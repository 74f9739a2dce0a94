package pyproject

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// A need is part of a circle if the job can be reached from what it needs, and the circle
// that is named is a shortest one.
func TestCircles(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 1))
	for range 300 {
		n := 1 + random.IntN(9)
		jobs, places := make([]Job, n), map[string]int{}
		for i := range jobs {
			jobs[i].ID = fmt.Sprint(i)
			places[jobs[i].ID] = i
			for range random.IntN(3) {
				jobs[i].Options.Needs = append(jobs[i].Options.Needs, fmt.Sprint(random.IntN(n)))
			}
		}
		const far = 100
		distance := make([][]int, n) // by Floyd and Warshall
		for i := range n {
			distance[i] = make([]int, n)
			for j := range n {
				distance[i][j] = far
			}
			for _, id := range jobs[i].Options.Needs {
				distance[i][places[id]] = 1
			}
			distance[i][i] = 0
		}
		for k := range n {
			for i := range n {
				for j := range n {
					distance[i][j] = min(distance[i][j], distance[i][k]+distance[k][j])
				}
			}
		}
		c := findCircles(jobs, places)
		for i := range n {
			for _, other := range c.needs[i] {
				back := distance[other][i]
				if got := c.of[i] == c.of[other]; got != (back < far) {
					t.Fatalf("%v: %d needs %d in a circle: %v", c.needs, i, other, got)
				}
				if back < far && len(c.way(other, i)) != back+1 {
					t.Fatalf("%v: the way from %d to %d is %v", c.needs, other, i, c.way(other, i))
				}
			}
		}
	}
}

// Thousands of jobs that need each other are read at once, and no message is long.
func TestManyNeeds(t *testing.T) {
	const n = 4000
	each := func(needs func(i int) []string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "[tool.scheduled-actions.jobs.j%d]\nevery='day'\nentrypoint='m:f'\n", i)
			if ids := needs(i); ids != nil {
				fmt.Fprintf(&b, "needs=['%s']\n", strings.Join(ids, "','"))
			}
		}
		return b.String()
	}
	for name, test := range map[string]struct {
		needs    func(i int) []string
		problems int
	}{
		"a circle": {func(i int) []string { return []string{fmt.Sprint("j", (i+1)%n)} }, n},
		"unknown":  {func(i int) []string { return []string{fmt.Sprint("k", i)} }, n},
		"layers": {func(i int) (ids []string) {
			for k := max(0, i-60); k < i; k++ {
				ids = append(ids, fmt.Sprint("j", k))
			}
			return ids
		}, 0},
	} {
		begun := time.Now()
		err := wrong(load(each(test.needs)))
		problems, _ := err.(problem.Problems)
		if len(problems) != test.problems {
			t.Errorf("%s: %d problems: %.300v", name, len(problems), err)
		}
		for _, p := range problems {
			if len(p.Message) > 200 {
				t.Fatalf("%s: %s", name, p.Message)
			}
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
