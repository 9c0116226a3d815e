"""Content hashes as lock files have them: of the JSON of what their tool reads in a manifest."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def json_hash(value: Any, separators: tuple[str, str] | None = None) -> str:
    """The SHA-256 of a value as JSON with sorted keys; empty where it has none, as of a date."""
    try:
        text = json.dumps(value, sort_keys=True, separators=separators)
    except (TypeError, ValueError, RecursionError):
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def table(value: Any, *path: str) -> dict[str, Any]:
    """A table inside of tables, empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
