"""What several readers look at is read once, and work may be begun before its result is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.inputs import remembered
from lockgate.inputs.parallel import Begun
from lockgate.inputs.remembered import Remembered
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip


def test_a_file_is_what_it_was_when_it_was_read_first(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"first")
    tree = Remembered(Tree(tmp_path))
    assert tree.read("a") == b"first"
    (tmp_path / "a").write_bytes(b"second")
    assert tree.read("a") == b"first"
    assert (tree.files, tree.skipped) == (("a",), ())


def test_what_was_not_read_is_not_remembered(tmp_path: Path) -> None:
    tree = Remembered(Tree(tmp_path, limit=5))
    assert isinstance(tree.read("a"), Skip)
    (tmp_path / "a").write_bytes(b"larger than that")
    assert isinstance(tree.read("a"), Skip)
    (tmp_path / "a").write_bytes(b"small")
    assert tree.read("a") == b"small"


def test_no_more_is_held_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "ROOM", 5)
    tree = Remembered(Tree(tmp_path))
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"one")
        assert tree.read(name) == b"one"
        (tmp_path / name).write_bytes(b"two")
    assert (tree.read("a"), tree.read("b")) == (b"one", b"two")


def test_begun_work_tells_its_result_or_error_to_whoever_asks() -> None:
    assert Begun(lambda: 7).result() == 7
    failing = Begun(lambda: 7 // 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            failing.result()
