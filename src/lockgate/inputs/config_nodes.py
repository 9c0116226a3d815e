"""Values of a configuration file with their places, whatever format it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import yaml

from lockgate.inputs import yaml_positions
from lockgate.inputs.lockfiles.declared import Declared
from lockgate.inputs.toml_entries import Path
from lockgate.inputs.yaml_positions import Mappings
from lockgate.model.finding import Location


class Value(Protocol):
    """A value of any type, and what it holds."""

    @property
    def at(self) -> Location:
        """Where it stands."""

    @property
    def text(self) -> str | None:
        """The value of a scalar, None where it is none."""

    @property
    def items(self) -> Iterator[Value] | None:
        """The items of a list, None where it is none."""

    def get(self, key: str) -> Value | None:
        """The value of a key; None where there is none, or this is no mapping."""


class Yaml:
    """A node of a composed YAML file. An alias is the node that it names."""

    def __init__(self, node: yaml.Node | None, path: str, mappings: Mappings | None = None) -> None:
        self._node = node
        self._path = path
        self._mappings = mappings or Mappings()

    @property
    def at(self) -> Location:
        return yaml_positions.location(self._path, self._node) if self._node else Location.of_line(self._path, 1, "")

    @property
    def text(self) -> str | None:
        return self._node.value if isinstance(self._node, yaml.ScalarNode) else None

    @property
    def items(self) -> Iterator[Value] | None:
        if not isinstance(self._node, yaml.SequenceNode):
            return None
        return (Yaml(item, self._path, self._mappings) for item in self._node.value)

    def get(self, key: str) -> Value | None:
        node = self._mappings.get(self._node, key)
        return None if node is None else Yaml(node, self._path, self._mappings)


class Toml:
    """A value of a TOML file."""

    def __init__(self, declared: Declared, value: Any, path: Path = ()) -> None:
        self._declared = declared
        self._value = value
        self._path = path

    @property
    def at(self) -> Location:
        return self._declared.at(self._path)

    @property
    def text(self) -> str | None:
        return self._value if isinstance(self._value, str) else None

    @property
    def items(self) -> Iterator[Value] | None:
        if not isinstance(self._value, list):
            return None
        return (Toml(self._declared, item, (*self._path, number)) for number, item in enumerate(self._value))

    def get(self, key: str) -> Value | None:
        value = self._value.get(key) if isinstance(self._value, dict) else None
        return None if value is None else Toml(self._declared, value, (*self._path, key))
