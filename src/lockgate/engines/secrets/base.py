"""What an engine that looks for secrets gives to the checks."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from lockgate.engines.secrets.prefilter import Condition, Prefilter
from lockgate.model.engine_options import EngineOptions
from lockgate.model.finding import Confidence, Location
from lockgate.model.secret import SecretValue


class Sighting(Struct, frozen=True):
    """One secret, as one engine saw it. `kind` is the engine's own name for what it is, `summary` its sentence on that.

    `confidence` is the engine's own, None where it has none. The place is `exact` where the value, or what was decoded to
    it, is what stands there. What was seen `inside` of an archive or notebook says in which of its members and where. `verified` is
    what the provider says of it where it was asked: `active`, `inactive` or `unknown`.
    """

    engine: str
    kind: str
    value: SecretValue
    at: Location
    confidence: Confidence | None = None
    exact: bool = True
    inside: str = ""
    verified: str = ""
    summary: str = ""


class LeftOutError(Exception):
    """The engine does not look into such a file. The text says why, as in "3 files …", and nothing of what is in it."""


MOST_SIGHTINGS = 10_000  # of one engine in one file
Scan = Callable[[str, bytes], list[Sighting]]
"""Scans the content of a file, given its path and bytes, up to one sighting more than MOST_SIGHTINGS.

Raises TimeoutError where it takes too long, and LeftOutError.
"""


class SecretEngine(Protocol):
    """A module of this folder that has these is an engine of the secrets check. Only `load_scanner` imports the tool."""

    ENGINE: str

    def version(self) -> str:
        """The version that is installed. Raises UnavailableError where none is."""

    def key(self, options: EngineOptions) -> str:
        """What its findings depend on beside the version: of options, and of files that these name. Empty for none."""

    def conditions_key(self, options: EngineOptions) -> str:
        """The same of its conditions."""

    def conditions(self, options: EngineOptions) -> Iterable[Condition]:
        """What `may_find` is asked with: the necessary conditions of all that the engine looks for."""

    def unfiltered(self, options: EngineOptions) -> str:
        """Why there can be no conditions, as in "because of …", so that every file is scanned; empty where there can."""

    def may_find(self, path: str, data: bytes, prefilter: Prefilter) -> bool:
        """Whether the engine can find anything in a file; False only where it surely finds nothing."""

    def load_scanner(self, options: EngineOptions, prefilter: Prefilter | None) -> Scan:
        """The engine, ready to scan. Raises UnavailableError where it can't run here, UsageError for a wrong option."""

    def kinds(self, options: EngineOptions = EngineOptions()) -> dict[str, str]:
        """Every kind that the engine can report, with one sentence on it. Empty where it can't run here."""


def installed_version(module: str, distribution: str) -> str:
    """The version of the distribution that a module comes from, told by the name of its metadata: nothing is imported.

    Empty where the module is not there, `unknown` where it stands beside no such metadata.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    prefix = f"{distribution.replace('-', '_')}-"
    for path in Path(spec.origin).parent.parent.iterdir():
        if path.name.startswith(prefix) and path.suffix == ".dist-info":
            return path.stem.removeprefix(prefix)
    return "unknown"
