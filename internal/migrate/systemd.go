package migrate

func isSystemd(f File) bool { return false }

func readSystemd(r *reader, f File) error { return nil }
