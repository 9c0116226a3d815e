"""What tests of the lint check share."""

from __future__ import annotations

import pytest

from lockgate.engines import pylint


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each run of pylint was to lint."""
    counts: list[int] = []
    lint = pylint.lint

    def recorded(files: dict[str, bytes], *, only: set[str], **options: object) -> object:
        counts.append(len(only))
        return lint(files, only=only, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pylint, "lint", recorded)
    return counts
