package migrate

func isCrontab(f File) bool { return false }

func readCrontab(r *reader, f File) error { return nil }
