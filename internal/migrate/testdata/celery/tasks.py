from celery import Celery
from celery.schedules import crontab
from celery.task import periodic_task

from .mail import send as send_mail

app = Celery()
app.conf.timezone = "UTC"


@app.on_after_configure.connect
def setup_periodic_tasks(sender, **kwargs):
    sender.add_periodic_task(600.0, ping.s("hello"), name="ping every 10 minutes", expires=10)
    sender.add_periodic_task(crontab(hour=7, minute=30, day_of_week=1), send_mail.s(to="me"))


@app.task
def ping(arg):
    print(arg)


@periodic_task(run_every=crontab(minute="*/30"))
def sweep():
    pass


app.conf.beat_schedule["late"] = {"task": "tasks.late", "schedule": crontab(minute=15, hour=23)}
