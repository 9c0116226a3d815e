"""What is kept in the user's cache directory does not grow without end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lockgate.inputs import user_cache


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lockgate" / "kind"


def test_what_was_not_used_for_longest_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_cache, "MOST_BYTES", 1_000)
    now = time.time()
    for number in range(4):
        user_cache.store("kind", f"n{number}", bytes(300))
        os.utime(folder / f"n{number}", (now, now - 100 + number))
    assert user_cache.load("kind", "n0") is None
    user_cache.store("kind", "last", bytes(300))
    assert sorted(path.name for path in folder.iterdir()) == ["last", "n2", "n3"]
