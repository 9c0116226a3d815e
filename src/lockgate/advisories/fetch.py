"""Fetching a zip of advisories over HTTP: bounded in size and time, TLS always verified."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import BinaryIO

from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError

OSV_ZIP = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
LARGEST = 1024 * 2**20  # bytes
SECONDS_OF_SILENCE = 20.0
SECONDS = 600.0
_ZIP = b"PK"


def is_url(source: str) -> bool:
    """Whether the source is fetched and not opened. Raises UnavailableError for a URL that is neither."""
    if source.lower().startswith(("http://", "https://")):
        return True
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source):
        raise UnavailableError(f"{shown(source)} can't be fetched: only http and https can; or give a path")
    return False


def fetch(url: str, file: BinaryIO) -> None:
    """Write the zip at `url` into `file`.

    Proxies and a private CA come from the standard environment variables. Raises UnavailableError, saying what happened
    and what to do, for everything that is not a zip in good time.
    """
    import httpx2

    try:
        with (
            httpx2.Client(follow_redirects=True, max_redirects=5, timeout=SECONDS_OF_SILENCE) as client,
            client.stream("GET", url) as response,
        ):
            _check(url, response.status_code, str(response.url))
            _copy(response.iter_bytes(), url, file)
    except httpx2.TimeoutException:
        raise _unavailable(url, f"said nothing for {SECONDS_OF_SILENCE:g} s") from None
    except httpx2.TooManyRedirects:
        raise _unavailable(url, "redirects without end") from None
    except httpx2.TransportError as error:
        raise _unavailable(url, f"can't be fetched ({error})") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
        raise _unavailable(url, f"can't be fetched ({type(error).__name__})") from None


def _check(url: str, status: int, final: str) -> None:
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise _unavailable(url, f"answered {status}")
    if url.lower().startswith("https:") and not final.lower().startswith("https:"):
        raise _unavailable(url, "redirects to a connection without TLS")


def _copy(chunks: Iterable[bytes], url: str, file: BinaryIO) -> None:
    started = time.monotonic()
    size = 0
    head = b""
    for chunk in chunks:
        head += chunk[: len(_ZIP) - len(head)]
        size += len(chunk)
        if not _ZIP.startswith(head):
            raise _unavailable(url, "answered with something that is no zip file (a page for people?)")
        if size > LARGEST:
            raise _unavailable(url, f"sends more than {LARGEST:,} bytes")
        if time.monotonic() - started > SECONDS:
            raise _unavailable(url, f"took more than {SECONDS:g} s")
        file.write(chunk)
    if not size:
        raise _unavailable(url, "answered with nothing")


def _unavailable(url: str, what: str) -> UnavailableError:
    return UnavailableError(f"{shown(url)} {what}; try again, or give a zip with: lockgate advisories sync --from PATH")
