package schedule

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxAhead is how far ahead a time can be that a run asks for: of its end where an execution
// asks for the next one, of its creation where a person does.
const MaxAhead = 30 * day

// wishes are what runs asked for: slots more, and times without those of the rule.
type wishes struct {
	more []time.Time // sorted, each once
	gone []Window    // no slot is after Start and before End
}

// Adjusted returns the schedule with the slots that runs asked for. A run that was
// dispatched for a later time adds that slot. An execution that asked for a next one
// adds it, and takes away those in between. The newest execution governs: when it began,
// what an older one had asked for was over. Where that is not known, the word that the
// newest check handed on stands for it. A time that no run can have asked for is ignored.
// The slots of an adjusted schedule are adjusted anew.
func (s Schedule) Adjusted(runs []Run, now time.Time) Schedule {
	s.wishes = wishes{}
	if !slices.ContainsFunc(runs, func(r Run) bool {
		return !r.Next.IsZero() || !r.Handed.IsZero() || !r.Kept.IsZero() || !r.Asked.IsZero()
	}) {
		return s
	}
	var words []word
	for _, r := range runs {
		if r.Void || r.Created.After(now) || r.Started.After(now) {
			continue
		}
		if ahead(r.Asked, r.Created) {
			s.more(r.Asked)
		}
		if !r.Kept.IsZero() && !r.Kept.After(r.Started) {
			s.more(r.Kept)
		}
		if said, ok := s.word(r, runs); ok {
			words = append(words, said)
		}
	}
	slices.SortFunc(words, func(a, b word) int { return cmp.Or(a.said.Compare(b.said), cmp.Compare(a.run, b.run)) })
	for i, said := range words {
		if !ahead(said.next, said.said) {
			continue
		}
		gone := Window{said.from, said.next.UTC().Truncate(time.Second)}
		if i+1 < len(words) && words[i+1].said.Before(gone.End) {
			gone.End = words[i+1].said
		} else {
			s.more(gone.End)
		}
		s.wishes.gone = append(s.wishes.gone, gone)
	}
	slices.SortFunc(s.wishes.more, time.Time.Compare)
	s.wishes.more = slices.CompactFunc(s.wishes.more, time.Time.Equal)
	return s
}

// word is when a job is to run next, as an execution asked, or none.
type word struct {
	run  int64
	said time.Time // a later word overrides it
	from time.Time // the slots after it are taken away
	next time.Time // zero if it asked for nothing
}

// word returns that of an execution, or of a check which handed it on: that found the slot
// in which it was created taken away. It knew of no execution that ended later.
func (s *Schedule) word(r Run, runs []Run) (_ word, ok bool) {
	if !r.Started.IsZero() {
		return word{r.ID, r.Started, s.began(r), r.Next}, true
	}
	outdated := func(other Run) bool { return !other.Void && !other.Started.IsZero() && other.Updated.After(r.Created) }
	if r.Handed.IsZero() || slices.ContainsFunc(runs, outdated) {
		return word{}, false
	}
	from := r.Created
	if slot := s.prev(r.Created); !slot.IsZero() {
		from = slot.Add(-1)
	}
	return word{r.ID, r.Created, from, r.Handed}, true
}

// Awaited returns the time for which the current slot was taken away; zero if it was not.
func (s Schedule) Awaited(now time.Time) (next time.Time) {
	if w := s.Window(now); s.due(now, w) == w && !s.gone(w.Start) {
		return next
	}
	for _, gone := range s.wishes.gone {
		next = latest(next, gone.End)
	}
	if !next.After(now) {
		return time.Time{}
	}
	return next
}

// From returns the window that begins at a time, whether that is a slot of the rule or one
// that a run asked for. Where a schedule can have no slot at that time, it is the window
// that holds it, if any.
func (s Schedule) From(slot time.Time) Window {
	s = s.declared()
	s.more(slot)
	return s.Window(slot)
}

// kept returns the slot if it is only there because a run asked for it; else zero.
func (s Schedule) kept(slot time.Time) time.Time {
	if slot.IsZero() || s.prev(slot).Equal(slot) {
		return time.Time{}
	}
	return slot
}

// sinceMark joins the two times that a run hands on.
const sinceMark = ", since "

