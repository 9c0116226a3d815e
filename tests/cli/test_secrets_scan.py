"""`lockgate secrets scan`: what is scanned, and with which engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from support import lockgate, noise

TOKEN = f"ghp_{noise(36)}"


def test_only_the_engines_that_are_named_look(repository: Callable[..., Path], tmp_path: Path) -> None:
    root = repository({"leak.py": f'TOKEN = "{TOKEN}"\n'})
    done = lockgate("secrets", "scan", root, "--engines", "kingfisher", "--json", "-", cwd=tmp_path)
    (record,) = json.loads(done.stdout)["records"]
    assert [engine["name"] for engine in record["engines"]] == ["kingfisher"]
    assert record["findings"][0]["engines"] == ["kingfisher"]


def test_an_engine_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    done = lockgate("secrets", "scan", "--engines", "kingfish", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'kingfisher'?" in done.stderr
