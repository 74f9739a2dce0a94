package migrate

// steps sets what the steps of a job do: before, prepare, command, after, commit,
// artifacts, cache, checkout and python.
func (r *reader) steps(j *Job, g *ghJob) {}
