"""What is said of a `--python` that can't be run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lockgate.cli import root
from lockgate.model.errors import UsageError


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("nosuch", "no interpreter is found at nosuch"),
        (".venv", "no interpreter is found at .venv"),
        ("text", "text is no program that can be run"),
        ("folder", "folder is a folder without bin/python"),
    ],
)
def test_what_to_give_is_said(name: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("x")
    Path("folder").mkdir()
    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(root, ["check", "lint", "--python", name], standalone_mode=False, catch_exceptions=False)
    what = "give the folder of a virtual environment or its bin/python"
    assert str(raised.value) == f"command line: 'python': {fault}; {what}"
