"""Bringing the synced index up to date: what is fetched, and that every fault leaves it as it was."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs
from osv_reference import Record, record, save_zip, window
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from lockgate.advisories import changes, store
from lockgate.advisories.fetch import Limits
from lockgate.advisories.index import Meta
from lockgate.advisories.partial import Partial
from lockgate.model.errors import UnavailableError

QUICK = Limits(tries=2, first_wait=0.01, longest_wait=1.0, silence=5.0, per_second=10_000)


class Bucket:
    """A server with an all.zip, a list of changes and the records, as OSV's. `asked` are the paths in their order."""

    def __init__(self, server: HTTPServer, folder: Path) -> None:
        self.url = server.url_for("/PyPI/all.zip")
        self.files: dict[str, bytes | Response] = {}
        self.asked: list[str] = []
        self._folder = folder
        server.expect_request(re.compile("/PyPI/.*")).respond_with_handler(self._answer)

    def hold(self, *records: Record, zipped: bool = True) -> None:
        """Have these records; `zipped`: also in the zip, which else stays as it was."""
        if zipped:
            self.files["all.zip"] = save_zip(self._folder / "bucket.zip", list(records)).read_bytes()
        lines = sorted((f"{one['modified']},{one['id']}\n" for one in records), reverse=True)
        self.files["modified_id.csv"] = "".join(lines).encode()
        self.files |= {f"{one['id']}.json": json.dumps(one).encode() for one in records}

    def _answer(self, request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        self.asked.append(name)
        content = self.files.get(name)
        if not isinstance(content, bytes):
            return content or Response("not here", 404)
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        unchanged = request.headers.get("If-None-Match") == tag
        return Response(b"" if unchanged else content, 304 if unchanged else 200, {"ETag": tag})


@pytest.fixture
def bucket(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Bucket(httpserver, tmp_path)


def at(day: int, name: str = "PYSEC-1", fixed: str = "2", **fields: object) -> Record:
    return record(name, ranges=[window("0", fixed)], **fields) | {"modified": f"2026-01-{day:02}T00:00:00Z"}


def sync(bucket: Bucket, told: list[str] | None = None) -> Meta:
    bucket.asked.clear()
    return store.sync(bucket.url, limits=QUICK, tell=(told if told is not None else []).append)


def known(version: str = "1", package: str = "demo") -> list[str]:
    index = store.open_synced()
    assert index
    try:
        return [advisory.id for advisory in index.lookup(package, version)]
    finally:
        index.close()


def change_meta(**fields: str) -> None:
    """Have the synced index say something else of itself."""
    index = store.open_synced()
    assert index
    meta = structs.replace(index.meta, **fields)
    store.replace(store.synced_file(), lambda file: index.copy(file, meta))
    index.close()


def test_only_what_changed_is_fetched(bucket: Bucket) -> None:
    bucket.hold(at(1), at(1, "PYSEC-2", summary="Two"), at(1, "PYSEC-3"))
    sync(bucket)
    assert bucket.asked == ["all.zip"]
    bucket.hold(at(2, fixed="5"), at(1, "PYSEC-2", summary="Two"), at(3, "PYSEC-3", withdrawn="x"), at(4, "PYSEC-4"))
    meta = sync(bucket)
    assert (bucket.asked[0], sorted(bucket.asked[1:])) == (
        "modified_id.csv",
        ["PYSEC-1.json", "PYSEC-3.json", "PYSEC-4.json"],
    )
    assert (meta.records, meta.withdrawn, meta.newest) == (3, 1, "2026-01-04T00:00:00Z")
    assert (known("1"), known("3")) == (["PYSEC-1", "PYSEC-2", "PYSEC-4"], ["PYSEC-1"])
    assert sync(bucket).records == 3
    assert bucket.asked == ["modified_id.csv"]


def test_an_index_of_changes_equals_one_that_is_built_anew(bucket: Bucket, tmp_path: Path) -> None:
    bucket.hold(*(at(1, f"PYSEC-{number}", aliases=[f"CVE-{number}"]) for number in range(9)))
    sync(bucket)
    after = [at(1, f"PYSEC-{number}", aliases=[f"CVE-{number % 5}"]) for number in range(9)]
    changed = [one | {"modified": "2026-01-09T00:00:00Z"} if one["aliases"] else one for one in after]
    bucket.hold(*changed, zipped=False)
    sync(bucket)
    assert "all.zip" not in bucket.asked

    def content() -> tuple[dict[str, list[object]], int, int]:
        index = store.open_synced()
        assert index
        entries = {
            name: [structs.replace(one, text=()) for one in index._entries(name)] for name in index._table.packages
        }
        found = entries, index.meta.records, len(index.known())
        index.close()
        return found

    merged = content()
    store.sync(str(save_zip(tmp_path / "whole.zip", changed)))
    assert content() == merged


def test_a_list_that_did_not_change_is_not_sent_again(bucket: Bucket, httpserver: HTTPServer) -> None:
    bucket.hold(at(1))
    sync(bucket)
    sync(bucket)
    change_meta(checked="2026-01-01T00:00:00+00:00")
    meta = sync(bucket)
    assert httpserver.log[-1][1].status_code == 304
    assert meta.age() < timedelta(minutes=5)
    assert known() == ["PYSEC-1"]


def test_a_change_of_a_few_seconds_counts_whatever_the_zone(bucket: Bucket) -> None:
    bucket.hold(at(1))
    sync(bucket)
    bucket.files["modified_id.csv"] = b"2026-01-01T01:00:00+01:00,PYSEC-1\n"
    sync(bucket)
    assert bucket.asked == ["modified_id.csv"]
    bucket.files["modified_id.csv"] = b"2026-01-01T00:00:00.5Z,PyPI/PYSEC-1\n2027-01-01T00:00:00Z,npm/GHSA-1\n"
    sync(bucket)
    assert bucket.asked == ["modified_id.csv", "PYSEC-1.json"]
    sync(bucket)  # what came was older than its line: a cache on the way, so it is asked for again
    assert bucket.asked == ["modified_id.csv", "PYSEC-1.json"]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (b"", "it is empty"),
        (b"<html>Log in</html>", "line 1"),
        (b"2026-01-01T00:00:00Z,PYSEC-1\n2026-01-01T00:00:00Z\n", "line 2"),
        (b"2026-01-01T00:00:00Z,PYSEC-1\nyesterday,PYSEC-2\n", "line 2"),
        (b"2026-01-01T00:00:00,PYSEC-1\n", "line 1"),
        (b"2026-01-01T00:00:00Z,\n", "line 1"),
        (b"\xff\xfe", "utf-8"),
        (None, "answered 404"),
    ],
)
def test_a_list_that_can_not_be_used_is_not_needed(bucket: Bucket, listed: bytes | None, said: str) -> None:
    bucket.hold(at(1))
    sync(bucket)
    bucket.hold(at(2, fixed="7"))
    bucket.files["modified_id.csv"] = listed if listed is not None else Response("", 404)
    told: list[str] = []
    sync(bucket, told)
    assert bucket.asked == ["modified_id.csv", "all.zip"]
    assert said in told[0]
    assert known("6") == ["PYSEC-1"]


