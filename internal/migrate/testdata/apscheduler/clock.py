from datetime import datetime

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from reports.weekly import build

sched = BlockingScheduler(timezone="America/New_York")


def tick():
    pass


@sched.scheduled_job("interval", minutes=30)
def poll():
    pass


@sched.scheduled_job("cron", day_of_week="mon-fri", hour=17, id="close of day", misfire_grace_time=1800, max_instances=2)
def close():
    pass


sched.add_job(tick, "cron", hour="*/2", minute=5, end_date="2030-05-30")
sched.add_job(build, CronTrigger.from_crontab("0 0 * * 0"), kwargs={"format": "pdf"}, id="weekly")
sched.add_job(build, CronTrigger(day="last", hour=23), args=["month"])
sched.add_job("reports.weekly:build", IntervalTrigger(days=3, start_date="2026-01-01 06:00:00"), id="every-3")
sched.add_job(tick, "cron", day="2nd mon", hour=8)
sched.add_job(tick, "date", run_date=datetime(2027, 1, 2, 3, 4))
sched.add_job(tick, "date", run_date=datetime.now())
sched.add_job(tick, "date", run_date="2027-03-04")
sched.add_job(tick, "cron", day="last fri")
sched.add_job(tick, "cron", second="*/10")
sched.add_job(lambda: None, "interval", hours=1)
sched.start()
