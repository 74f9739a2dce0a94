from apscheduler.schedulers.asyncio import AsyncIOScheduler

scheduler = AsyncIOScheduler({"apscheduler.timezone": "Europe/Madrid", "apscheduler.job_defaults.coalesce": "true"})


@scheduler.scheduled_job("cron", hour=5)
def early():
    pass
