from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import schedule

schedule("math.copysign", 2, -2, hook="hooks.print_result", schedule_type=Schedule.DAILY, name="sign", next_run=timezone.now())
schedule("shop.tasks.reindex", schedule_type=Schedule.CRON, cron="0 22 * * 1-5", full=True)
Schedule.objects.create(func="shop.tasks.sync", args="3, 4", schedule_type=Schedule.MINUTES, minutes=15, repeats=-1)
schedule("shop.tasks.sale", schedule_type="O", next_run="2026-12-24 08:00:00")
every_hour = "0 */1 * * *"
schedule("shop.tasks.hourly", schedule_type=Schedule.CRON, cron=every_hour)
schedule("shop.tasks.morning", schedule_type=Schedule.DAILY, next_run=timezone.now().replace(hour=9, minute=5))
