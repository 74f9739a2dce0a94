package migrate

func isCelery(f File) bool { return false }

func readCelery(r *reader, f File) error { return nil }

func isAPScheduler(f File) bool { return false }

func readAPScheduler(r *reader, f File) error { return nil }

func isDjangoQ(f File) bool { return false }

func readDjangoQ(r *reader, f File) error { return nil }

func isProcrastinate(f File) bool { return false }

func readProcrastinate(r *reader, f File) error { return nil }

func isRegistered(f File) bool { return false }

func readRegistered(r *reader, f File) error { return nil }
