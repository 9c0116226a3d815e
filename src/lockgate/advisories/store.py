"""Where the index lies: synced by the user, or built from what the user names and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import structs

from lockgate.advisories.build import build
from lockgate.advisories.changes import WholeError, since
from lockgate.advisories.fetch import Limits, Tell, Web, is_url
from lockgate.advisories.index import FORMAT, DamagedError, Index, Meta
from lockgate.advisories.records import files, in_zip, records
from lockgate.inputs.urls import shown
from lockgate.inputs.user_dirs import cache_dir, data_dir, is_private, make_private
from lockgate.model.errors import UnavailableError

OSV_ZIP = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
KEPT = 3  # built indexes that stay in the cache


def synced_file() -> Path:
    """The file of the synced index, whether it exists or not."""
    return data_dir() / "advisories.index"


def sync(source: str = "", *, limits: Limits = Limits(), tell: Tell = lambda _: None) -> Meta:
    """Replace the synced index by what a zip, a directory or the URL of a zip holds now.

    source: where the synced index came from, or else OSV, if it is empty. tell: hears what takes long, and why.
    Raises UnavailableError for any fault; the index that was there then stays.
    """
    path = synced_file()
    if not make_private(path.parent):
        raise UnavailableError(f"{path.parent} can't be made, or others can write in it; mend its permissions")
    with _synced_if_good() as old, _faults_of_files(path):
        source = source or (old.meta.source if old else OSV_ZIP)
        if is_url(source):
            return _sync_from_url(source, path, old if old and old.meta.source == shown(source) else None, limits, tell)
        return replace(path, lambda file: build(records(Path(source).expanduser(), source), source, file))


def _sync_from_url(url: str, path: Path, old: Index | None, limits: Limits, tell: Tell) -> Meta:
    """Fetch what changed since `old`, or else all."""
    validator = ""
    with Web(limits, tell) as web:
        if old:
            try:
                return replace(path, since(web, url, old))
            except WholeError as error:
                tell(f"fetching all records, because {error}")
                validator = old.meta.validator if error.may_be_unchanged else ""
            except DamagedError as error:
                tell(f"fetching all records, because {error}")
        with web.download(url, validator) as zipped:
            if old and not zipped.changed:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                meta = structs.replace(old.meta, checked=now, whole=now)
                return replace(path, lambda file: old.copy(file, meta))
            found = in_zip(zipped.file, shown(url))
            return replace(path, lambda file: build(found, shown(url), file, validator=zipped.validator))


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


@contextmanager
def _faults_of_files(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{path} can't be written ({error.strerror or error}); the one that was there, if any, stays"
        ) from None


def open_synced() -> Index | None:
    """The synced index; None where there is none. Raises UnavailableError where it can't be used."""
    path = synced_file()
    if not path.exists():
        return None
    if not (is_private(path.parent) and is_private(path)):
        raise UnavailableError(f"{path} could have been changed by others; mend its permissions and sync again")
    return _open(path)


def open_given(source: str, *, offline: bool) -> Index:
    """The index of an OSV zip, a directory of records or the URL of a zip; an index file is taken as it is.

    What is built from files is kept in the user's cache directory until they change. Raises UnavailableError.
    """
    if is_url(source):
        if offline:
            raise UnavailableError(f"{shown(source)} is not fetched with --offline; give a file or sync before")
        with _faults_of_files(Path(tempfile.gettempdir())), Web() as web, web.download(source) as zipped:
            return _temporary(in_zip(zipped.file, shown(source)), shown(source))
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


def replace(path: Path, fill: Callable[[BinaryIO], Meta]) -> Meta:
    """Write a file anew: whoever looks finds the old one or the new one, never a part."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        new = Path(file.name)
        try:
            meta = fill(file)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
            file.close()
            new.replace(path)
        except BaseException:
            file.close()
            new.unlink(missing_ok=True)
            raise
    return meta


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
