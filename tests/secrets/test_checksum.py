"""Tokens with a checksum."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.checks import secrets
from lockgate.checks.secrets import checksum
from lockgate.model.finding import Confidence
from support import noise, target, write

# A token that was published as an example of the format; it was never one of anybody's.
TOKEN = "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (TOKEN, True),
        (TOKEN[:-1] + "8", False),
        ("npm" + TOKEN[3:], True),
        ("glpat-" + noise(20), None),
        (TOKEN + "x", None),
        ("ghp", None),
    ],
)
def test_is_right(value: str, right: bool | None) -> None:
    assert checksum.is_right(value) is right


@pytest.mark.parametrize(
    ("token", "told", "confidence"),
    [(TOKEN, "right", Confidence.HIGH), (f"ghp_{noise(36)}", "wrong", Confidence.MEDIUM)],
)
def test_the_confidence_follows(token: str, told: str, confidence: Confidence, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": f'token = "{token}"\n'})
    (finding,) = secrets.run(target(tmp_path)).findings
    assert (finding.properties["checksum"], finding.confidence) == (told, confidence)
