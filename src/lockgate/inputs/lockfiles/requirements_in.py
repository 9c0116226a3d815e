"""`requirements.in` and the like: what pip-compile and uv make requirements files of.

They are sources: what they leave open is pinned by what is compiled of them, and no pin is expected in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.tree import Tree

PATTERNS = ("requirements*.in", "*-requirements.in", "*_requirements.in", "requirements/*.in")


def read(tree: Tree, paths: Sequence[str]) -> Iterator[Manifest]:
    """The packages of each file, as pip would read it."""
    return requirements.walked(tree, paths)
