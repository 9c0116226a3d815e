"""Building, keeping, opening and damaging the index."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from osv_reference import record, save_zip, window

from lockgate.advisories import records, store
from lockgate.advisories.index import FORMAT, Index
from lockgate.inputs import user_dirs
from lockgate.model.errors import UnavailableError

RECORDS = [
    record("PYSEC-1", summary="One", details="All of it", ranges=[window("0", "2")]),
    record("PYSEC-2", "other", ranges=[window("0", "3")]),
    record("PYSEC-3", withdrawn="2026-01-01T00:00:00Z", ranges=[window("0", "9")]),
]


@pytest.fixture
def all_zip(tmp_path: Path) -> Path:
    return save_zip(tmp_path / "all.zip", RECORDS)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lockgate" / "advisories"


def ids(index: Index, package: str = "demo", version: str = "1") -> list[str]:
    found = [advisory.id for advisory in index.lookup(package, version)]
    index.close()
    return found


def test_it_is_synced_and_opened(all_zip: Path) -> None:
    assert store.open_synced() is None
    meta = store.sync(str(all_zip))
    assert (meta.records, meta.withdrawn, meta.packages, meta.lost) == (2, 1, 2, 0)
    index = store.open_synced()
    assert index
    assert index.meta == meta
    (advisory,) = index.lookup("demo", "1")
    assert (advisory.summary, advisory.details, advisory.fix) == ("One", "All of it", "2")
    assert ids(index, "nothing-here") == []


def test_a_directory_of_records_is_a_source(tmp_path: Path, cache: Path) -> None:
    for one in RECORDS:
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one))
    assert ids(store.open_given(str(tmp_path), offline=True)) == ["PYSEC-1"]


@contextmanager
def without_power() -> Iterator[Path]:
    """A directory of a user who is not root, as whom the block runs, so that permissions count."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid():
            yield Path(name)
            return
        os.chown(name, 65534, -1)
        os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


@pytest.mark.parametrize("locked", ["sub", "sub/deep", "sub/deep/PYSEC-2.json", "."])
@pytest.mark.parametrize("mode", [0, 0o444])
def test_what_can_not_be_read_in_a_directory_is_an_error(cache: Path, locked: str, mode: int) -> None:
    with without_power() as folder:
        (folder / "sub" / "deep").mkdir(parents=True)
        for name, one in (("sub", RECORDS[0]), ("sub/deep", RECORDS[1])):
            (folder / name / f"{one['id']}.json").write_text(json.dumps(one))
        (folder / locked).chmod(0o222 if mode and locked.endswith("json") else mode)
        try:
            with pytest.raises(UnavailableError, match=rf"^{folder}.* can't be read.*: Permission denied"):
                store.open_given(str(folder), offline=True)
        finally:
            (folder / locked).chmod(0o700)


def test_links_and_other_things_in_a_directory_are_errors(tmp_path: Path, cache: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "PYSEC-1.json").write_text(json.dumps(RECORDS[0]))
    for make, said in (
        (lambda path: path.symlink_to(tmp_path), "is a link to a directory"),
        (lambda path: path.symlink_to(tmp_path / "missing"), "is no regular file"),
        (os.mkfifo, "is no regular file"),
    ):
        odd = source / "odd.json"
        make(odd)
        with pytest.raises(UnavailableError, match=rf"source: {odd} {said}"):
            store.open_given(str(source), offline=True)
        odd.unlink()
    os.mkfifo(tmp_path / "all.zip")
    with pytest.raises(UnavailableError, match="neither a regular file nor a directory"):
        store.open_given(str(tmp_path / "all.zip"), offline=True)


def test_an_index_file_is_a_source(all_zip: Path, cache: Path) -> None:
    store.sync(str(all_zip))
    assert ids(store.open_given(str(store.synced_file()), offline=True)) == ["PYSEC-1"]


