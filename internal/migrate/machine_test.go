package migrate

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A condition that does not hold is no failure.
func TestAsked(t *testing.T) {
	for text, want := range map[string]string{
		`[ "$(date +%u)" = 1 ] && python x.py`:          `if [ "$(date +%u)" = 1 ]; then python x.py; fi`,
		"test -f x && python x.py && python y.py":       "if test -f x; then python x.py && python y.py; fi",
		"[[ -f x ]] && python x.py":                     "if [[ -f x ]]; then python x.py; fi",
		"[ -f x ] && python x.py || python y.py":        "[ -f x ] && python x.py || python y.py",
		"python x.py && [ -f x ]":                       "python x.py && [ -f x ]",
		"test -x /usr/sbin/anacron || { python x.py; }": "test -x /usr/sbin/anacron || { python x.py; }",
	} {
		if got := asked(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A command of another machine runs here: each row has the command there, and here.
func TestFit(t *testing.T) {
	project := fstest.MapFS{"scrape.py": {}, "jobs/clean.py": {}, "backend/manage.py": {}, "run.sh": {}}
	for _, test := range []struct{ there, here string }{
		// folders
		{"cd /home/me/app && python scrape.py", "python scrape.py"},
		{"cd /home/me/app; python scrape.py", "python scrape.py"},
		{"cd /srv/app || exit 1; ./run.sh", "./run.sh"},
		{"(cd ~/app && python scrape.py && python x.py)", "python scrape.py && python x.py"},
		{"cd /srv/app/backend && python manage.py clean", "cd backend && python manage.py clean"},
		{"cd $HOME/app && . venv/bin/activate && python scrape.py", "python scrape.py"},
		// set-up
		{"cd /srv/app && venv/bin/pip install -q -r requirements.txt && venv/bin/python scrape.py", "python scrape.py"},
		{"git pull --rebase && poetry install --only main; poetry run python scrape.py", "python scrape.py"},
		{"pip install requests && python scrape.py", "pip install requests && python scrape.py"},
		// interpreters
		{"/home/me/app/venv/bin/python /home/me/app/scrape.py", "python scrape.py"},
		{"/home/me/venv/bin/python scrape.py", "python scrape.py"},
		{"/usr/bin/python3 /home/me/elsewhere/scrape.py --all", "python scrape.py --all"},
		{"/usr/bin/env python3 -m app.jobs", "python -m app.jobs"},
		{"/home/me/app/venv/bin/scrapy crawl x", "scrapy crawl x"},
		{"cd /app && poetry run python -m app", "python -m app"},
		{"uv run scrape.py", "python scrape.py"},
		{"pipenv run python3 scrape.py", "python scrape.py"},
		{"pipenv run nightly", "pipenv run nightly"},
		// output
		{"python scrape.py >> /var/log/scrape.log 2>&1", "python scrape.py"},
		{"python scrape.py > /dev/null 2>&1", "python scrape.py"},
		{"python scrape.py &> scrape.log", "python scrape.py"},
		{"python scrape.py 2>&1 | logger -t scrape", "python scrape.py"},
		{"python scrape.py 2>&1 | tee -a /tmp/scrape.log", "python scrape.py"},
		{"python scrape.py > data.json", "python scrape.py > data.json"},
		{"(cd /srv/app && python scrape.py) >> /var/log/x.log 2>&1", "python scrape.py"},
		// launchers
		{"flock -n /tmp/x.lock python scrape.py", "python scrape.py"},
		{"flock -n /tmp/x.lock -c 'cd /srv/app && python scrape.py'", "python scrape.py"},
		{"/usr/bin/flock -w 10 /tmp/x.lock timeout -k 5 300 nice -n 19 python scrape.py", "python scrape.py"},
		{"nohup python scrape.py &", "python scrape.py"},
		{"sudo -u app bash -lc 'python scrape.py'", "python scrape.py"},
		{"env LANG=C python scrape.py", "LANG=C python scrape.py"},
		{"timeout 5m python scrape.py", "python scrape.py"},
		// paths
		{"/srv/app/run.sh", "./run.sh"},
		{"/bin/bash /srv/app/run.sh", "bash run.sh"},
		{"python /opt/x/jobs/clean.py --in=/opt/x/jobs/clean.py", "python jobs/clean.py --in=jobs/clean.py"},
		{"/usr/bin/curl -o /var/data/x.json https://example.com/x", "curl -o /var/data/x.json https://example.com/x"},
		// secrets
		{"PGPASSWORD=hunter2 pg_dump app > x.sql", "pg_dump app > x.sql"},
		{"mysqldump -u root -phunter2 app", `mysqldump -u root -p"$MYSQLDUMP_PASSWORD" app`},
		{"python scrape.py --api-key hunter2", `python scrape.py --api-key "$API_KEY"`},
		{"python scrape.py --api-key=hunter2", `python scrape.py --api-key="$API_KEY"`},
		{"curl -u me:hunter2 https://example.com", `curl -u "$CURL_PASSWORD" https://example.com`},
		{"curl --user=me:hunter2 https://example.com", `curl --user="$CURL_PASSWORD" https://example.com`},
		{"sqlcmd -U sa -P hunter2", `sqlcmd -U sa -P "$SQLCMD_PASSWORD"`},
		{"docker login -u me -p hunter2 reg.example", `docker login -u me -p "$DOCKER_PASSWORD" reg.example`},
		{"docker run -p 80:80 app", "docker run -p 80:80 app"},
		{"docker login --password-stdin reg.example < key", "docker login --password-stdin reg.example < key"},
		{"curl -H 'Cookie: session=hunter2hunter2' https://example.com", `curl -H 'Cookie: session='"${SESSION}"'' https://example.com`},
		{"echo SECRET_KEY=hunter2 > .env", `echo SECRET_KEY="${SECRET_KEY}" > .env`},
		{"export API_TOKEN=hunter2\npython scrape.py", "export API_TOKEN=\"$API_TOKEN\"\npython scrape.py"},
		{"(API_TOKEN=hunter2)", `API_TOKEN="$API_TOKEN"`},
		{"curl https://me:hunter2@example.com/x", `curl https://me:"${PASSWORD}"@example.com/x`},
		{"curl -H 'Authorization: Bearer hunter2hunter2'", `curl -H 'Authorization: Bearer '"${TOKEN}"''`},
		{`curl "https://example.com/?token=hunter2&a=1"`, `curl "https://example.com/?token=${TOKEN}&a=1"`},
		{`export API_TOKEN=hunter2; python scrape.py`, `export API_TOKEN="$API_TOKEN"; python scrape.py`},
		{`python scrape.py --password "$PW"`, `python scrape.py --password "$PW"`},
		{`curl -d '{"password": "hunter2"}' https://example.com`, `curl -d '{"password": "'"${PASSWORD}"'"}' https://example.com`},
		{`python -c "login(password='hunter2')"`, `python -c "login(password='${PASSWORD}')"`},
		{"curl --user me:hunter2 https://example.com", `curl --user "$CURL_PASSWORD" https://example.com`},
		{"docker login -u me -p hunter2 example.com", `docker login -u me -p "$DOCKER_PASSWORD" example.com`},
		{"docker run -p 80:80 x", "docker run -p 80:80 x"},
		{"aws configure set aws_secret_access_key hunter2", `aws configure set aws_secret_access_key "$AWS_SECRET_ACCESS_KEY"`},
		{"poetry config pypi-token.pypi hunter2; python scrape.py", "python scrape.py"},
		{"git config --global credential.helper store; python scrape.py", "git config --global credential.helper store; python scrape.py"},
		{"echo 'machine x.com login me password hunter2' > ~/.netrc", `echo 'machine x.com login me password '"${SECRET}"'' > ~/.netrc`},
		{"python a.py <<EOF\npassword=hunter2\nEOF", "python a.py <<EOF\npassword=${PASSWORD}\nEOF"},
		{"curl --user-agent me https://example.com", "curl --user-agent me https://example.com"},
		{"echo hunter2 | sudo -S python scrape.py", "python scrape.py"},
		{"echo hunter2 | docker login -u me --password-stdin", `echo "$DOCKER_PASSWORD" | docker login -u me --password-stdin`},
		{"openssl enc -k hunter2 -in a", `openssl enc -k "$OPENSSL_PASSWORD" -in a`},
		{"python a.py --token-file /tmp/x --max-tokens=100", "python a.py --token-file /tmp/x --max-tokens=100"},
		// a monitor, and what is committed
		{"curl -fsS https://hc-ping.com/hunter2/start; python scrape.py && curl -fsS https://hc-ping.com/hunter2", "python scrape.py"},
		{"python scrape.py && curl -m 10 https://hc-ping.com/hunter2 > /dev/null || curl https://hc-ping.com/hunter2/fail", "python scrape.py"},
		{"cd /srv/app && git pull && python scrape.py && git add data && git commit -m 'New data' && git push", "python scrape.py"},
		{"python scrape.py; git push", "python scrape.py; git push"},
		// heads
		{"set -euo pipefail\ncd /srv/app\npython scrape.py\npython x.py", "set -euo pipefail\npython scrape.py\npython x.py"},
		{"export A=1; cd /srv/app && python scrape.py", "export A=1; python scrape.py"},
		{"/opt/harvest/bin/python scrape.py", "python scrape.py"},
		{"./run.sh >> /proc/1/fd/1 2>&1", "./run.sh"},
		// as it is
		{"echo 'unfinished", "echo 'unfinished"},
		{"python scrape.py | sort | head", "python scrape.py | sort | head"},
	} {
		r := &reader{Request: Request{Project: project}}
		var j Job
		got := r.fit(&j, 1, test.there, "")
		if got != test.here {
			t.Errorf("%s\ngot  %s\nwant %s", test.there, got, test.here)
		}
		for _, n := range slices.Concat(j.Kept, j.Glue, j.Lost) {
			if strings.Contains(n.What, "hunter2") {
				t.Errorf("%s: a note tells the secret: %s", test.there, n.What)
			}
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: the command has the secret", test.there)
		}
	}
}

// A command that is nested too deeply is not read, which would take minutes.
func TestNested(t *testing.T) {
	if _, err := parseShell("echo " + strings.Repeat("$(", 20000) + "x" + strings.Repeat(")", 20000)); err == nil {
		t.Error("read it")
	}
}
