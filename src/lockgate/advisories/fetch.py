"""Fetching over HTTP: bounded in size, time and number of requests, TLS always verified.

What may be better the next time is tried again, after waits that double and vary, and as the server asks.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

from msgspec import Struct

from lockgate import __version__
from lockgate.advisories.digests import wrong_digest
from lockgate.advisories.partial import Partial
from lockgate.inputs.parallel import in_parallel
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
Tell = Callable[[str], None]

ADVICE = "try again, or give a zip with: lockgate advisories sync --from PATH"
OK, PARTIAL, UNCHANGED, BAD_RANGE = 200, 206, 304, 416
_KINDS = {"zip": b"PK", "gzip": b"\x1f\x8b"}  # how they begin
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Limits(Struct, frozen=True, kw_only=True):
    """What one sync may cost.

    silence, total: seconds without a byte, and for everything together. tries: of one request. first_wait, longest_wait:
    seconds between tries; a server that asks for more is not waited for. per_second, parallel: requests. largest: bytes.
    """

    silence: float = 20.0
    total: float = 600.0
    tries: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    per_second: float = 50.0
    parallel: int = 8
    largest: int = 1024 * 2**20


class Answer(Struct, frozen=True):
    """What a server answered: the body is None where it is still what `validator` named. Names of headers are in lower case."""

    body: bytes | None
    validator: str
    headers: Mapping[str, str] = {}


class Download(Struct, frozen=True):
    """A file, and what names its state; it is empty where nothing changed."""

    file: BinaryIO
    validator: str
    changed: bool


class RefusedError(UnavailableError):
    """The server answered, with something else than what it was asked for, and would again.

    `status` is HTTP's, or 0; `challenge` says how to authenticate.
    """

    def __init__(self, what: str, status: int = 0, challenge: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.challenge = challenge


class _AgainError(Exception):
    """What happened that may be better the next time; `after` is for how many seconds the server asks to wait."""

    def __init__(self, what: str, after: float = 0.0) -> None:
        super().__init__(what)
        self.after = after


def is_url(source: str) -> bool:
    """Whether the source is fetched and not opened. Raises UnavailableError for a URL that is neither."""
    if source.lower().startswith(("http://", "https://")):
        return True
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source):
        raise UnavailableError(f"{shown(source)} can't be fetched: only http and https can; or give a path")
    return False


class Web:
    """Connections for one sync. Proxies and a private CA come from the standard environment variables.

    Every method raises UnavailableError, saying what happened and what to do (`advice`). `tell` hears of waits, `visit` of
    each address before it is asked, also of one that a server redirects to, and may raise UnavailableError.
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        tell: Tell = lambda _: None,
        advice: str = ADVICE,
        visit: Tell = lambda _: None,
    ) -> None:
        self._advice = advice
        self._limits = limits
        self._tell = tell
        self._client = _client(limits, visit)
        self._end = time.monotonic() + limits.total
        self._next = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def seconds(self) -> float:
        """How many are left."""
        return max(0.0, self._end - time.monotonic())

    def get(
        self,
        url: str,
        largest: int,
        validator: str = "",
        posted: bytes | None = None,
        headers: Mapping[str, str] = {},
    ) -> Answer:
        """What is at `url`, at most `largest` bytes; nothing where it is what `validator` names.

        posted: JSON to be posted there, to which this is the answer. headers: of the request, beside the usual ones.
        """

        def attempt() -> Answer:
            with self._answer(url, {**_condition(validator), **headers}, posted) as response:
                if response.status_code == UNCHANGED and validator:
                    return Answer(None, validator)
                self._expect(url, response, OK)
                body = b"".join(self._chunks(response.iter_bytes(), url, largest))
                self._check_digest(url, response, body)
                return Answer(body, validator_of(response), dict(response.headers))

        return self._tried(url, attempt)

    def get_all(self, urls: Sequence[str], largest: int) -> Iterator[bytes]:
        """What is at each URL, in their order, several at a time."""
        workers = self._limits.parallel
        answers = in_parallel(lambda url: self.get(url, largest), urls, workers=workers, seconds=self.seconds)
        for answer in answers.values():
            if isinstance(answer, UnavailableError):
                raise answer
            yield answer.body or b""

    @contextmanager
    def download(self, url: str, validator: str = "", kind: str = "zip") -> Iterator[Download]:
        """What is at `url`, as a file.

        `kind` is zip or gzip. What came before a fault is kept, and the next time goes on there.
        """
        with Partial(url) as partial:
            changed = self._tried(url, lambda: self._fetch(url, partial, validator, kind))
            partial.whole = True
            yield Download(partial.file, partial.validator, changed=changed)

    def _fetch(self, url: str, partial: Partial, validator: str, kind: str) -> bool:
        """Write what is at `url` into `partial`, from where it ends; False where it is still what `validator` names."""
        headers = {"Accept-Encoding": "identity", **_condition(validator), **partial.headers}
        with self._answer(url, headers) as response:
            if response.status_code == UNCHANGED and validator:
                return False
            resumed = response.status_code == PARTIAL and partial.continues(response.headers.get("content-range", ""))
            if partial.size and response.status_code in (PARTIAL, BAD_RANGE) and not resumed:
                partial.restart("")
                raise _AgainError("does not give the part that is missing")
            if not resumed:
                self._expect(url, response, OK)
                partial.restart(validator_of(response))
            begins = _KINDS[kind]
            for chunk in self._chunks(response.iter_raw(), url, self._limits.largest - partial.size):
                partial.write(chunk)
                if partial.size - len(chunk) < len(begins) and not begins.startswith(partial.head(len(begins))):
                    partial.restart("")
                    raise RefusedError(
                        self._said(url, f"answered with something that is no {kind} file (a page for people?)")
                    )
            if not partial.size:
                raise _AgainError("answered with nothing")
            self._check_download(url, response, partial, resumed=resumed)
        return True

    def _check_download(self, url: str, response: httpx2.Response, partial: Partial, *, resumed: bool) -> None:
        wrong = wrong_digest(response.headers, partial.chunks(), part=resumed)
        if wrong:
            partial.restart("")
            if resumed:
                raise _AgainError(f"went on with another file ({wrong})")
            raise UnavailableError(self._said(url, f"sent a broken file: {wrong}"))

    def _check_digest(self, url: str, response: httpx2.Response, body: bytes) -> None:
        encoded = response.headers.get("content-encoding", "identity") != "identity"
        wrong = "" if encoded else wrong_digest(response.headers, [body])
        if wrong:
            raise UnavailableError(self._said(url, f"sent a broken file: {wrong}"))

    def _tried(self, url: str, attempt: Callable[[], T]) -> T:
        number = 0
        while True:
            self._keep_pace()
            try:
                # Not here: a server that sends its headers letter by letter keeps a connection busy for days.
                result = in_parallel(lambda _: attempt(), (url,), workers=1, seconds=self.seconds)[url]
            except _AgainError as error:
                number += 1
                self._wait(url, number, error)
                continue
            if not isinstance(result, UnavailableError):
                return result
            raise result if self.seconds else UnavailableError(self._said(url, self._late))

    def _wait(self, url: str, number: int, error: _AgainError) -> None:
        """Wait before another try. Raises UnavailableError where there is to be none."""
        import random

        tries = f" (tried {number} times)" if number > 1 else ""
        if error.after > self._limits.longest_wait:
            raise UnavailableError(self._said(url, f"{error} and asks to wait {error.after:,.0f} s{tries}"))
        if number >= self._limits.tries:
            raise UnavailableError(self._said(url, f"{error}{tries}"))
        pause = min(self._limits.first_wait * 2 ** (number - 1), self._limits.longest_wait)
        pause = max(error.after, pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all ask again at once
        if time.monotonic() + pause > self._end:
            raise UnavailableError(self._said(url, f"{error}, and {self._late}{tries}"))
        self._tell(f"{shown(url)} {error}; trying again in {pause:.1f} s")
        time.sleep(pause)

    def _keep_pace(self) -> None:
        """Wait until another request is within the rate."""
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + 1 / self._limits.per_second
        time.sleep(at - now)

    @contextmanager
    def _answer(self, url: str, headers: dict[str, str], posted: bytes | None = None) -> Iterator[httpx2.Response]:
        """What a server answers to one request, and everything that can go wrong, also while it is read."""
        import httpx2

        try:
            if posted is not None:
                headers = {"Content-Type": "application/json", **headers}
            method = "GET" if posted is None else "POST"
            with self._client.stream(method, url, headers=headers, content=posted) as response:
                if url.lower().startswith("https:") and response.url.scheme != "https":
                    raise RefusedError(self._said(url, "redirects to a connection without TLS"))
                if response.status_code in _AGAIN:
                    raise _AgainError(f"answered {response.status_code}", _after(response.headers.get("retry-after")))
                yield response
        except httpx2.TimeoutException:
            raise _AgainError(f"said nothing for {self._limits.silence:g} s") from None
        except httpx2.TooManyRedirects:
            raise RefusedError(self._said(url, "redirects without end")) from None
        except httpx2.UnsupportedProtocol as error:
            raise RefusedError(self._said(url, f"can't be fetched ({error})")) from None
        except httpx2.TransportError as error:
            raise _AgainError(f"can't be fetched ({error})") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            raise RefusedError(self._said(url, f"can't be fetched ({type(error).__name__})")) from None

    @property
    def _late(self) -> str:
        return f"took more than {self._limits.total:g} s"

    def _said(self, url: str, what: str) -> str:
        return f"{shown(url)} {what}; {self._advice}"

    def _expect(self, url: str, response: httpx2.Response, status: int) -> None:
        if response.status_code != status:
            status, challenge = response.status_code, response.headers.get("www-authenticate", "")
            raise RefusedError(self._said(url, f"answered {status}"), status, challenge)

    def _chunks(self, chunks: Iterable[bytes], url: str, largest: int) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > largest:
                raise RefusedError(self._said(url, f"sends more than {self._limits.largest:,} bytes"))
            if time.monotonic() > self._end:
                raise UnavailableError(self._said(url, self._late))
            yield chunk


def _client(limits: Limits, visit: Tell) -> httpx2.Client:
    """Raises UnavailableError where the environment names a proxy or a private CA that can't be used."""
    import httpx2

    try:
        return httpx2.Client(
            follow_redirects=True,
            max_redirects=5,
            timeout=limits.silence,
            limits=httpx2.Limits(max_keepalive_connections=limits.parallel),
            headers={"User-Agent": f"lockgate/{__version__}"},
            event_hooks={"request": [lambda request: visit(str(request.url))]},
        )
    except (httpx2.InvalidURL, ValueError, OSError, ImportError) as error:
        raise UnavailableError(
            f"no connection can be set up ({type(error).__name__}); look at the variables that name proxies and "
            "certificates: HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR"
        ) from None


def validator_of(response: httpx2.Response) -> str:
    """What names this state of a resource: its ETag, or else the date of its last change."""
    headers = response.headers
    found: str = headers.get("etag", "") or headers.get("last-modified", "")
    return found


def _condition(validator: str) -> dict[str, str]:
    """Headers that ask for what is newer only."""
    if not validator:
        return {}
    return {"If-None-Match" if '"' in validator else "If-Modified-Since": validator}


def _after(header: str | None) -> float:
    """The seconds that a Retry-After asks to wait; it gives a number or a date."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    text = (header or "").strip()
    if re.fullmatch("[0-9]{1,18}", text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
