"""What changed at the source since an index was built: the list of changes beside the zip, and the records that it names.

The list has a line `RFC 3339 date,ID` for every record. It is read to its end, because it is small: so a record is seen
that came late with an old date, and one that is gone. Format: https://google.github.io/osv.dev/data/.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from urllib.parse import quote, urlsplit, urlunsplit

from msgspec.structs import replace

from lockgate.advisories.build import build
from lockgate.advisories.fetch import RefusedError, Web
from lockgate.advisories.index import CLOCKS_DIFFER, Index, Meta
from lockgate.advisories.osv import ECOSYSTEM, decode
from lockgate.model.errors import counted, shortened

LIST = "modified_id.csv"
MOST = 1000  # changed records; for more, the zip is quicker and kinder to the server
LARGEST_LIST = 64 * 2**20
LARGEST_RECORD = 4 * 2**20
LARGEST = 256 * 2**20  # bytes of all changed records
WHOLE_EVERY = timedelta(days=7)

Fill = Callable[[BinaryIO], Meta]


class WholeError(Exception):
    """Why all records have to be fetched. Unless the zip may be unchanged, it is fetched whatever its date says."""

    def __init__(self, why: str, *, may_be_unchanged: bool = False) -> None:
        super().__init__(why)
        self.may_be_unchanged = may_be_unchanged


def since(web: Web, url: str, old: Index) -> Fill:
    """What writes an index that has the changes since `old`, which was built from the zip at `url`.

    Raises WholeError where the list does not tell them, UnavailableError where the server doesn't answer.
    """
    whole = _when(old.meta.whole)
    age = whole and datetime.now(UTC) - whole
    if not age or not -CLOCKS_DIFFER <= age <= WHOLE_EVERY:
        raise WholeError("the last whole fetch was over a week ago", may_be_unchanged=True)
    try:
        answer = web.get(_beside(url, LIST), LARGEST_LIST, old.meta.list_validator)
    except RefusedError as error:
        raise WholeError(f"there is no list of changes ({error})", may_be_unchanged=True) from None
    meta = replace(old.meta, checked=datetime.now(UTC).isoformat(timespec="seconds"))
    if answer.body is None:
        return lambda file: old.copy(file, meta)
    names = _changed(answer.body, old)
    records = _records(web, url, names)
    # A record that is older than its line comes from a cache on the way: the list is to be asked again.
    late = any(_before(decoded, names[name]) for name, (_, decoded) in records.items())
    meta = replace(meta, list_validator="" if late else answer.validator)
    if not records:
        return lambda file: old.copy(file, meta)
    stamps = {"checked": meta.checked, "whole": meta.whole}
    stamps |= {"validator": meta.validator, "list_validator": meta.list_validator}
    new = [(f"{name}.json", data) for name, (data, _) in records.items()]
    return lambda file: build(new, old.meta.source, file, old=old, **stamps)


def _changed(data: bytes, old: Index) -> dict[str, datetime]:
    """The records that the list has later than the index, or that the index does not have. Raises WholeError."""
    try:
        listed = dates(data)
    except ValueError as error:
        raise WholeError(f"the list of changes can't be understood ({error})", may_be_unchanged=True) from None
    known = {record.id: _when(record.modified) for record in old.known()}
    gone = known.keys() - listed.keys()
    if gone:
        raise WholeError(f"{counted(len(gone), 'record')} of the index {_are(len(gone))} not listed")
    changed = {name: date for name, date in listed.items() if _before(known.get(name), date)}
    if len(changed) > MOST:
        raise WholeError(f"{len(changed):,} records changed")
    return changed


def dates(data: bytes) -> dict[str, datetime]:
    """When each record of the Python index was last changed. Raises ValueError, naming the line, for what is no list."""
    found: dict[str, datetime] = {}
    for number, line in enumerate(data.decode().splitlines(), start=1):
        when, comma, name = line.partition(",")
        ecosystem, slash, bare = name.strip().rpartition("/")
        date = _when(when.strip())
        if not comma or not bare or date is None:
            raise ValueError(f"line {number:,}")
        if not slash or ecosystem == ECOSYSTEM:
            found[bare] = max(date, found.get(bare, date))
    if not found:
        raise ValueError("it is empty")
    return found


def _records(web: Web, url: str, names: dict[str, datetime]) -> dict[str, tuple[bytes, datetime | None]]:
    """The records of those names, with their dates. Raises WholeError where one is missing or another one."""
    found: dict[str, tuple[bytes, datetime | None]] = {}
    size = 0
    try:
        pages = web.get_all([_beside(url, f"{name}.json") for name in names], LARGEST_RECORD)
        for name, data in zip(names, pages, strict=True):
            size += len(data)
            if size > LARGEST:
                raise WholeError(f"the changed records have more than {LARGEST:,} bytes")
            found[name] = data, _date(name, data)
    except RefusedError as error:
        raise WholeError(f"a changed record can't be fetched ({error})") from None
    return found


def _date(name: str, data: bytes) -> datetime | None:
    """When a record was changed; None for one that can't be understood. Raises WholeError for what is none."""
    try:
        record = decode(data)
    except ValueError:
        if data.lstrip().startswith(b"{"):
            return None
        raise WholeError(f"the server has something else for {shortened(name)}") from None
    if record.id != name:
        raise WholeError(f"the server has another record for {shortened(name)}")
    return _when(record.modified)


def _beside(url: str, name: str) -> str:
    """The address of a file in the same folder as the zip."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{quote(name)}"))


def _before(known: datetime | None, listed: datetime) -> bool:
    return known is None or known < listed


def _when(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else None


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
