"""Manifests and lockfiles that are known by name and not read yet: none of them may pass for looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, as_gap
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip

PATTERNS = (
    "pixi.lock",
    "conda-lock.yml",
    "*.conda-lock.yml",
)


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """A gap for each file that is there."""
    for path in paths:
        content = as_gap(tree.read(path))
        reason = (
            "this format is not read yet, so its packages were not looked up; exclude it if another file locks them"
        )
        skip = content if isinstance(content, Skip) else Skip(display(path), reason, gap=True)
        yield Manifest(path=display(path), skipped=(skip,))
