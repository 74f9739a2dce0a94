package migrate

func isKubernetes(f File) bool { return false }

func readKubernetes(r *reader, f File) error { return nil }
