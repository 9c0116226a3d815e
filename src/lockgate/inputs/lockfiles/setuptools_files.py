"""setup.py and setup.cfg: they may require anything, and what it is only the build tells, which is not run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, text
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip

PATTERNS = ("setup.py", "setup.cfg")

# https://setuptools.pypa.io/en/latest/references/keywords.html
_REQUIRES = re.compile(r"\b(?:install_requires|setup_requires|tests_require|extras_require)\b")


def read(tree: Tree, paths: Sequence[str]) -> Iterator[Manifest]:
    """No packages: a gap at the first requirements of each file, which the locks of the folder settle."""
    for path in paths:
        content = text(tree, path)
        if isinstance(content, Skip):
            yield Manifest(path=display(path), skipped=(content,) if content.gap else ())
            continue
        found = _REQUIRES.search(content)
        if found:
            where = f"{display(path)}:{content.count(chr(10), 0, found.start()) + 1}"
            gap = Skip(where, f"its {found[0]} is not read; lock it", gap=True)
            yield Manifest(path=display(path), unlocked=(gap,))
