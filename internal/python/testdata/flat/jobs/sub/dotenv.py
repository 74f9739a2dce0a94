from jobs.started import find_dotenv


def run():
    print(find_dotenv())
