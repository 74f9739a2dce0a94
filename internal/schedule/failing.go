package schedule

// Failure is what people need to know about a job that fails.
type Failure struct {
	Window Window // without evidence
	Runs   int    // failed runs of it; 0 if its slot became too old to be run without any, or the job ended
	Last   Run    // the newest of them
}

// Failing says whether a job fails, given a verdict about it. It looks at the current
// window or, if that has neither a failed run nor an expired slot, at the previous one.
// A window with evidence has not failed, whatever else happened in it. It is not
// certain if not all runs of a window are known, or one that succeeded was not asked for
// evidence, as those of the previous window never are; and while a run is active, the
// window still can be confirmed.
func Failing(w Watch, v Verdict) (f Failure, failing bool) {
	if v.Window.IsZero() || v.Served || v.Why == Running || v.Why == Why(Ended) && !v.Lapsed {
		return f, false
	}
	before := w.Schedule.Window(v.Window.Start.Add(-1))
	rows := []struct {
		Window
		expired bool
		doubts  func(Run) bool
	}{
		{v.Window, v.Why == Why(Expired) || v.Lapsed, func(r Run) bool { return w.Unread[r.ID] || w.Unasked[r.ID] }},
		{before, w.expires(before), func(r Run) bool { return r.Success && r.serves(before) }},
	}
	for _, row := range rows {
		f, succeeded := Failure{Window: row.Window}, false
		for _, r := range w.Runs {
			succeeded = succeeded || r.Confirms(row.Window) || row.doubts(r)
			if r.serves(row.Window) && r.Failed {
				f.Runs++
				if r.Created.After(f.Last.Created) {
					f.Last = r
				}
			}
		}
		if succeeded || f.Runs > 0 || row.expired {
			return f, !succeeded && w.read(row.Window)
		}
	}
	return f, false
}

// expires reports whether the slot of a window that is over became too old to be run
// before, and was owed.
func (w Watch) expires(over Window) bool {
	limit := w.Schedule.limit(over)
	return !over.IsZero() && !over.Start.Before(w.Since) && !limit.IsZero() && !limit.After(over.End)
}
