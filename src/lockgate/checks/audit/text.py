"""The texts in which pins stand: their inline comments, and what may be hashed of them."""

from __future__ import annotations

from lockgate.checks import redact
from lockgate.inputs.allow import allowed_rules
from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location


class Texts:
    """The texts of the files of a tree by the paths that findings name, each read once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._paths: dict[str, str] | None = None
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}

    def masked(self, path: str) -> str:
        """The text of a file with every secret in it masked; empty where it is not UTF-8."""
        return redact.masked(path, self._text(path))

    def allowed(self, at: Location) -> frozenset[str]:
        """The ids that a comment allows on the line of a pin or on the lines that continue it (where hashes are)."""
        path = at.path
        if path not in self._lines:
            self._lines[path] = self._text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        found: frozenset[str] = frozenset()
        for line in self._lines[path][at.line - 1 :]:
            found |= allowed_rules(line)
            if not line.endswith("\\"):
                break
        return found

    def _text(self, path: str) -> str:
        if path not in self._texts:
            if self._paths is None:
                self._paths = {display(name): name for name in self._tree.files}
            text = self._tree.text(self._paths.get(path, path))
            self._texts[path] = text if isinstance(text, str) else ""
        return self._texts[path]