def test_names_in_a_list_lead_nowhere_else(bucket: Bucket) -> None:
    bucket.hold(at(1))
    sync(bucket)
    bucket.files["modified_id.csv"] += b"2026-02-01T00:00:00Z,../../secret\n"  # of another ecosystem
    sync(bucket)
    assert bucket.asked == ["modified_id.csv"]
    bucket.files["modified_id.csv"] += b"2026-02-01T00:00:00Z,..\\?x=#\n"
    sync(bucket)
    assert bucket.asked == ["modified_id.csv", "..\\?x=#.json", "all.zip"]
    assert known() == ["PYSEC-1"]


@pytest.mark.parametrize("fault", [404, "another", "page", "gone"])
def test_a_changed_record_that_is_not_there_is_taken_from_the_zip(bucket: Bucket, fault: int | str) -> None:
    bucket.hold(at(1), at(1, "PYSEC-2"))
    sync(bucket)
    bucket.hold(at(2, fixed="5"), at(1, "PYSEC-2"))
    if fault == "gone":
        bucket.hold(at(2, fixed="5"))
    else:
        answers = {404: Response("", 404), "another": json.dumps(at(3, "PYSEC-2")).encode(), "page": b"<html>"}
        bucket.files["PYSEC-1.json"] = answers[fault]
    sync(bucket)
    assert bucket.asked[-1] == "all.zip"
    assert known("4") == ["PYSEC-1"]
    assert known("1") == (["PYSEC-1"] if fault == "gone" else ["PYSEC-1", "PYSEC-2"])


