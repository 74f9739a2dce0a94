from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector())


@app.periodic(cron="*/10 * * * *", periodic_id="clean")
@app.task(queueing_lock="cleanup")
async def cleanup(timestamp: int):
    pass


@app.periodic(cron="0 6 * * 1 0")
@app.task(pass_context=True)
def weekly(context, timestamp):
    pass


@app.periodic(cron="0 4 * * *", periodic_id="eu", task_kwargs={"region": "eu"})
@app.periodic(cron="0 16 * * *", periodic_id="us", task_kwargs={"region": "us"})
@app.task
def report(timestamp, region):
    pass
