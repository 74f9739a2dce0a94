package simulate

import (
	"cmp"
	"container/heap"
	"time"
)

// event is what happens at a time.
type event struct {
	at     time.Time
	number int // of events at the same time the first comes first
	do     func()
}

type events struct {
	list  []event
	count int
}

func (e *events) Len() int { return len(e.list) }
func (e *events) Less(i, j int) bool {
	return cmp.Or(e.list[i].at.Compare(e.list[j].at), cmp.Compare(e.list[i].number, e.list[j].number)) < 0
}
func (e *events) Swap(i, j int) { e.list[i], e.list[j] = e.list[j], e.list[i] }
func (e *events) Push(x any)    { e.list = append(e.list, x.(event)) }
func (e *events) Pop() any {
	last := e.list[len(e.list)-1]
	e.list = e.list[:len(e.list)-1]
	return last
}

// at has something happen at a time.
func (g *game) at(t time.Time, do func()) {
	g.events.count++
	heap.Push(&g.events, event{t, g.events.count, do})
}

// happen has the next event happen. It returns false if there is none until then.
func (g *game) happen(until time.Time) bool {
	if len(g.events.list) == 0 || g.events.list[0].at.After(until) {
		return false
	}
	e := heap.Pop(&g.events).(event)
	g.now = e.at
	e.do()
	return true
}
