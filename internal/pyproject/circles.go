package pyproject

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// circles says which jobs wait for each other.
type circles struct {
	needs [][]int // by the number of a job, those of the jobs that it needs
	of    []int   // jobs with the same number need each other, however many are between them
}

// findCircles finds them in one walk, as Tarjan does: a file can have thousands of jobs.
// https://doi.org/10.1137/0201010
func findCircles(jobs []Job, places map[string]int) circles {
	c := circles{needs: make([][]int, len(jobs)), of: make([]int, len(jobs))}
	for i, job := range jobs {
		for _, id := range job.Options.Needs {
			if other, found := places[id]; found {
				c.needs[i] = append(c.needs[i], other)
			}
		}
	}
	var (
		order  = make([]int, len(jobs)) // in which the jobs were met, from 1; 0 for not yet
		open   []int                    // those whose number in c.of is not known
		met    int
		settle func(i int) (first int)
	)
	settle = func(i int) (first int) {
		met++
		first, order[i] = met, met
		open = append(open, i)
		for _, other := range c.needs[i] {
			switch {
			case order[other] == 0:
				first = min(first, settle(other))
			case c.of[other] == 0:
				first = min(first, order[other])
			}
		}
		for whole := first == order[i]; whole; {
			last := len(open) - 1
			c.of[open[last]], whole = first, open[last] != i
			open = open[:last]
		}
		return first
	}
	for i := range jobs {
		if order[i] == 0 {
			settle(i)
		}
	}
	return c
}

// way returns the jobs on the shortest way from one to another of the same circle.
func (c circles) way(from, to int) []int {
	before := map[int]int{from: from}
	for queue := []int{from}; queue[0] != to; queue = queue[1:] {
		for _, next := range c.needs[queue[0]] {
			if _, seen := before[next]; !seen && c.of[next] == c.of[to] {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	way := []int{to}
	for to != from {
		to = before[to]
		way = append(way, to)
	}
	slices.Reverse(way)
	return way
}

// mostAround is how many jobs of a circle are named.
const mostAround = 10

// around writes a circle that goes from a job through one that it needs. Like nearest, it
// gives up looking for one after a thousand problems.
func (r *reader) around(c circles, from, through int, ids []string) string {
	shown := func(i int) string { return problem.Show(ids[i]) }
	if len(r.findings) > mostNear {
		return shown(from) + " needs " + shown(through) + " and so itself"
	}
	words := []string{shown(from)}
	way := c.way(through, from)
	for _, i := range way[:min(len(way), mostAround)] {
		words = append(words, shown(i))
	}
	if more := len(way) - mostAround; more > 0 {
		words = append(words, fmt.Sprintf("%d more, the last of which needs %s", more, shown(from)))
	}
	return strings.Join(words, " needs ")
}
