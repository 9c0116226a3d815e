"""The one type that may hold a value that an engine found."""

from __future__ import annotations

from typing import NoReturn

REDACTED = "[redacted]"


class SecretValue:
    """A secret. It compares by value and shows itself nowhere: not in repr, str, format, pickle or a serialiser."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value. Call it only to compare, to mask text, or to hand it to a validator that the user asked for."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return REDACTED

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is never pickled")