def test_what_is_built_is_kept_until_the_source_changes(
    all_zip: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ids(store.open_given(str(all_zip), offline=True)) == ["PYSEC-1"]
    (kept,) = cache.glob("*.index")
    with monkeypatch.context() as patched:
        patched.setattr(store, "build", None)
        assert ids(store.open_given(str(all_zip), offline=True)) == ["PYSEC-1"]
    kept.write_bytes(kept.read_bytes()[:-5])
    assert ids(store.open_given(str(all_zip), offline=True)) == ["PYSEC-1"]
    save_zip(all_zip, [record("PYSEC-77", ranges=[window("0", "2")])])
    assert ids(store.open_given(str(all_zip), offline=True)) == ["PYSEC-77"]


def test_few_built_indexes_are_kept(all_zip: Path, cache: Path) -> None:
    for number in range(6):
        os.utime(all_zip, ns=(number, number))
        store.open_given(str(all_zip), offline=True).close()
    assert len(list(cache.glob("*.index"))) == store.KEPT


@pytest.mark.parametrize("fault", ["a file", "writable by others", "a link"])
def test_a_cache_that_can_not_be_used_is_slower_never_wrong(
    all_zip: Path, cache: Path, tmp_path: Path, fault: str
) -> None:
    if fault == "a file":
        cache.parent.parent.mkdir()
        cache.parent.write_text("")
    elif fault == "a link":
        cache.parent.mkdir(parents=True)
        cache.symlink_to(tmp_path)
    else:
        cache.mkdir(parents=True)
        cache.chmod(0o777)
    assert ids(store.open_given(str(all_zip), offline=True)) == ["PYSEC-1"]
    assert not list(tmp_path.glob("*.index"))


def test_a_planted_index_is_not_believed(all_zip: Path, cache: Path) -> None:
    store.open_given(str(all_zip), offline=True).close()
    (kept,) = cache.glob("*.index")
    planted = save_zip(all_zip.with_name("planted.zip"), [record("PYSEC-666", ranges=[window("0", "2")])])
    store.sync(str(planted))
    kept.write_bytes(store.synced_file().read_bytes())
    kept.chmod(0o666)
    assert ids(store.open_given(str(all_zip), offline=True)) == ["PYSEC-1"]


def test_a_synced_index_that_others_can_change_is_refused(all_zip: Path) -> None:
    store.sync(str(all_zip))
    store.synced_file().chmod(0o666)
    with pytest.raises(UnavailableError, match="changed by others"):
        store.open_synced()


@pytest.mark.parametrize("where", [0, 20, 40, -3, "half", "empty", "version"])
def test_a_damaged_index_says_so(all_zip: Path, where: int | str) -> None:
    store.sync(str(all_zip))
    data = bytearray(store.synced_file().read_bytes())
    if isinstance(where, int):
        data[where] ^= 0xFF
    elif where == "version":
        data = data.replace(b"LOCKGATE-OSV%04d" % FORMAT, b"LOCKGATE-OSV0999")
    else:
        data = data[: len(data) // 2 if where == "half" else 0]
    store.synced_file().write_bytes(data)
    with pytest.raises(UnavailableError, match="lockgate advisories sync"):
        store.open_synced()


def test_a_damaged_text_is_noticed(all_zip: Path) -> None:
    store.sync(str(all_zip))
    store.synced_file().write_bytes(store.synced_file().read_bytes().replace(b"All of it", b"Nothing!!"))
    index = store.open_synced()
    assert index
    with pytest.raises(UnavailableError, match="damaged"):
        index.lookup("demo", "1")
    index.close()


def test_a_fault_keeps_the_index_that_was_there(all_zip: Path, tmp_path: Path) -> None:
    store.sync(str(all_zip))
    before = store.synced_file().read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(all_zip.read_bytes()[:-30])
    for source in (str(broken), str(tmp_path / "missing.zip"), str(save_zip(tmp_path / "no.zip", []))):
        with pytest.raises(UnavailableError):
            store.sync(source)
    assert store.synced_file().read_bytes() == before
    assert list(store.synced_file().parent.iterdir()) == [store.synced_file()]


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'{"id": "X"}',
        b'{"id": "../../x", "modified": "", "affected": []}',
        b"[" * 100_000,
        b"\xff",
        b"",
        json.dumps(record("PYSEC-9") | {"affected": [{"package": "x"}]}).encode(),
        json.dumps(record("PYSEC-9", ranges=[[{"introduced": 0}]])).encode(),
    ],
)
def test_a_malformed_record_is_named_and_the_others_are_kept(tmp_path: Path, data: bytes) -> None:
    meta = store.sync(str(save_zip(tmp_path / "all.zip", RECORDS, **{"BAD-1.json": data})))
    assert (meta.records, meta.lost) == (2, 1)
    assert meta.malformed[0].startswith("BAD-1.json (")


def test_names_in_a_zip_are_never_opened(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    more = {"../escaped.json": json.dumps(RECORDS[0]).encode(), "/absolute.json": b"{", "note.txt": b"x"}
    meta = store.sync(str(save_zip(inner / "all.zip", RECORDS[1:], **more)))
    assert (meta.records, meta.lost) == (2, 1)
    assert not (tmp_path / "escaped.json").exists()


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnavailableError, match=r"big\.json is over"):
        store.sync(str(save_zip(tmp_path / "a.zip", RECORDS, **{"big.json": bytes(records.LARGEST_RECORD + 1)})))
    monkeypatch.setattr(records, "LARGEST_SOURCE", 1000)
    with pytest.raises(UnavailableError, match="too large"):
        store.sync(str(save_zip(tmp_path / "b.zip", RECORDS, **{"big.json": bytes(2000)})))


def test_an_unusual_packing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("PYSEC-1.json", json.dumps(RECORDS[0]))
    with pytest.raises(UnavailableError, match="unusual"):
        store.sync(str(path))


def test_every_truncation_of_a_zip_is_one_clear_error(all_zip: Path, tmp_path: Path) -> None:
    data = all_zip.read_bytes()
    short = tmp_path / "short.zip"
    for length in range(0, len(data), 23):
        short.write_bytes(data[:length])
        with pytest.raises(UnavailableError, match="not a whole zip"):
            store.sync(str(short))


def test_a_directory_of_one_s_own_is_private(tmp_path: Path) -> None:
    made = user_dirs.make_private(tmp_path / "a" / "b")
    assert made
    assert user_dirs.is_private(made)
    made.chmod(0o770)
    assert user_dirs.make_private(made) is None
