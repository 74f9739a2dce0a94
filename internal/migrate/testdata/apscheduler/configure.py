from apscheduler.schedulers.background import BackgroundScheduler

sched = BackgroundScheduler()
sched.configure(timezone="Asia/Tokyo")


@sched.scheduled_job("cron", hour=5)
def early():
    pass
