"""detect-secrets: its default plug-ins and filters over the text of one file, without its network verification."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lockgate.engines.base import Scan, Sighting
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Location
from lockgate.model.record import Engine
from lockgate.model.secret import SecretValue

ENGINE = "detect-secrets"
SECONDS_PER_FILE = 10
SECONDS_PER_MEBIBYTE = 20

# The first wants a file on disk, and we have its bytes; the second would hide what an inline comment allows, and the
# check counts those.
_FILTERS_OFF = (
    "detect_secrets.filters.common.is_invalid_file",
    "detect_secrets.filters.allowlist.is_line_allowlisted",
)


def load_scanner() -> tuple[Engine, Scan]:
    """The engine with its version, ready to scan. Raises UnavailableError where it is not installed."""
    try:
        from detect_secrets.__version__ import VERSION
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
        from detect_secrets.settings import get_settings
    except ImportError:
        raise UnavailableError(f"{ENGINE} is not installed; run: pip install detect-secrets") from None
    plugins = get_mapping_from_secret_type_to_class().values()
    get_settings().configure_plugins([{"name": plugin.__name__} for plugin in plugins])
    get_settings().disable_filters(*_FILTERS_OFF)
    return Engine(ENGINE, VERSION), _scan


def kinds() -> dict[str, str]:
    """Every kind that the engine can report, with one sentence on it. Empty where it is not installed."""
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    except ImportError:
        return {}
    return {kind: f"detect-secrets sees: {kind}." for kind in get_mapping_from_secret_type_to_class()}


class _NamedText(io.StringIO):
    """Text with the name that detect-secrets takes its file type from; line breaks are universal, as in open()."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text, newline=None)
        self.name = name


def _scan(path: str, data: bytes) -> list[Sighting]:
    from detect_secrets.core import scan

    if scan._is_filtered_out(required_filter_parameters=["filename"], filename=path):  # noqa: SLF001
        return []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return []  # detect-secrets takes such a file for a binary one
    with _deadline(SECONDS_PER_FILE + SECONDS_PER_MEBIBYTE * len(data) / 2**20):
        found = list(_secrets(scan, path, text))
    lines = _NamedText(path, text).read().split("\n")
    return [_sighting(path, lines, secret) for secret in found]


def _secrets(scan: Any, path: str, text: str) -> Iterator[Any]:
    """As `scan_file` of detect-secrets, over text instead of a file: eager transformers only where nothing is found."""
    from detect_secrets.transformers import get_transformed_file

    file = _NamedText(path, text)
    lines = get_transformed_file(file) or file.readlines()
    found = False
    for secret in scan._process_line_based_plugins(list(enumerate(lines, start=1)), filename=path):  # noqa: SLF001
        found = True
        yield secret
    if not found:
        file.seek(0)
        lines = get_transformed_file(file, use_eager_transformers=True)
        if lines:
            yield from scan._process_line_based_plugins(list(enumerate(lines, start=1)), filename=path)  # noqa: SLF001


def _sighting(path: str, lines: list[str], secret: Any) -> Sighting:
    line = lines[secret.line_number - 1] if secret.line_number <= len(lines) else ""
    value = secret.secret_value
    start = line.find(value)
    if start < 0:  # a transformed file may hold the value in another form than the line does
        at = Location.of_line(path, secret.line_number, line)
    else:
        at = Location(
            path=path,
            line=secret.line_number,
            column=start + 1,
            end_line=secret.line_number,
            end_column=start + 1 + len(value),
        )
    return Sighting(ENGINE, secret.type, SecretValue(value), at)


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so long; only the main thread of a POSIX process can be interrupted so."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
