from celery.schedules import crontab

app.conf.timezone = "UTC"
app.conf.beat_schedule = {
    "weekend": {"task": "jobs.run", "schedule": crontab(minute=0, hour=3, day_of_week="thu-sun")},
    "night": {"task": "jobs.run", "schedule": crontab(minute="50-5/5", hour="22-1,12", month_of_year="nov-feb")},
}
