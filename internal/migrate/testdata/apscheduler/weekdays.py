from apscheduler.schedulers.blocking import BlockingScheduler
from shop.jobs import run

sched = BlockingScheduler(timezone="UTC")
sched.add_job(run, "cron", day_of_week="*/2", hour=1, id="monday on")
sched.add_job(run, "cron", day_of_week="tue-sun/2", hour=1, id="no step")
sched.add_job(run, "cron", day_of_week="0-4/2,6", hour=1, id="numbers")
sched.add_job(run, "cron", day="2nd mon", day_of_week="5", hour=1, id="never")
