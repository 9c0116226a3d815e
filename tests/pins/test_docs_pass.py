"""What the documentation tells people to copy passes the pins check, but for hashes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lockgate.checks import pins
from support import target

DOCS = Path(__file__).parents[2] / "docs"


def test_snippets_name_versions(repository: Callable[..., Path]) -> None:
    def first(name: str, language: str) -> str:
        return re.findall(rf"```{language}\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)[0]

    files = {"noxfile.py": first("nox.md", "python"), ".github/workflows/gate.yml": first("github.md", "yaml")}
    result = pins.run(target(repository(files)))
    assert result.coverage.examined == len(files)
    assert {each.rule for each in result.findings} <= {"pins/unhashed-install"}
