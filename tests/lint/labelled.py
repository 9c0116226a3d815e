"""The labelled snippets: modules in which each line that a rule must tell ends in a comment.

`snippets/<symbol>.txt` were written with the rule: a line ends in `# bad` where it has a finding of that rule. Those in `independent/`
were written after the documentation of libraries, without a look at the rules: `# bad: <symbol>`, or `# missed: <symbol>` where it is
known that the rule does not tell it. No other line has a finding. `"…"` stands for a credential, which is put in here so that none is in
the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

VALUE = "Winter" + "2024" + "rain"
_HERE = Path(__file__).parent
_LABEL = re.compile(r"# (bad|missed)(?:: ([\w-]+))?$")


class Module(NamedTuple):
    """A module of snippets: its name, its code, and the rules by the lines that they should tell, or are known to miss."""

    name: str
    code: str
    bad: dict[int, str]
    missed: dict[int, str]

    @property
    def path(self) -> str:
        """A name for its file that is the name of a module."""
        return f"{self.name.replace('-', '_')}.py"


def filled(text: str) -> str:
    """A text with a credential where it has a stand-in."""
    return text.replace("…", VALUE)


def by_rule() -> dict[str, Module]:
    """What was written with the rules, by symbol."""
    return {module.name: module for module in _read("snippets")}


def independent() -> dict[str, Module]:
    """What was written without a look at the rules, by the name of its file."""
    return {module.name: module for module in _read("independent")}


def _read(folder: str) -> Iterator[Module]:
    for path in sorted((_HERE / folder).glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        labels = {number: found for number, line in enumerate(text.splitlines(), 1) if (found := _LABEL.search(line))}
        bad, missed = (
            {number: found[2] or path.stem for number, found in labels.items() if found[1] == label}
            for label in ("bad", "missed")
        )
        yield Module(path.stem, filled(text), bad, missed)