// Hands returns what the run hands on by a step: when the job asked to be run next, and the
// slot of the last confirmed window, if that is known; "" if the job did not ask for a time.
// "2026-12-04T10:00:00Z, since 2026-11-27T10:00:00Z".
func (d Decision) Hands() string {
	switch {
	case d.Next.IsZero():
		return ""
	case d.Since.IsZero() || d.Run:
		return d.Next.Format(time.RFC3339)
	}
	return d.Next.Format(time.RFC3339) + sinceMark + d.Since.Format(time.RFC3339)
}

// ParseHands reads what Hands has written, or an execution: a time alone. A time that cannot
// be read is zero.
func ParseHands(text string) (next, last time.Time) {
	first, second, _ := strings.Cut(text, sinceMark)
	next, err := time.Parse(time.RFC3339, first)
	if err != nil {
		return time.Time{}, time.Time{}
	}
	if last, err = time.Parse(time.RFC3339, second); err != nil {
		return next.UTC(), time.Time{}
	}
	return next.UTC(), last.UTC()
}

// Takes reports whether the job runs at a time to come if a run asks for it now.
func (s Schedule) Takes(at, now time.Time) bool {
	s = s.Adjusted([]Run{{Asked: at, Created: now}}, now)
	return at.After(now) && !at.After(now.Add(MaxAhead)) && s.Standing(at) == "" && s.Prev(at).Equal(at.Truncate(time.Second))
}

// began returns the time after which an execution can take slots away: its own slot, or its
// start where it caught up on an older one.
func (s *Schedule) began(r Run) time.Time {
	if r.Slot.IsZero() {
		return r.Started
	}
	if next := s.next(r.Slot); !next.IsZero() && !next.After(r.Created) {
		return r.Started
	}
	return r.Slot
}

// ahead reports whether a run that began at a time can have asked for another.
func ahead(at, began time.Time) bool {
	return at.After(began) && !at.After(began.Add(MaxAhead+longestRun))
}

// more adds a slot, unless it is out of bounds.
func (s *Schedule) more(at time.Time) {
	at = at.UTC().Truncate(time.Second)
	if until := s.ends(); !at.Before(s.start) && (until.IsZero() || at.Before(until)) {
		s.wishes.more = append(s.wishes.more, at)
	}
}

// takes reports whether a slot is taken away, and by which time without slots.
func (all *wishes) takes(slot time.Time) (_ Window, gone bool) {
	for _, w := range all.gone {
		if slot.After(w.Start) && slot.Before(w.End) {
			return w, true
		}
	}
	return Window{}, false
}

// Next returns the first slot after t; zero without one.
func (s Schedule) Next(t time.Time) time.Time {
	slot := s.next(t)
	for w, gone := s.wishes.takes(slot); gone; w, gone = s.wishes.takes(slot) {
		slot = s.next(w.End.Add(-1))
	}
	for _, at := range s.wishes.more {
		if at.After(t) && (slot.IsZero() || at.Before(slot)) {
			return at
		}
	}
	return slot
}

// Prev returns the last slot at or before t; zero without one.
func (s Schedule) Prev(t time.Time) time.Time {
	slot := s.prev(t)
	for w, gone := s.wishes.takes(slot); gone; w, gone = s.wishes.takes(slot) {
		slot = s.prev(w.Start)
	}
	for _, at := range s.wishes.more {
		if !at.After(t) && at.After(slot) {
			slot = at
		}
	}
	return slot
}

// gone reports whether runs took a slot away, and none asked for it.
func (s *Schedule) gone(slot time.Time) bool {
	_, gone := s.wishes.takes(slot)
	return gone && !slices.ContainsFunc(s.wishes.more, slot.Equal)
}

// declared returns the schedule without what runs asked for.
func (s Schedule) declared() Schedule {
	s.wishes = wishes{}
	return s
}

// of returns the window that holds a slot, also of a slot that runs took away.
func (s Schedule) of(slot time.Time) Window {
	if s.gone(slot) {
		return s.declared().Window(slot)
	}
	return s.Window(slot)
}

// due returns the part of a window in which evidence matters at a time in it: from the
// last slot that runs took away on, where there is one; else the window.
func (s Schedule) due(t time.Time, w Window) Window {
	if declared := s.declared().Prev(t); declared.After(w.Start) && s.gone(declared) {
		w.Start = declared
		if end := s.next(declared); !end.IsZero() && end.Before(w.End) {
			w.End = end
		}
	}
	return w
}
