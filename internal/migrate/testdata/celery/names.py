from celery import Celery, shared_task
from celery.schedules import crontab
from celery.task import periodic_task as pt

app = Celery("shop", beat_schedule={"first": {"task": "pay.collect", "schedule": crontab(hour=1)}}, timezone="UTC")
HOUR = 3
BASE = {"schedule": crontab(hour=HOUR, minute=0)}
DEEP = [DEEP, DEEP]
if app:
    HOUR = 4


@shared_task(name="pay.collect", bind=True, max_retries=2, soft_time_limit=600)
def collect_payments(self):
    pass


@app.task(autoretry_for=(OSError,), time_limit=60)
def fetch():
    pass


@pt(run_every=crontab(minute=15, hour=3), options={"queue": "db"})
def vacuum(full=False):
    pass


app.conf.beat_schedule.update(
    {
        "a" "b": {"task": f"{__name__}.fetch", "schedule": crontab(hour=1, minute=2)},
        **{"c": {"task": "shop.tasks.c", "schedule": crontab(**{"hour": 3, "minute": 0})}},
        "d": {**BASE, "task": "shop.tasks.d", "args": [DEEP]},
        "e": dict(task=__name__ + ".fetch", schedule=crontab(**WHEN)),
        "minutes": {"task": "scrape.run", "schedule": crontab(minute=HOUR)},
        "project": {"task": "scrape.run", "schedule": 7200.0},
        **more(),
    }
)
app.conf["beat_schedule"] |= {"jobs": {"task": "jobs.clean.run", "schedule": 3600}}
NAMES = app.conf.beat_schedule = SCHEDULES
