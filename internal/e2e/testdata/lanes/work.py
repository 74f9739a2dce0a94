"""Jobs of which each slot has a job of its own in the workflow."""

import datetime
import os


def collect():
    print("collects", os.environ["SCHEDULED_FOR"])


def again():
    return {"status": "ok", "message": "half of it", "next": datetime.timedelta(hours=5)}


def broken():
    raise ValueError("no orders")
