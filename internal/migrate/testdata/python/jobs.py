import schedule
from schedule import every, repeat

from .mail import send


def job(name="x"):
    pass


schedule.register("shop", send, every="day", at="9:30", active=False, description="Morning mail", limit=5)
schedule.register(app, job, frequency="hourly")
schedule.register(Update, day_of_week="mon-sun", hour=13, minute=5)
schedule.every(10).minutes.do(job)
schedule.every().hour.at(":05").do(job, name="y")
schedule.every(2).days.at("10:30:00", "Europe/Amsterdam").do(job)
schedule.every(5).to(10).days.do(job)
every().wednesday.at("13:15").do(job, "z").tag("weekly")
schedule.every(3).seconds.do(job)
schedule.every().day.do(lambda: job())


@repeat(every().monday)
def monday():
    pass


def setup(app, state):
    schedule.register(app, state)
    schedule.register(app, job)
