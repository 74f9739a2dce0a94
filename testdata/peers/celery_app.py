"""An app of Celery with COUNT jobs at CRON, and a folder as its broker."""

import os
from pathlib import Path

from celery import Celery
from celery.schedules import crontab

from stamp import stamp

folder = Path("broker")
folder.mkdir(exist_ok=True)
app = Celery("celery_app", broker="filesystem://")
app.conf.update(
    broker_transport_options={"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder / "control")},
    timezone="UTC",
    beat_schedule={
        "job-%d" % i: {"task": "stamp", "schedule": crontab.from_string(os.environ["CRON"])}
        for i in range(int(os.environ["COUNT"]))
    },
)
app.task(name="stamp", ignore_result=True)(stamp)