def test_a_changed_record_that_can_not_be_understood_is_lost_and_asked_for_again(bucket: Bucket) -> None:
    bucket.hold(at(1), at(1, "PYSEC-2"))
    sync(bucket)
    bucket.hold(at(1), at(2, "PYSEC-2"))
    good, bucket.files["PYSEC-2.json"] = bucket.files["PYSEC-2.json"], b'{"id": 7}'
    meta = sync(bucket)
    assert (meta.lost, meta.records) == (1, 2)
    assert meta.malformed[0].startswith("PYSEC-2.json (")
    assert known() == ["PYSEC-1", "PYSEC-2"]
    bucket.files["PYSEC-2.json"] = good
    assert sync(bucket).lost == 0


def test_many_changes_are_a_whole_fetch(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST", 3)
    bucket.hold(*(at(1, f"PYSEC-{number}") for number in range(4)))
    sync(bucket)
    bucket.hold(*(at(2, f"PYSEC-{number}") for number in range(4)))
    told: list[str] = []
    sync(bucket, told)
    assert bucket.asked == ["modified_id.csv", "all.zip"]
    assert told == ["fetching all records, because 4 records changed"]


@pytest.mark.parametrize("whole", ["2026-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00", "", "nonsense"])
def test_once_a_week_all_is_fetched_if_it_changed(bucket: Bucket, httpserver: HTTPServer, whole: str) -> None:
    bucket.hold(at(1))
    sync(bucket)
    change_meta(whole=whole, checked="2026-01-01T00:00:00+00:00")
    meta = sync(bucket)
    assert (bucket.asked, httpserver.log[-1][1].status_code) == (["all.zip"], 304)
    assert datetime.fromisoformat(meta.whole) > datetime.now(UTC) - timedelta(minutes=5)
    assert known() == ["PYSEC-1"]
    assert meta.age() < timedelta(minutes=5)
    sync(bucket)
    assert bucket.asked == ["modified_id.csv"]


def test_another_source_is_fetched_whole(bucket: Bucket, tmp_path: Path) -> None:
    store.sync(str(save_zip(tmp_path / "all.zip", [at(1)])))
    bucket.hold(at(1))
    sync(bucket)
    assert bucket.asked == ["all.zip"]


def test_the_last_source_is_the_default(bucket: Bucket, tmp_path: Path) -> None:
    bucket.hold(at(1))
    sync(bucket)
    assert store.sync(limits=QUICK).source == bucket.url
    source = str(save_zip(tmp_path / "all.zip", [at(1)]))
    store.sync(source)
    assert store.sync().source == source


@pytest.mark.parametrize("part", [b"Only here", b"LOCKGATE", b"PYSEC-1"])
def test_a_damaged_index_is_fetched_again(bucket: Bucket, part: bytes) -> None:
    bucket.hold(at(1, details="Only here"), at(1, "PYSEC-2"))
    sync(bucket)
    path = store.synced_file()
    path.write_bytes(path.read_bytes().replace(part, part[:-1] + b"?", 1))
    bucket.hold(at(1, details="Only here"), at(2, "PYSEC-2"))
    sync(bucket)
    assert bucket.asked[-1] == "all.zip"
    assert known() == ["PYSEC-1", "PYSEC-2"]


def broken_zip(bucket: Bucket) -> None:
    content = bucket.files["all.zip"]
    assert isinstance(content, bytes)
    bucket.files["all.zip"] = content[:-40]


def bomb(bucket: Bucket) -> None:
    save_zip(bucket._folder / "bomb.zip", [at(1)], **{"big.json": bytes(17 * 2**20)})
    bucket.files["all.zip"] = (bucket._folder / "bomb.zip").read_bytes()


FAULTS: dict[str, Callable[[Bucket], object]] = {
    "500": lambda bucket: bucket.files.update({"all.zip": Response("", 500)}),
    "429": lambda bucket: bucket.files.update({"all.zip": Response("", 429, {"Retry-After": "99999999"})}),
    "404": lambda bucket: bucket.files.pop("all.zip"),
    "page": lambda bucket: bucket.files.update({"all.zip": b"<html>Log in</html>"}),
    "empty": lambda bucket: bucket.files.update({"all.zip": b""}),
    "checksum": lambda bucket: bucket.files.update({"all.zip": Response(b"PK", headers={"Digest": "md5=AAAA"})}),
    "truncated": broken_zip,
    "bomb": bomb,
    "list 500": lambda bucket: bucket.files.update({"modified_id.csv": Response("", 500)}),
    "list 429": lambda bucket: bucket.files.update({"modified_id.csv": Response("", 429, {"Retry-After": "9999"})}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_on_a_fault_the_index_that_was_there_answers(bucket: Bucket, fault: str) -> None:
    bucket.hold(at(1))
    sync(bucket)
    before = store.synced_file().read_bytes()
    bucket.hold(at(1))
    if not fault.startswith("list"):
        bucket.files.pop("modified_id.csv")
    FAULTS[fault](bucket)
    with pytest.raises(UnavailableError, match=r"lockgate advisories sync|fetch it again|is refused"):
        sync(bucket)
    assert store.synced_file().read_bytes() == before
    assert list(store.synced_file().parent.iterdir()) == [store.synced_file()]
    assert known() == ["PYSEC-1"]


def test_a_refused_connection_leaves_the_index(bucket: Bucket, httpserver: HTTPServer) -> None:
    bucket.hold(at(1))
    sync(bucket)
    change_meta(source="http://127.0.0.1:1/all.zip")
    with pytest.raises(UnavailableError, match=r"modified_id\.csv can't be fetched .*\(tried 2 times\)"):
        store.sync(limits=QUICK)
    assert known() == ["PYSEC-1"]


def test_a_full_disk_leaves_the_index(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.hold(at(1))
    sync(bucket)
    bucket.hold(at(2, fixed="9"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnavailableError, match=r"can't be written \(No space left on device\)"):
        sync(bucket)
    assert known("8") == []
    assert list(store.synced_file().parent.iterdir()) == [store.synced_file()]


def test_a_data_directory_that_can_not_be_made_is_told(bucket: Bucket) -> None:
    bucket.hold(at(1))
    folder = store.synced_file().parent
    folder.parent.mkdir(parents=True)
    folder.write_text("")
    with pytest.raises(UnavailableError, match=r"lockgate can't be made, or others can write in it"):
        sync(bucket)
    assert bucket.asked == []


def test_a_full_disk_ends_a_download(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.hold(at(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Partial, "write", full)
    with pytest.raises(UnavailableError, match=r"can't be written \(No space left on device\)"):
        sync(bucket)
    with pytest.raises(UnavailableError, match=r"can't be kept on the disk \(No space left on device\)"):
        store.open_given(bucket.url, offline=False)
    assert bucket.asked == ["all.zip"] * 2


def test_a_clock_that_is_wrong_heals(bucket: Bucket) -> None:
    bucket.hold(at(1))
    sync(bucket)
    change_meta(
        checked="2999-01-01T00:00:00+00:00", whole="2999-01-01T00:00:00+00:00", built="2999-01-01T00:00:00+00:00"
    )
    meta = sync(bucket)
    assert abs(meta.age()) < timedelta(minutes=5)
    assert known() == ["PYSEC-1"]


def test_two_syncs_at_a_time_are_two_whole_ones(bucket: Bucket) -> None:
    bucket.hold(at(1))
    sync(bucket)
    bucket.hold(*(at(2, f"PYSEC-{number}") for number in range(1, 30)))
    faults: list[Exception] = []

    def one() -> None:
        try:
            store.sync(bucket.url, limits=QUICK)
        except Exception as error:  # noqa: BLE001 - told by the assertion
            faults.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(known()) == 29
    assert list(store.synced_file().parent.iterdir()) == [store.synced_file()]


def test_a_record_with_a_megabyte_of_ranges_takes_no_longer_than_others(bucket: Bucket) -> None:
    """Versions times ranges would be 10^9 comparisons, fixes times ranges again."""
    windows = [window(f"{number}.1", f"{number}.2") for number in range(30_000)]
    versions = [f"{number}.3" for number in range(30_000)]
    bucket.hold(at(1) | {"affected": record("X", ranges=windows, versions=versions)["affected"]})
    sync(bucket)
    assert known("29999.1.5") == known("500.3") == ["PYSEC-1"]
    assert known("500.4") == []
