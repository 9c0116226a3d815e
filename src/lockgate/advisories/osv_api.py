"""OSV's API as a source of advisories: it says in batches which records a version may have, and gives each record.

The records are then matched, merged and told by the same code as those of the local index.
API: https://google.github.io/osv.dev/post-v1-querybatch/ and https://google.github.io/osv.dev/get-v1-vulns/.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from lockgate import __version__
from lockgate.advisories.build import build
from lockgate.advisories.fetch import Limits, RefusedError, Web
from lockgate.advisories.index import Index
from lockgate.advisories.osv import ECOSYSTEM, Record, decode, is_id
from lockgate.inputs import user_cache
from lockgate.inputs.parallel import in_parallel
from lockgate.model.advisory import Answers, Query
from lockgate.model.errors import UnavailableError, counted

BATCH = 1000  # queries in one request: as many as the API takes
ROUNDS = 100  # of batches, where it gives its answers in pages
MOST_RECORDS = 20_000
LARGEST = 16 * 2**20  # bytes of one answer
LARGEST_IN_ALL = 512 * 2**20  # bytes of the records
LIMITS = Limits(silence=15.0, total=120.0, tries=3, first_wait=0.5, longest_wait=30.0, per_second=1000.0, parallel=32)
_HOMES = ("PYSEC-", "GHSA-", "MAL-")  # begin the ids of aliases that may be about Python packages
_CACHE = ("osv-api", f"records-{__version__}")
_MALFORMED = (400, 413, 422)  # what the server says of a batch with a query that it does not take
_MISSING = 404
_LARGEST_CACHE = 64 * 2**20  # bytes

T = TypeVar("T", bound=Hashable)
R = TypeVar("R")
Pin = tuple[str, str]
Progress = Callable[[int, int], None]


class _Vuln(Struct):
    id: str
    modified: str = ""


class _Result(Struct):
    vulns: list[_Vuln] | None = None
    next_page_token: str | None = None


class _Results(Struct):
    results: list[_Result]


class _Asked(Struct, frozen=True):
    """A pin, and the page of its answer that is asked for."""

    pin: Pin
    page: str = ""

    def query(self) -> dict[str, object]:
        name, version = self.pin
        page = {"page_token": self.page} if self.page else {}
        return {"package": {"name": name, "ecosystem": ECOSYSTEM}, "version": version, **page}


class OsvApi:
    """Look-ups by a server that speaks OSV's API. It can't be asked for hashes; `gaps` tells what is missing after one."""

    def __init__(self, url: str) -> None:
        """Take the server at a base URL."""
        self._server = _Server(url)
        self.close = self._server.web.close
        self.gaps: tuple[str, ...] = ()

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        """What an index of the server's records knows of each query, and why nothing is known of the others."""
        pins = {query: _pins(query) for query in queries}
        hits = _Hits(self._server, {pin for asked in pins.values() for pin in asked})
        records = _Records(self._server, hits.ids, progress)
        index = records.index()
        answers = Answers({}, {})
        for query in queries:
            ids = {found for pin in pins[query] for found in hits.known.get(pin, ())}
            failures = [*(hits.failed.get(pin) for pin in pins[query]), *map(records.failed.get, ids)]
            reason = next(filter(None, failures), "" if query.version else "only a hash is known of it")
            if reason:
                answers.failed[query] = reason
            else:
                answers.known[query] = index.lookup(query.name, query.version, query.hashes) if index else ()
        self.gaps = records.gaps
        return answers


def _pins(query: Query) -> set[Pin]:
    """What to ask for a query: a local version has what its public version has, which the server would not tell."""
    return {(query.name, version) for version in (query.version, query.version.partition("+")[0]) if version}


