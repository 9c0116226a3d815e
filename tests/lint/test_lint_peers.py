"""The comparison of the plug-in with bandit and ruff, by running all three."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "docs/lint_peers.py"


@pytest.fixture(scope="module")
def peers() -> ModuleType:
    """The script docs/lint_peers.py."""
    spec = importlib.util.spec_from_file_location("lint_peers", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compared(peers: ModuleType) -> Any:
    return peers.compared()


def test_the_table_says_what_they_find(peers: ModuleType, compared: Any) -> None:
    page = peers.PAGE.read_text(encoding="utf-8")
    assert peers.with_table(page, peers.table(compared)) == page, "run `python docs/lint_peers.py`"


def test_ours_leads_in_misses_and_in_false_alarms(peers: ModuleType, compared: Any) -> None:
    for row in [*compared[0], *compared[1]]:
        own = row.scores[peers.OURS]
        for peer in peers.TOOLS[1:]:
            assert own.found >= row.scores[peer].found, row.name
            assert own.false <= row.scores[peer].false, row.name
    assert sum(row.bad + row.good for row in compared[0]) >= 150


def test_peers_are_credited(peers: ModuleType, compared: Any) -> None:
    """No score is zero because a tool did not run or its messages were not understood."""
    both = [row.scores for row in [*compared[0], *compared[1]]]
    assert all(sum(scores[peer].found for scores in both) > 50 for peer in peers.TOOLS)


def test_what_is_counted(peers: ModuleType) -> None:
    code = '"""Text."""\nimport os\n\n\n@one\n@two(\n    3)\ndef f(a,\n      b=4):\n    """Text."""\n    return [\n        a]\n'
    assert peers.statements(code) == [(5, 5), (6, 7), (8, 9), (11, 12)]
