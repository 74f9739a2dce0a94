"""APScheduler 4 with jobs at one cron: python apscheduler_4.py COUNT CRON"""

import sys

from apscheduler import Scheduler
from apscheduler.triggers.cron import CronTrigger

from stamp import stamp

with Scheduler() as scheduler:
    for i in range(int(sys.argv[1])):
        scheduler.add_schedule(stamp, CronTrigger.from_crontab(sys.argv[2], timezone="UTC"), id="job-%d" % i)
    scheduler.run_until_stopped()
