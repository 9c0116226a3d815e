"""What is known of the exploitation of CVEs: EPSS (how probable) and CISA's KEV (known to be exploited).

EPSS: https://www.first.org/epss/data_stats, the probability of exploitation in the next 30 days.
KEV: https://www.cisa.gov/known-exploited-vulnerabilities-catalog.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from lockgate.advisories.cve_table import CveTable, Origin, Row, number_of, write
from lockgate.advisories.fetch import Answer, Limits, Tell, Web, is_url
from lockgate.advisories.user_file import is_there, place_of, replace, writing
from lockgate.inputs.urls import shown
from lockgate.model.advisory import Advisory, Exploitation
from lockgate.model.errors import UnavailableError

OLDEST = timedelta(days=7)
LARGEST = 128 * 2**20  # bytes, unpacked


class Feed(Struct, frozen=True):
    """One of the two: where it is fetched by default, and what reads it into the date of its data and its rows."""

    url: str
    read: Callable[[bytes], tuple[str, list[Row]]]


class _Exploited(Struct):
    cve: str = msgspec.field(name="cveID")
    added: str = msgspec.field(name="dateAdded")
    ransomware: str = msgspec.field(name="knownRansomwareCampaignUse", default="Unknown")


class _Catalog(Struct):
    vulnerabilities: list[_Exploited]
    released: str = msgspec.field(name="dateReleased", default="")


def _epss(data: bytes) -> tuple[str, list[Row]]:
    """The probability and percentile of each CVE. Raises ValueError, naming the line."""
    lines = io.StringIO(_unpacked(data).decode())
    first = next(lines, "")
    dated = first.partition("score_date:")[2].strip()[:10] if first.startswith("#") else ""
    if (next(lines, "") if first.startswith("#") else first).strip() != "cve,epss,percentile":
        raise ValueError("its columns are not cve,epss,percentile")
    return dated, _some(list(_probabilities(lines)))


def _probabilities(lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=3):
        cve, *values = line.strip().split(",")
        found = number_of(cve)
        try:
            score, percentile = map(float, values)
        except ValueError:
            found = None
        if found is None or not (0 <= score <= 1 and 0 <= percentile <= 1):
            raise ValueError(f"line {number:,} is no CVE with two probabilities")
        yield found, score, percentile


def _kev(data: bytes) -> tuple[str, list[Row]]:
    """Of each CVE the day on which it was added, and 1 where ransomware used it. Raises ValueError."""
    try:
        catalog = msgspec.json.decode(data, type=_Catalog)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    rows: list[Row] = []
    for entry in catalog.vulnerabilities:
        number = number_of(entry.cve)
        if number is None:
            raise ValueError("an id in it is no CVE")
        rows.append((number, date.fromisoformat(entry.added).toordinal(), float(entry.ransomware == "Known")))
    return catalog.released[:10], _some(rows)


def _some(rows: list[Row]) -> list[Row]:
    if not rows:
        raise ValueError("it is empty")
    return rows


FEEDS = {
    "epss": Feed("https://epss.empiricalsecurity.com/epss_scores-current.csv.gz", _epss),
    "kev": Feed("https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json", _kev),
}


def file_of(name: str) -> Path:
    """The file of a feed, whether it exists or not."""
    return place_of(f"{name}.table")


def open_feed(name: str) -> CveTable | None:
    """The table of a feed; None where it was not fetched. Raises UnavailableError where it can't be used."""
    path = file_of(name)
    return CveTable.open(path) if is_there(path) else None


def sync_feed(name: str, source: str = "", *, limits: Limits = Limits(), tell: Tell = lambda _: None) -> Origin:
    """Replace the table of a feed by what a file or URL (by default the publisher's) holds.

    Raises UnavailableError for any fault; the table that was there then stays.
    """
    feed = FEEDS[name]
    source = source or feed.url
    told = shown(source) if is_url(source) else source
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with writing(file_of(name)):
        old = None
        with suppress(UnavailableError):
            old = open_feed(name)
        known = old.origin.validator if old and old.origin.source == told else ""
        answer = _content(source, known, limits, tell)
        if old and answer.body is None:
            return replace(file_of(name), lambda file: old.copy(file, checked=now))
        try:
            dated, rows = feed.read(answer.body or b"")
        except ValueError as error:
            said = str(error).partition("\n")[0]
            raise UnavailableError(f"{told} is no {name.upper()} data ({said}); the old one, if any, stays") from None
        origin = Origin(told, dated, now, answer.validator)
        return replace(file_of(name), lambda file: write(file, rows, origin))


def _content(source: str, validator: str, limits: Limits, tell: Tell) -> Answer:
    if is_url(source):
        with Web(limits, tell, "try again, or give a file that you fetched yourself") as web:
            return web.get(source, LARGEST, validator)
    try:
        with Path(source).expanduser().open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UnavailableError(f"{source} can't be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise UnavailableError(f"{source} has more than {LARGEST:,} bytes")
    return Answer(data, "")


def _unpacked(data: bytes) -> bytes:
    """What is inside where it is packed by gzip. Raises ValueError where that is broken or too much."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    import gzip

    try:
        with gzip.open(io.BytesIO(data)) as file:
            inside: bytes = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not whole: {error}") from None
    if len(inside) > LARGEST:
        raise ValueError(f"unpacked more than {LARGEST:,} bytes")
    return inside


class Feeds:
    """What the fetched feeds say of advisories. One that is missing, damaged or old says nothing; `notes` tells why."""

    def __init__(self, now: datetime | None = None) -> None:
        self.notes: tuple[str, ...] = ()
        self._epss = self._young("epss", now)
        self._kev = self._young("kev", now)

    def of(self, advisory: Advisory) -> Exploitation:
        """The highest probability among the CVEs that the advisory is, and whether one of them is known to be exploited."""
        cves = [name for name in (advisory.id, *advisory.aliases) if name.startswith("CVE-")]
        scores = [found for cve in cves if self._epss and (found := self._epss.get(cve))]
        score, percentile = max(scores, default=(None, None))
        listed = [found for cve in cves if self._kev and (found := self._kev.get(cve))]
        return Exploitation(
            epss=score,
            percentile=percentile,
            exploited=bool(listed) if self._kev and cves else None,
            ransomware=any(used for _, used in listed),
        )

    def _young(self, name: str, now: datetime | None) -> CveTable | None:
        try:
            table = open_feed(name)
        except UnavailableError as error:
            self.notes = (*self.notes, str(error))
            return None
        if table is None or table.origin.is_young(OLDEST, now):
            return table
        told = f"{name.upper()} was last checked on {table.origin.checked[:10]}: too old, or a clock is wrong"
        self.notes = (*self.notes, f"{told}; run: lockgate advisories sync --with {name}")
        return None
