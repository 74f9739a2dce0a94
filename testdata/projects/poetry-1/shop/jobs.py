"""Jobs of a shop."""

from importlib.util import find_spec
from pathlib import Path

from iniconfig import IniConfig


def count_stock():
    """Add up the stock, and report what runs low."""
    if find_spec("six"):
        raise RuntimeError("what only developers need is installed")
    stock = {section.name: int(section["pieces"]) for section in IniConfig("stock.ini")}
    low = [name for name, pieces in stock.items() if pieces < 10]
    Path("low.txt").write_text("\n".join(low))
    print(f"{sum(stock.values())} pieces, low: {Path('low.txt').read_text()}")
