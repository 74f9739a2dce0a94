"""Jobs of a shop."""

from configparser import ConfigParser
from pathlib import Path


def count_stock():
    """Add up the stock, and report what runs low."""
    stock = ConfigParser()
    stock.read("stock.ini")
    low = [name for name in stock.sections() if stock[name].getint("pieces") < 10]
    Path("low.txt").write_text("\n".join(low))
    print(f"{sum(stock[name].getint('pieces') for name in stock.sections())} pieces, low: {Path('low.txt').read_text()}")
