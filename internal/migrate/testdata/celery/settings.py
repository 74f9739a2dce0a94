from datetime import timedelta

from celery.schedules import crontab, schedule, solar

TIME_ZONE = "Europe/London"
CELERY_TIMEZONE = TIME_ZONE
HOURLY = timedelta(hours=1)

CELERY_BEAT_SCHEDULE = {
    # each morning
    "send-digest": {
        "task": "newsletter.tasks.send_digest",
        "schedule": crontab(hour=7, minute=30, day_of_week="monday-fri"),
        "args": ("daily", 3, 1.5, True),
        "options": {"queue": "mail", "expires": 3600},
    },
    "refresh rates": {
        "task": "rates.tasks.refresh",
        "schedule": HOURLY,
        "kwargs": {"source": "ecb", "limit": None, "api_key": "abc123"},
    },
    "heartbeat": {"task": "core.tasks.beat", "schedule": 30.0},
    "twice": {"task": "core.tasks.twice", "schedule": crontab(minute=0, hour="6,18")},
    "both": {"task": "core.tasks.both", "schedule": crontab(minute=0, hour=0, day_of_week=1, day_of_month="1-7")},
    "sunset": {"task": "core.tasks.sunset", "schedule": solar("sunset", -37.8, 144.9)},
    "computed": {"task": "core.tasks.computed", "schedule": get_schedule()},
    "wrapped": {"task": "core.tasks.wrapped", "schedule": schedule(run_every=timedelta(days=2))},
}
