from procrastinate import RetryStrategy
from shop.app import app


@app.periodic(cron="0 3 * * * ")
@app.task
def backup(*args, **kwargs):
    pass


@app.periodic(cron="*/5 * * * *")
@app.task(retry=3)
def recover(timestamp: int = 0):
    pass


@app.periodic(cron="0 6 * * *")
@app.task(name="daily", pass_context=True, retry=RetryStrategy(max_attempts=4, wait=10))
async def digest(context, timestamp):
    pass


@app.periodic(cron="0 7 * * *")
@app.task(retry=STRATEGY)
async def weekly(timestamp):
    pass
