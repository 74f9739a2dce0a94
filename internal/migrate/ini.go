package migrate

func isINI(f File) bool { return false }

func readINI(r *reader, f File) error { return nil }
