"""Imports that cost less than the plain ones do."""

from __future__ import annotations

import sys


def import_msgspec() -> None:
    """Import msgspec without typing_extensions, which takes as long as msgspec itself: it needs nothing of that here."""
    if "typing_extensions" not in sys.modules:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # so that to import it fails, and msgspec goes on
        try:
            import msgspec  # noqa: F401
        finally:
            del sys.modules["typing_extensions"]
