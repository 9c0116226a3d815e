"""What an engine that looks for secrets gives to the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from lockgate.model.finding import Confidence, Location
from lockgate.model.record import Engine
from lockgate.model.secret import SecretValue


class Sighting(Struct, frozen=True):
    """One secret, as one engine saw it. `kind` is the engine's own name for what it is.

    `confidence` is the engine's own, None where it has none.
    """

    engine: str
    kind: str
    value: SecretValue
    at: Location
    confidence: Confidence | None = None


class LeftOutError(Exception):
    """The engine does not look into such a file. The text says why, as in "3 files …", and nothing of what is in it."""


MOST_SIGHTINGS = 10_000  # of one engine in one file
Scan = Callable[[str, bytes], list[Sighting]]
"""Scans the content of a file, given its path and bytes, up to one sighting more than MOST_SIGHTINGS.

Raises TimeoutError where it takes too long, and LeftOutError.
"""


class SecretEngine(Protocol):
    """A module of this folder that has these three is an engine of the secrets check."""

    ENGINE: str

    def load_scanner(self) -> tuple[Engine, Scan]:
        """The engine with its version, ready to scan. Raises UnavailableError where it can't run here."""

    def kinds(self) -> dict[str, str]:
        """Every kind that the engine can report, with one sentence on it. Empty where it can't run here."""
