import datetime

from django.core.management.base import BaseCommand
from django.utils import timezone
from django_q import tasks
from django_q.models import Schedule

TYPE = Schedule.WEEKLY


class Command(BaseCommand):
    def handle(self, *args, **options):
        date = timezone.localtime() + datetime.timedelta(days=1)
        date = date.replace(hour=0, minute=0)
        date = date + datetime.timedelta(days=-1 * (date.weekday() - 5))
        tasks.schedule("users.tasks.refresh", schedule_type=TYPE, next_run=date)


Schedule.objects.update_or_create(
    name="cleanup", defaults={"func": "shop.tasks.cleanup", "schedule_type": Schedule.CRON, "cron": "15 3 * * *", "kwargs": "{'days': 30}"}
)
Schedule.objects.get_or_create(func="shop.tasks.sync", schedule_type="H", args="1,")
Schedule.objects.filter(func="shop.tasks.sync", schedule_type="H").delete()
Schedule.objects.create(**row)
tasks.schedule("shop.tasks.slow", schedule_type=Schedule.DAILY, q_options={"timeout": 30, "group": "x"})
tasks.schedule("django.core.management.call_command", "clearsessions", "--verbosity=0", schedule_type=Schedule.DAILY)


def again(path, number):
    from django_q.tasks import schedule as later

    later(path, number, schedule_type=Schedule.ONCE, next_run=timezone.now())
