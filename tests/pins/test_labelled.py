"""The labelled set: the whole check finds what the labels say, nothing less and nothing else. See labelled/README.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import noise, target

FOLDER = Path(__file__).parent / "labelled"
ROWS = sorted(path.stem for path in FOLDER.glob("*.txt"))
LEAST = 10  # labels of each kind in a row
LABEL = re.compile(r"(?P<before>.*?)\s*# (?P<kind>finds|passes)(?P<below> below)?: (?P<what>[^#]+)$")
Repository = Callable[..., Path]


class Labelled(Struct):
    """A row of the table: files by path, what they have by path and line, and how many labels say that a line passes."""

    files: dict[str, str] = {}
    finds: Counter[tuple[str, int, str]] = Counter()
    passes: int = 0


def read(row: str) -> Labelled:
    """The row of that name."""
    text = (FOLDER / f"{row}.txt").read_text(encoding="utf-8")
    text = text.replace("<sha256>", noise(64, "0123456789abcdef")).replace("<sha>", noise(40, "0123456789abcdef"))
    found = Labelled(finds=Counter())
    _, *parts = re.split(r"^==> (.*) <==\n", text, flags=re.MULTILINE)
    for path, content in zip(parts[::2], parts[1::2], strict=True):
        found.files[path] = "\n".join(_unlabelled(path, content.split("\n"), found))
    return found


def _unlabelled(path: str, lines: list[str], found: Labelled) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        label = LABEL.fullmatch(line)
        if label and label["kind"] == "passes":
            found.passes += 1
        elif label:
            at = number + 1 if label["below"] else number
            found.finds.update((path, at, rule) for rule in label["what"].split(", "))
        yield label["before"] if label else line


@pytest.mark.parametrize("row", ROWS)
def test_no_miss_and_no_false_alarm(repository: Repository, row: str) -> None:
    labelled = read(row)
    record = run_check("pins", target(repository(labelled.files)))
    assert record.outcome is Outcome.COMPLETE, record.reason
    told = Counter((finding.path, finding.line, finding.rule) for finding in record.findings)
    assert sorted(labelled.finds - told) == [], "missed"
    assert sorted(told - labelled.finds) == [], "false alarms"


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_hard_cases_of_both_kinds(row: str) -> None:
    labelled = read(row)
    assert labelled.finds.total() >= LEAST
    assert labelled.passes >= LEAST