class _Server:
    """A server that speaks OSV's API. Several threads may ask it at once."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self.web = Web(LIMITS, advice="try again later")

    def ask(self, path: str, posted: bytes | None = None) -> bytes:
        """The body of the answer. Raises UnavailableError where there is none, RefusedError where it is another status."""
        return self.web.get(f"{self._url}/v1/{path}", LARGEST, posted=posted).body or b""

    def in_parallel(
        self, work: Callable[[T], R], items: Collection[T], progress: Progress
    ) -> dict[T, R | UnavailableError]:
        """As `inputs.parallel`, in the time that is left."""
        return in_parallel(work, items, workers=LIMITS.parallel, seconds=self.web.seconds, progress=progress)


class _Hits:
    """The ids of the records that the server names for each pin. `ids` has all of them with their dates."""

    def __init__(self, server: _Server, pins: Collection[Pin]) -> None:
        self._server = server
        self.known: dict[Pin, set[str]] = {pin: set() for pin in pins}
        self.failed: dict[Pin, str] = {}
        self.ids: dict[str, str] = {}
        ahead = _batches([_Asked(pin) for pin in sorted(pins)])
        for _ in range(ROUNDS):
            ahead = self._round(ahead)
        for batch in ahead:
            self._fail(batch, "the answer has too many pages")

    def _round(self, batches: list[tuple[_Asked, ...]]) -> list[tuple[_Asked, ...]]:
        """Ask one page of each; gives what is to be asked then."""
        answered = self._server.in_parallel(self._ask, batches, lambda _done, _total: None)
        further: list[_Asked] = []
        halves: list[tuple[_Asked, ...]] = []
        for batch, results in answered.items():
            if isinstance(results, RefusedError) and results.status in _MALFORMED and len(batch) > 1:
                halves += (batch[: len(batch) // 2], batch[len(batch) // 2 :])
            elif isinstance(results, UnavailableError):
                self._fail(batch, str(results))
            else:
                further += self._take(batch, results)
        return [*_batches(further), *halves]

    def _ask(self, batch: tuple[_Asked, ...]) -> list[_Result]:
        question = msgspec.json.encode({"queries": [asked.query() for asked in batch]})
        try:
            results = msgspec.json.decode(self._server.ask("querybatch", question), type=_Results).results
        except (msgspec.DecodeError, RecursionError):
            raise UnavailableError("OSV's API gave a malformed answer") from None
        if len(results) != len(batch) or not all(is_id(vuln.id) for result in results for vuln in result.vulns or ()):
            raise UnavailableError("OSV's API gave a malformed answer")
        return results

    def _take(self, batch: Iterable[_Asked], results: Iterable[_Result]) -> Iterator[_Asked]:
        for asked, result in zip(batch, results, strict=True):
            for vuln in result.vulns or ():
                self.known[asked.pin].add(vuln.id)
                self.ids[vuln.id] = vuln.modified
            if result.next_page_token:
                yield _Asked(asked.pin, result.next_page_token)

    def _fail(self, batch: Iterable[_Asked], reason: str) -> None:
        self.failed.update((asked.pin, reason) for asked in batch)


class _Records:
    """The records of the given ids (with their dates) and of aliases that may score them, from the user's cache or else from the server.

    `failed` tells of ids why their records can't be had, `gaps` what is missing of others than the given ones.
    """

    def __init__(self, server: _Server, ids: Mapping[str, str], progress: Progress) -> None:
        self._server = server
        self._progress = progress
        self._cache = _load()
        self._kept: dict[str, bytes] = {}
        self._found: dict[str, bytes] = {}  # empty where the server has none
        self._size = 0
        self.failed: dict[str, str] = {}
        today = datetime.now(UTC).date().isoformat()  # nobody says when an alias was modified
        wanted = ids
        while wanted:
            self._get(wanted)
            aliases = {alias for name in wanted for alias in _aliases(self._found.get(name))}
            wanted = dict.fromkeys(aliases - self._found.keys() - self.failed.keys(), today)
        _save(self._kept, self._cache)
        lost = [name for name in self.failed if name not in ids]
        self.gaps: tuple[str, ...] = (
            (f"{counted(len(lost), 'alias', 'aliases')} can't be read, such as {lost[0]}",) if lost else ()
        )
        self.failed |= {name: f"the server does not have {name}" for name in ids if self._found.get(name) == b""}

    def index(self) -> Index | None:
        """An index of the records; None where none is about a Python package."""
        usable = [(name, data) for name, data in self._found.items() if data and _counts(decode(data))]
        if not usable:
            return None
        file = io.BytesIO()
        meta = build(usable, "OSV's API", file)
        if meta.lost:
            named = ", ".join(meta.malformed)
            self.gaps += (f"{counted(meta.lost, 'advisory', 'advisories')} can't be understood, such as {named}",)
        return Index(file, "the index of OSV's answers")

    def _get(self, wanted: Mapping[str, str]) -> None:
        for name, date in wanted.items():
            key = f"{name}@{date}"
            if key in self._cache:
                self._found[name] = self._kept[key] = self._cache[key]
        absent = [name for name in wanted if name not in self._found]
        if len(self._found) + len(absent) > MOST_RECORDS:
            self.failed |= dict.fromkeys(absent, f"it is one of over {MOST_RECORDS:,} records")
            return
        for name, data in self._server.in_parallel(self._read, absent, self._progress).items():
            if isinstance(data, UnavailableError):
                self.failed[name] = str(data)
                continue
            self._found[name] = data
            if wanted[name]:
                self._kept[f"{name}@{wanted[name]}"] = data

    def _read(self, name: str) -> bytes:
        """A record as it came, checked; empty where there is none."""
        if self._size > LARGEST_IN_ALL:
            raise UnavailableError(f"the records have over {LARGEST_IN_ALL:,} bytes")
        try:
            data = self._server.ask(f"vulns/{name}")
            self._size += len(data)
            record = decode(data)
        except RefusedError as error:
            if error.status == _MISSING:
                return b""
            raise
        except ValueError:
            raise UnavailableError(f"{name} can't be understood") from None
        if record.id != name:
            raise UnavailableError(f"the server gave another record for {name}")
        return data


def _aliases(data: bytes | None) -> set[str]:
    """The aliases that may tell how severe a record is which does not tell it itself."""
    record = decode(data) if data else None
    if record is None or record.score() is not None:
        return set()
    return {alias for alias in record.aliases or () if alias.startswith(_HOMES)}


def _counts(record: Record) -> bool:
    return not record.withdrawn and any(record.packages())


def _batches(asked: Sequence[_Asked]) -> list[tuple[_Asked, ...]]:
    return [tuple(asked[start : start + BATCH]) for start in range(0, len(asked), BATCH)]


def _load() -> dict[str, bytes]:
    data = user_cache.load(*_CACHE)
    try:
        return msgspec.msgpack.decode(data, type=dict[str, bytes]) if data is not None else {}
    except msgspec.DecodeError:
        return {}


def _save(used: dict[str, bytes], before: dict[str, bytes]) -> None:
    """Keep what was used, and of the rest as much as there is room for."""
    if used.keys() <= before.keys():
        return
    kept: dict[str, bytes] = {}
    room = _LARGEST_CACHE
    for key, data in (used | before).items():
        room -= len(data)
        if room > 0:
            kept[key] = data
    user_cache.store(*_CACHE, msgspec.msgpack.encode(kept))
