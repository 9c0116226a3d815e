"""The result of a whole run of pylint, kept for as long as nothing that it depends on changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lockgate.checks import redact
from lockgate.checks.base import Result
from lockgate.config.settings import Settings
from lockgate.engines import environment
from lockgate.engines.pylint_config import Configuration
from lockgate.inputs import user_cache
from lockgate.model.record import Skip

_KIND = "lint"


def name_of(
    sources: Mapping[str, bytes], skipped: list[Skip], configuration: Configuration, settings: Settings, root: Path
) -> str:
    """Names all that the result depends on: files, settings, environment and our own code. Empty where that can't be told."""
    installed = "" if settings.trust else environment.fingerprint(settings.python, root)
    if not installed:
        return ""
    about = (str(root), skipped, configuration, installed, user_cache.own_code())
    digest = hashlib.sha256(repr(about).encode("utf-8", "backslashreplace"))
    for path, data in sources.items():
        digest.update(repr((path, len(data))).encode("utf-8", "backslashreplace"))
        digest.update(data)
    return digest.hexdigest()


def load(name: str) -> Result | None:
    """The result that is kept under a name."""
    data = user_cache.load(_KIND, name) if name else None
    try:
        return msgspec.msgpack.decode(data, type=Result) if data else None
    except msgspec.DecodeError:
        return None


def store(name: str, result: Result) -> None:
    """Keep a result, without the secrets that messages may quote. One with gaps may go better the next time."""
    if name and not result.gaps and not any(skip.gap for skip in result.coverage.skipped):
        user_cache.store(_KIND, name, msgspec.msgpack.encode(redact.result(result)))
