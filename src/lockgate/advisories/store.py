"""Where the index lies: synced by the user, or built from what the user names and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import structs

from lockgate.advisories.build import build
from lockgate.advisories.changes import Fill, WholeError, since
from lockgate.advisories.fetch import Limits, Tell, Web, is_url
from lockgate.advisories.index import FORMAT, DamagedError, Index, Meta
from lockgate.advisories.records import files, in_zip, records
from lockgate.advisories.user_file import is_there, place_of, replace, writing
from lockgate.inputs.urls import shown
from lockgate.inputs.user_dirs import cache_dir, is_private
from lockgate.model.errors import UnavailableError

OSV_ZIP = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
BRIEF = Limits(silence=10.0, total=60.0, tries=2, first_wait=0.5, longest_wait=5.0)  # where a check waits for a sync
KEPT = 3  # built indexes that stay in the cache


def synced_file() -> Path:
    """The file of the synced index, whether it exists or not."""
    return place_of("advisories.index")


def sync(source: str = "", *, limits: Limits = Limits(), tell: Tell = lambda _: None) -> Meta:
    """Replace the synced index by what a zip, a directory or the URL of a zip holds now.

    source: where the synced index came from, or else OSV, if it is empty. tell: hears what takes long, and why.
    Raises UnavailableError for any fault; the index that was there then stays.
    """
    path = synced_file()
    with writing(path), _synced_if_good() as old:
        source = source or (old.meta.source if old else OSV_ZIP)
        if is_url(source):
            return _sync_from_url(source, path, old if old and old.meta.source == shown(source) else None, limits, tell)
        source = os.path.abspath(Path(source).expanduser())  # noqa: PTH100 - the next sync may be elsewhere
        return replace(path, lambda file: build(records(Path(source), source), source, file))


def _sync_from_url(url: str, path: Path, old: Index | None, limits: Limits, tell: Tell) -> Meta:
    """Fetch what changed since `old`, or else all."""
    validator = ""
    with Web(limits, tell) as web:
        if old:
            try:
                return replace(path, _last_reading(old, since(web, url, old)))
            except WholeError as error:
                tell(f"fetching all records, because {error}")
                validator = old.meta.validator if error.may_be_unchanged else ""
            except DamagedError as error:
                tell(f"fetching all records, because {error}")
        with web.download(url, validator) as zipped:
            if old and not zipped.changed:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                meta = structs.replace(old.meta, checked=now, whole=now)
                return replace(path, _last_reading(old, lambda file: old.copy(file, meta)))
            if old:
                old.close()
            found = in_zip(zipped.file, shown(url))
            return replace(path, lambda file: build(found, shown(url), file, validator=zipped.validator))


def _last_reading(old: Index, fill: Fill) -> Fill:
    """`fill`, after which the index that it reads is closed: not every system replaces a file that is in use."""

    def fill_and_close(file: BinaryIO) -> Meta:
        meta = fill(file)
        old.close()
        return meta

    return fill_and_close


@contextmanager
def _synced_if_good() -> Iterator[Index | None]:
    """The synced index; None where there is none that can be used: then all is fetched."""
    index = None
    with suppress(UnavailableError):
        index = open_synced()
    try:
        yield index
    finally:
        if index:
            index.close()


def open_synced() -> Index | None:
    """The synced index; None where there is none. Raises UnavailableError where it can't be used."""
    path = synced_file()
    return _open(path) if is_there(path) else None


def open_given(source: str, *, offline: bool) -> Index:
    """The index of an OSV zip, a directory of records or the URL of a zip; an index file is taken as it is.

    What is built from files is kept in the user's cache directory until they change. Raises UnavailableError.
    """
    if is_url(source):
        if offline:
            raise UnavailableError(f"{shown(source)} is not fetched with --offline; give a file or sync before")
        try:
            with Web() as web, web.download(source) as zipped:
                return _temporary(in_zip(zipped.file, shown(source)), shown(source))
        except OSError as error:
            raise UnavailableError(f"{shown(source)} can't be kept on the disk ({error.strerror or error})") from None
    path = Path(source).expanduser()
    if _is_index(path):
        return _open(path)
    folder = cache_dir("advisories")
    if folder is None:
        return _temporary(records(path, source), source)
    cached = folder / f"{_state(path, source)}.index"
    with suppress(UnavailableError, OSError):
        if is_private(cached):
            return _open(cached)
    try:
        replace(cached, lambda file: build(records(path, source), source, file))
        _forget_old(folder)
        return _open(cached)
    except OSError:  # full, read-only or gone: slower, never wrong
        return _temporary(records(path, source), source)


def _temporary(found: Iterable[tuple[str, bytes]], name: str) -> Index:
    """An index in a file that is gone when it is closed."""
    file = tempfile.TemporaryFile(prefix="lockgate-")  # noqa: SIM115 - the index closes it
    try:
        build(found, name, file)
        return Index(file, f"the index of {name}")
    except BaseException:
        file.close()
        raise


def _open(path: Path) -> Index:
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnavailableError(f"the advisory index {path} can't be read: {error.strerror}") from None
    try:
        return Index(file, f"the advisory index {path}")
    except BaseException:
        file.close()
        raise


def _is_index(path: Path) -> bool:
    try:
        if path.is_file():  # a FIFO would be waited for
            with path.open("rb") as file:
                return file.read(8) == b"LOCKGATE"
    except OSError:
        pass
    return False


def _state(path: Path, source: str) -> str:
    """A name for what the source holds now: paths, sizes and times of its files, and the index's format."""
    digest = hashlib.sha256(f"{FORMAT}\0{os.path.realpath(path)}\0".encode("utf-8", "surrogateescape"))
    for file in files(path, source):
        digest.update(f"{file}\0".encode("utf-8", "surrogateescape"))
        with suppress(OSError):  # whoever reads it says why it can't be
            status = file.stat()
            digest.update(f"{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:32]


def _forget_old(folder: Path) -> None:
    built = sorted(folder.glob("*.index"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in built[KEPT:]:
        path.unlink()
