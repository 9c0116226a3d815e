"""What makes a short process shorter."""

from __future__ import annotations

import gc
import sys


def collect_rarely() -> None:
    """Look for cyclic garbage after so many objects that a short process never does: a twentieth of its time."""
    gc.set_threshold(100_000, 50, 50)


def import_msgspec() -> None:
    """Import msgspec without typing_extensions, which takes as long as msgspec itself: it needs nothing of that here."""
    if "typing_extensions" not in sys.modules:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # so that to import it fails, and msgspec goes on
        try:
            import msgspec  # noqa: F401
        finally:
            del sys.modules["typing_extensions"]
