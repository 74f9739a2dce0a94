package schedule

// Failure is what people hear of a job that fails.
type Failure struct {
	Window Window // in which nothing succeeded
	Runs   int    // of it that ended badly, at least 1
	Last   Run    // the one of them that was created last
}

// Failing says whether a job fails as of a verdict about it: in the window that
// holds now or, where nothing has ended badly there yet, in the one before. A window
// with a success is no failure, whatever else happened in it; one of which not all
// runs are known may have one; and while a run is active nobody knows.
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
