from jobs.works import no_such_name
