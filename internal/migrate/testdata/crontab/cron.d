# /etc/cron.d/app: system-wide crontab
CRON_TZ=Europe/Berlin

# m h dom mon dow user  command
17 *	* * *	root    cd / && run-parts --report /etc/cron.hourly
25 6	* * *	www-data	[ -x /srv/app/run.sh ] && /srv/app/run.sh
@weekly deploy /srv/app/venv/bin/python /srv/app/manage.py clearsessions
