"""Jobs that keep the house in order."""

import csv
from pathlib import Path


def clean_files():
    """Delete what earlier runs left in tmp/."""
    leftovers = sorted(Path("tmp").glob("*.tmp"))
    for path in leftovers:
        path.unlink()
        print("deleted", path.as_posix())
    print(f"{len(leftovers)} files deleted")


def import_orders():
    """Add up the orders of data/orders.csv."""
    with open("data/orders.csv", newline="") as file:
        orders = list(csv.DictReader(file))
    total = sum(float(order["amount"]) for order in orders)
    print(f"{len(orders)} orders, {total:.2f} EUR")
