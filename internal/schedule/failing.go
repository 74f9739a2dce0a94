package schedule

// Failure is what people need to know about a job that fails.
type Failure struct {
	Window Window // without a success
	Runs   int    // failed runs of it, at least 1
	Last   Run    // the newest of them
}

// Failing says whether a job fails, given a verdict about it. It looks at the current
// window or, if that has no failed run yet, at the previous one. A window with a
// success has not failed, whatever else happened in it. If not all runs of a window are
// known, one may have succeeded; and while a run is active, it still can.
func Failing(w Watch, v Verdict) (f Failure, failing bool) {
	if v.Why == Fulfilled || v.Why == Running {
		return f, false
	}
	before := w.Schedule.Window(v.Window.Start.Add(-1))
	for _, f.Window = range []Window{v.Window, before} {
		succeeded := false
		for _, r := range w.Runs {
			switch {
			case !r.serves(f.Window):
			case r.Success:
				succeeded = true
			case r.Failed:
				f.Runs++
				if r.Created.After(f.Last.Created) {
					f.Last = r
				}
			}
		}
		if succeeded || f.Runs > 0 {
			return f, !succeeded && w.read(f.Window)
		}
	}
	return f, false
}
