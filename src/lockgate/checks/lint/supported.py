"""Files that don't parse because the project is for another Python than the one that pylint runs on."""

from __future__ import annotations

from msgspec.structs import replace
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from lockgate.engines.pylint import Linted
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip
from lockgate.model.toml import TomlError, parse

_LONGEST = 200  # characters of a specifier


def required_python(tree: Tree) -> str:
    """`project.requires-python` of the tree's pyproject.toml; empty where it does not say."""
    text = tree.text("pyproject.toml")
    try:
        project = {} if isinstance(text, Skip) else parse(text).get("project")
    except TomlError:
        return ""
    required = project.get("requires-python") if isinstance(project, dict) else ""
    return required if isinstance(required, str) and len(required) <= _LONGEST else ""


def sifted(linted: Linted, required: str) -> Linted:
    """The same, but a module that does not parse on a Python that the project does not support was not examined.

    `required` is a specifier of PEP 440; what can't be read supports every Python.
    """
    try:
        if SpecifierSet(required).contains(linted.python, prereleases=True):
            return linted
    except (InvalidSpecifier, InvalidVersion):
        return linted
    why = f"does not parse on Python {linted.python}, which the project does not support; --python names another"
    return replace(
        linted,
        modules=tuple(
            replace(module, messages=(), broke=why)
            if any(message.symbol == "syntax-error" for message in module.messages)
            else module
            for module in linted.modules
        ),
    )
