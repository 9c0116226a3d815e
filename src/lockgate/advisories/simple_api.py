"""Requests to a package index's simple API (PEP 503, 691): bounded in size and time, paced, TLS always verified."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from lockgate import __version__
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError, shortened

if TYPE_CHECKING:
    import httpx2

AT_ONCE = 16  # requests
A_SECOND = 400  # requests
ATTEMPTS = 3
LARGEST = 50 * 2**20  # bytes of an answer
SECONDS_OF_SILENCE = 20.0
SECONDS = 60.0  # for an answer
SECONDS_IN_ALL = 300.0  # after which no more requests are made
LONGEST_PAUSE = 30.0  # seconds that an index may ask us to wait
FIRST_PAUSE = 0.5  # seconds before it is tried again, then twice as many
PATIENCE = 10  # requests in a row without a useful answer, after which no more are made
LONGEST_FRESH = 3600.0  # seconds for which an answer is taken for the index's own, whatever it says

_JSON = "application/vnd.pypi.simple.v1+json"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,198}[a-z0-9])?")
_PASSING = (429, 500, 502, 503, 504)


class Answer(Struct, frozen=True):
    """What an index answered: its status (200, 304 or 404), content, validators, and for how many seconds it is fresh.

    `fresh` is None where nothing of it may be kept.
    """

    status: int
    data: bytes = b""
    etag: str = ""
    modified: str = ""
    fresh: float | None = 0.0


class SimpleApi:
    """One index. `name` is its address as it may be shown: without user and password, which go into a header only."""

    def __init__(self, url: str) -> None:
        """Raises UnavailableError for an address that is none."""
        import httpx2

        self.name = shown(url)
        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError):
            raise UnavailableError(f"{self.name} is no address of a package index") from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise UnavailableError(f"{self.name} is no address of a package index: it needs http or https and a host")
        self._secure = parsed.scheme == "https"
        self._auth = (parsed.username, parsed.password) if parsed.userinfo else None
        self._base = str(parsed.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
        self._pace = _Pace(self.name)
        self._client = httpx2.Client(
            headers={"Accept": _JSON, "User-Agent": f"lockgate/{__version__}"},
            follow_redirects=True,
            max_redirects=5,
            timeout=SECONDS_OF_SILENCE,
            limits=httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, project: str, etag: str = "", modified: str = "") -> Answer:
        """Ask of a project (name by PEP 503); with validators the answer may be 304.

        Threads may ask at the same time. Raises UnavailableError, saying why, for everything that is no useful answer.
        """
        if not _NAME.fullmatch(project):
            raise UnavailableError(f"{shortened(project)!r} is no name that an index can be asked for")
        given = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in given.items() if value}
        pause = FIRST_PAUSE
        for last in (*[False] * (ATTEMPTS - 1), True):
            self._pace.wait()
            try:
                answer = self._once(f"{self._base}/{project}/", headers)
            except _PassingError as error:
                if last or error.pause > LONGEST_PAUSE:
                    self._pace.unanswered()
                    raise UnavailableError(str(error)) from None
                self._pace.rest(error.pause or pause)
                pause *= 2
            except UnavailableError:
                self._pace.unanswered()
                raise
            else:
                self._pace.answered()
                return answer
        raise AssertionError

    def _once(self, url: str, headers: dict[str, str]) -> Answer:
        import httpx2

        try:
            with self._client.stream("GET", url, headers=headers, auth=self._auth) as response:
                return self._answer(response)
        except httpx2.TimeoutException:
            raise UnavailableError(f"{self.name} said nothing for {SECONDS_OF_SILENCE:g} s") from None
        except httpx2.TooManyRedirects:
            raise UnavailableError(f"{self.name} redirects without end") from None
        except httpx2.TransportError as error:
            raise _PassingError(f"{self.name} is not reached ({type(error).__name__})") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            raise UnavailableError(f"{self.name} gave no useful answer ({type(error).__name__})") from None

    def _answer(self, response: httpx2.Response) -> Answer:
        status, headers = response.status_code, response.headers
        if self._secure and response.url.scheme != "https":
            raise UnavailableError(f"{self.name} redirects to a connection without TLS")
        if status in _PASSING:
            raise _PassingError(f"{self.name} answered {status}", _retry_after(headers.get("retry-after", "")))
        if status in (401, 403):
            raise UnavailableError(f"{self.name} answered {status}: it wants other credentials in its address")
        if status == 406:  # noqa: PLR2004 - Not Acceptable
            raise self._no_json()
        if status not in (200, 304, 404):
            raise UnavailableError(f"{self.name} answered {status}")
        if status == 200 and "json" not in headers.get("content-type", "").lower():  # noqa: PLR2004 - OK
            raise self._no_json()
        data = self._bounded(response.iter_bytes()) if status == 200 else b""  # noqa: PLR2004 - OK
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        return Answer(status, data, etag, modified, _fresh(headers.get("cache-control", ""), headers.get("age", "")))

    def _bounded(self, chunks: Iterable[bytes]) -> bytes:
        until = time.monotonic() + SECONDS
        data = bytearray()
        for chunk in chunks:
            data += chunk
            if len(data) > LARGEST:
                raise UnavailableError(f"{self.name} sends more than {LARGEST:,} bytes")
            if time.monotonic() > until:
                raise UnavailableError(f"{self.name} took more than {SECONDS:g} s for one answer")
        return bytes(data)

    def _no_json(self) -> UnavailableError:
        return UnavailableError(
            f"{self.name} gives no JSON (PEP 691), by which alone it can be asked; name an index that does with index-url"
        )


class _PassingError(Exception):
    """A fault that may be over in `pause` seconds; 0 where nobody said when."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class _Pace:
    """How fast an index is asked, and whether at all."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._next = 0.0
        self._lost = 0
        self._until = time.monotonic() + SECONDS_IN_ALL

    def wait(self) -> None:
        """Return when it is our turn. Raises UnavailableError where the index has not answered for too long."""
        with self._lock:
            if self._lost >= PATIENCE:
                raise UnavailableError(f"{self._name} was not asked: {PATIENCE} requests in a row had no useful answer")
            now = time.monotonic()
            if now > self._until:
                raise UnavailableError(f"{self._name} was not asked: the others took more than {SECONDS_IN_ALL:g} s")
            turn = max(now, self._next)
            self._next = turn + 1 / A_SECOND
        if turn > now:
            time.sleep(turn - now)

    def rest(self, seconds: float) -> None:
        """Ask nobody for that long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def answered(self) -> None:
        """A request had its answer."""
        self._lost = 0

    def unanswered(self) -> None:
        """A request had none."""
        with self._lock:
            self._lost += 1


def _retry_after(text: str) -> float:
    """Seconds of a `Retry-After`, which has seconds or a date; 0 where it has neither."""
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(shortened(text)) - datetime.now(UTC)).total_seconds())
    return 0.0


def _fresh(control: str, age: str) -> float | None:
    """For how many seconds an answer is fresh by its `Cache-Control` and `Age` (RFC 9111); None where it is not to be kept."""
    control = control.lower()
    if "no-store" in control:
        return None
    found = re.search(r"(?<![\w-])max-age=\"?([0-9]{1,9})", control)
    if not found or "no-cache" in control:
        return 0.0
    passed = float(age) if re.fullmatch(r"[0-9]{1,9}", age.strip()) else 0.0
    return min(max(0.0, float(found[1]) - passed), LONGEST_FRESH)
