package migrate

func isGitHub(f File) bool { return false }

func readGitHub(r *reader, f File) error { return nil }
