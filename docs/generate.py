"""Writes the pages that are made from the code: `python docs/generate.py [--check]`.

These are the pages of the rules and their index in docs/rules/, and the JSON schema docs/report.schema.json. With
`--check` nothing is written; the exit code is 1 where a page is stale, missing or surplus, and each is named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lockgate.cli._rules import listed_rules
from lockgate.reports.json_report import schema
from lockgate.reports.rule_page import rule_pages
from lockgate.reports.text import to_json

DOCS = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Write or check the pages below the directory of this file; the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    stale = differences(DOCS, pages())
    if arguments:
        for name, what in stale.items():
            print(f"docs/{name} is {what}; run `python docs/generate.py`", file=sys.stderr)
        return 1 if stale else 0
    update(DOCS, pages())
    print(f"{len(stale)} of {len(pages())} pages changed")
    return 0


def pages() -> dict[str, bytes]:
    """The content of every generated file, by its path below docs/."""
    made = {f"rules/{path}": text.encode() for path, text in rule_pages(listed_rules()).items()}
    return {**made, "report.schema.json": to_json(schema())}


def differences(docs: Path, wanted: dict[str, bytes]) -> dict[str, str]:
    """What is wrong with which generated file below `docs`: missing, stale or surplus."""
    there = {path.relative_to(docs).as_posix() for path in docs.glob("rules/**/*.md")}
    wrong = dict.fromkeys(sorted(there - wanted.keys()), "surplus")
    for name, content in wanted.items():
        path = docs / name
        if not path.is_file():
            wrong[name] = "missing"
        elif path.read_bytes() != content:
            wrong[name] = "stale"
    return wrong


def update(docs: Path, wanted: dict[str, bytes]) -> None:
    """Write what is missing or stale below `docs` and remove what is surplus."""
    for name, what in differences(docs, wanted).items():
        path = docs / name
        if what == "surplus":
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[name])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
