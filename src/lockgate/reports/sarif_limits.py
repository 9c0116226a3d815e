"""What GitHub code scanning takes of a SARIF file, and the texts within it."""

from __future__ import annotations

import gzip
import re
from urllib.parse import quote, urlsplit, urlunsplit

from lockgate.reports.text import clip, one_line

# GitHub refuses a file with over 25,000 results, and of those in it shows 5,000. It picks by a severity that it reads
# from the rules; keeping the first 5,000 by our own order makes sure that it shows the worst.
RESULTS = 5_000
PACKED_BYTES = 10_000_000
TAGS = 10
NAME = 255
DESCRIPTION = 1_024
MESSAGE = 1_024
HELP = 16_384

_HOST = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_IN_URI = "/:@!$&'()*+,;=~%"
_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")
_NOT_ASCII = re.compile("%[89A-Fa-f]")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def fits(data: bytes) -> bool:
    """Whether a file is small enough once it is packed for the upload."""
    return len(data) < PACKED_BYTES or len(gzip.compress(data, compresslevel=6)) < PACKED_BYTES


def message(text: str) -> str:
    """A text for people: it ends with a full stop, and has nothing that a viewer takes for a link or placeholder."""
    # `[text](1)` would be a link to a related location, `{0}` the place of an argument.
    plain = _PLACEHOLDER.sub("{{\\1}}", one_line(text).replace("](", "] ("))
    plain = clip(plain or "No message", MESSAGE - 1)
    return plain if plain.endswith((".", "!", "?", "…")) else plain + "."


def description(text: str) -> str:
    """A text about a rule on one line, at most as long as GitHub shows."""
    return clip(one_line(text) or "No description", DESCRIPTION)


def absolute_uri(text: str) -> str:
    """The absolute URI that `text` is, without credentials and percent-encoded; empty where it is none with a host.

    Also empty where more than ASCII is in it: Microsoft's validator refuses many of these (`%C3%BC%20` as well as
    `%F0%9F%98%80`), because .NET does, and with them the report.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not parts.scheme or not _HOST.fullmatch(host):
        return ""
    path, query, fragment = (_encoded(part) for part in (parts.path, parts.query, parts.fragment))
    uri = urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", path, query, fragment))
    return "" if _NOT_ASCII.search(uri) else uri


def _encoded(part: str) -> str:
    return _STRAY.sub("%25", quote(part.encode("utf-8", "backslashreplace"), safe=_IN_URI))
