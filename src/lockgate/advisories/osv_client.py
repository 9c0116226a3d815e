"""One connection pool to OSV's API: requests that are bounded in size and time, and repeated where that may help."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from lockgate import __version__
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError

if TYPE_CHECKING:
    from httpx2 import Response

WORKERS = 32  # connections
ATTEMPTS = 4
FIRST_PAUSE = 0.5  # seconds at most, then twice as long each time
SECONDS = 120.0  # for all requests
SECONDS_OF_SILENCE = 15.0
SECONDS_TO_CONNECT = 5.0
LONGEST_PAUSE = 30.0  # seconds that are waited where the server asks for it
LARGEST = 16 * 2**20  # bytes of one answer
LARGEST_IN_ALL = 512 * 2**20
_OK = 200
_LATER = (429, 500, 502, 503, 504)
_REFUSED = (400, 413, 422)
_MISSING = 404


class RefusedError(UnavailableError):
    """The server does not take this question."""


class MissingError(UnavailableError):
    """The server does not have this."""


class OsvClient:
    """Asks a server that speaks OSV's API. Several threads may ask at once; `seconds` are left for all of them."""

    def __init__(self, url: str) -> None:
        import httpx2

        self._name = shown(url)
        self._until = time.monotonic() + SECONDS
        self._received = 0
        try:
            self._client = httpx2.Client(
                base_url=url,
                headers={"user-agent": f"lockgate/{__version__}"},
                limits=httpx2.Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS),
                timeout=httpx2.Timeout(SECONDS_OF_SILENCE, connect=SECONDS_TO_CONNECT),
            )
        except (httpx2.InvalidURL, ValueError, OSError) as error:  # of the base, of a proxy, of a private CA
            raise UnavailableError(f"{self._name} can't be asked ({type(error).__name__})") from None

    @property
    def seconds(self) -> float:
        """How many seconds are left."""
        return max(0.0, self._until - time.monotonic())

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, path: str, content: bytes | None = None) -> bytes:
        """The body of the answer to a GET, or to a POST of JSON where there is `content`.

        Raises RefusedError or MissingError where the server says so, UnavailableError where it gives no answer.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._ask(path, content)
            except _AgainError as again:
                pause = again.pause or random.uniform(0.5, 1.0) * FIRST_PAUSE * 2 ** (attempt - 1)  # noqa: S311 - no secret
                if attempt == ATTEMPTS or pause > min(LONGEST_PAUSE, self.seconds):
                    raise self._unavailable(str(again)) from None
                time.sleep(pause)
            else:
                return answer
        raise AssertionError

    def _ask(self, path: str, content: bytes | None) -> bytes:
        import httpx2

        method, headers = ("POST", {"content-type": "application/json"}) if content else ("GET", {})
        try:
            with self._client.stream(method, path, content=content, headers=headers) as response:
                self._check(response)
                return self._body(response)
        except httpx2.TimeoutException:
            raise self._unavailable("gave no answer in good time") from None
        except (httpx2.ConnectError, httpx2.ProxyError, httpx2.UnsupportedProtocol) as error:
            raise self._unavailable(f"is not reached ({type(error).__name__})") from None
        except httpx2.TransportError as error:
            raise _AgainError(f"broke off ({type(error).__name__})") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            raise self._unavailable(f"gave no useful answer ({type(error).__name__})") from None

    def _check(self, response: Response) -> None:
        status = response.status_code
        if status == _OK:
            return
        if status in _LATER:
            raise _AgainError(f"answered {status}", _pause(response.headers.get("retry-after", "")))
        kind = RefusedError if status in _REFUSED else MissingError if status == _MISSING else UnavailableError
        raise kind(f"{self._name} answered {status}")

    def _body(self, response: Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            self._received += len(chunk)
            if len(body) > LARGEST or self._received > LARGEST_IN_ALL:
                raise self._unavailable(f"sends more than {LARGEST:,} bytes in one answer, or too much in all")
            if not self.seconds:
                raise self._unavailable("gave no answer in good time")
        return bytes(body)

    def _unavailable(self, what: str) -> UnavailableError:
        return UnavailableError(f"{self._name} {what}")


class _AgainError(Exception):
    """It may be answered when it is asked again, after `pause` seconds where the server says so."""

    def __init__(self, what: str, pause: float = 0.0) -> None:
        super().__init__(what)
        self.pause = pause


def _pause(retry_after: str) -> float:
    """The seconds that a Retry-After header asks for; 0 where it says nothing that can be understood."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
