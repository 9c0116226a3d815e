"""The lock of the actions that workflows use, which `gh actions-lock` writes: https://gh.io/actions-lockfile/v0.0.3.json."""

from __future__ import annotations

import re
from functools import cache

import yaml

from lockgate.inputs import yaml_positions
from lockgate.inputs.lockfiles.base import as_gap
from lockgate.inputs.tree import Tree
from lockgate.inputs.yaml_positions import Mappings
from lockgate.model.record import Skip

PATH = ".github/workflows/actions.lock"
VERSION = "v0.0.3"

_COMMIT = re.compile(r"sha1-[0-9a-f]{40}|sha256-[0-9a-f]{64}")


def read(tree: Tree) -> dict[str, frozenset[str]] | Skip:
    """By path of a workflow the actions whose commits are locked for it, as `OWNER/REPO@REF`; nothing where there is no lock."""
    if PATH not in tree.files:
        return {}
    text = as_gap(tree.text(PATH))
    top = text if isinstance(text, Skip) else yaml_positions.compose(text, PATH)
    if isinstance(top, Skip):
        return top
    mappings = Mappings()
    if _text(mappings.get(top, "version")) != VERSION:
        return Skip(PATH, f"not a lock of actions in the one version that is known, {VERSION}", gap=True)
    actions = mappings.get(top, "dependencies")
    locked = {
        _text(pin)
        for pin, about in (actions.value if isinstance(actions, yaml.MappingNode) else ())
        if _COMMIT.fullmatch(_text(mappings.get(about, "commit")))
    }

    @cache  # many aliases may lead to one list
    def pinned(pins: yaml.SequenceNode) -> frozenset[str]:
        return frozenset(map(_text, pins.value)) & locked

    workflows = mappings.get(top, "workflows")
    return {
        _text(path): pinned(pins)
        for path, pins in (workflows.value if isinstance(workflows, yaml.MappingNode) else ())
        if isinstance(pins, yaml.SequenceNode)
    }


def _text(node: yaml.Node | None) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""
