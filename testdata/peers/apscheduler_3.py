"""APScheduler 3 with jobs at one cron: python apscheduler_3.py COUNT CRON [STORE]"""

import sys

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from stamp import stamp

count, cron, *store = sys.argv[1:]
scheduler = BlockingScheduler(timezone="UTC")
if store:
    scheduler.add_jobstore("sqlalchemy", url=store[0])
for i in range(int(count)):
    # As its guide says of stored jobs: an id, and replace_existing=True.
    scheduler.add_job(stamp, CronTrigger.from_crontab(cron, timezone="UTC"), id="job-%d" % i, replace_existing=True)
scheduler.start()
