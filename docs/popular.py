"""Writes the list of popular projects anew: `python docs/popular.py TABLE.csv SOURCE [NUMBER]`.

TABLE.csv is top-pypi-packages.csv of https://github.com/hugovk/top-pypi-packages (downloads and names, most downloaded first), SOURCE
says in the list which one it was, such as its commit and date. The first NUMBER (by default 3,000) names are taken, and nothing else. The
names at the end of the list, which are known to be honest, stay.
"""

from __future__ import annotations

import csv
import sys
import textwrap
from pathlib import Path

from lockgate.model.package import normalised

LIST = Path(__file__).parent.parent / "src/lockgate/checks/audit/popular.txt"
HEAD = """\
# The package index's projects that are downloaded most, the most popular first: names by PEP 503, in order of rank.
# Source: the table of downloads in 30 days at https://github.com/hugovk/top-pypi-packages (top-pypi-packages.csv at its
# {}), of which only names and order were taken.
"""
HONEST = "# Other projects that are known"


def main(table: str, source: str, number: str = "3000") -> None:
    """Replace what stands before the honest names."""
    with Path(table).open(encoding="utf-8", newline="") as file:
        names = [normalised(row["project"]) for row in csv.DictReader(file)][: int(number)]
    honest = LIST.read_text(encoding="utf-8").partition(HONEST)
    filled = textwrap.fill(" ".join(dict.fromkeys(names)), 120, break_long_words=False, break_on_hyphens=False)
    LIST.write_text(f"{HEAD.format(source)}{filled}\n{honest[1]}{honest[2]}", encoding="utf-8")
    print(f"{len(names):,} names written; run the tests: an honest name may have a new neighbour")


if __name__ == "__main__":
    main(*sys.argv[1:])
