from apscheduler.schedulers.background import BackgroundScheduler

from shop import tasks
from shop.tasks import run

minutes = 5
sched = BackgroundScheduler()
OPTIONS = {"hours": 2, "id": "options"}


def start(scheduler, func, minutes):
    def tick():
        pass

    scheduler.add_job(tick, "interval", minutes=5)
    scheduler.add_job(func, "interval", minutes=5)
    scheduler.add_job(run, "interval", minutes=minutes)
    clean = tasks.clean
    scheduler.add_job(clean, "interval", **OPTIONS)
    scheduler.add_job(run, "interval", **given())


for hour, job in enumerate([run, tasks.clean]):
    sched.add_job(job, "cron", hour=1)
    sched.add_job(run, "cron", hour=hour)
sched.add_job(run, "interval", minutes=minutes, id="five")
sched.add_job(tick, "interval", hours=1)
sched.start()
