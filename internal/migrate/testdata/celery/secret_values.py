app.conf.beat_schedule = {
    "a": {"task": "t.a", "schedule": 3600.0, "kwargs": {"headers": {"Authorization": "Bearer hunter2hunter2"}, "url": "https://me:hunter2@x.example", "days": 7}},
    "b": {"task": "t.b", "schedule": 3600.0, "args": ("postgres://me:hunter2@db/x", 7)},
}
