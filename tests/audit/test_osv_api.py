"""OSV's API as a source: it answers as an index of the same records would, and no ill server is taken for clean."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import re
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from osv_reference import Record, completed, record, window
from osv_server import Answer, OsvServer, serving
from packaging.utils import canonicalize_name

from lockgate.advisories import osv_api
from lockgate.advisories.build import build
from lockgate.advisories.index import Index
from lockgate.advisories.osv_api import OsvApi
from lockgate.model.advisory import Answers, Query

PUBLISHED = Path(os.environ.get("LOCKGATE_ADVISORIES") or "none")
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
RECORDS = [
    record("PYSEC-1", "Demo", aliases=["CVE-1", "GHSA-1"], summary="One", ranges=[window("0", "2.0")]),
    record("GHSA-1", "demo", aliases=["CVE-1", "PYSEC-1"], ranges=[window("0", "1.0")], severity=CRITICAL),
    record("PYSEC-2", "demo", summary="Two", ranges=[[*window("1.0", "1.5"), *window("2.0", "2.2")]]),
    record("PYSEC-3", "local", versions=["2.0.1"]),
    record("PYSEC-4", "other", ranges=[window("0", "9")], withdrawn="2026-01-01T00:00:00Z"),
]
DEMO = Query("demo", "1.2")
OTHER = Query("other", "1")


@pytest.fixture(autouse=True)
def _own(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test gets the records of another one, and none waits for long."""
    limit(monkeypatch, silence=0.3, first_wait=0.01)


def limit(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    monkeypatch.setattr(osv_api, "LIMITS", replace(osv_api.LIMITS, **limits))


@pytest.fixture
def server() -> Iterator[OsvServer]:
    with serving(RECORDS) as running:
        yield running


def index_of(records: list[Record]) -> Index:
    file = io.BytesIO()
    build(((one["id"], json.dumps(one).encode()) for one in records), "test", file)
    return Index(file, "the index of a test")


def ask(url: str, *queries: Query) -> tuple[Answers, tuple[str, ...]]:
    api = OsvApi(url)
    try:
        return api.lookup(queries, lambda _done, _total: None), api.gaps
    finally:
        api.close()


def reason(server: OsvServer, query: Query = DEMO) -> str:
    answers, _ = ask(server.url, query)
    assert not answers.known
    return answers.failed[query]


@pytest.mark.parametrize(
    ("name", "version"),
    [("demo", "0.5"), ("demo", "1.2"), ("demo", "1.7"), ("demo", "2.1"), ("demo", "3"), ("local", "2.0.1+cu118"),
     ("local", "2.0.2"), ("other", "1"), ("unheard-of", "1")],
)  # fmt: skip
def test_it_answers_as_the_index_does(server: OsvServer, name: str, version: str) -> None:
    query = Query(name, version)
    assert ask(server.url, query)[0] == Answers({query: index_of(RECORDS).lookup(name, version)}, {})


def test_an_alias_that_does_not_match_gives_its_severity(server: OsvServer) -> None:
    answers, gaps = ask(server.url, DEMO)
    assert {(advisory.id, advisory.score) for advisory in answers.known[DEMO]} == {("PYSEC-1", 9.8), ("PYSEC-2", None)}
    assert gaps == ()


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="LOCKGATE_ADVISORIES names no zip")
def test_it_answers_as_the_index_does_for_what_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, silence=60)  # the reference is slow
    with zipfile.ZipFile(PUBLISHED) as archive:
        records = [json.loads(archive.read(name)) for name in archive.namelist()]
    index = index_of(records)
    chance = random.Random(7)
    queries = [
        Query(canonicalize_name(affected["package"]["name"]), version)
        for one in chance.sample(records, 60)
        for affected in one["affected"]
        for version in chance.sample(affected.get("versions") or [], min(2, len(affected.get("versions") or [])))
    ]
    with serving(completed([one for one in records if not one.get("withdrawn")])) as server:
        answers, gaps = ask(server.url, *dict.fromkeys(queries))
    assert (answers.failed, gaps) == ({}, ())
    assert answers.known == {query: index.lookup(query.name, query.version) for query in queries}


def test_a_second_run_asks_for_nothing_but_the_batch_until_a_record_changes(server: OsvServer) -> None:
    first = ask(server.url, DEMO)
    assert sorted(server.asked) == [
        "/v1/querybatch",
        "/v1/vulns/GHSA-1",
        "/v1/vulns/PYSEC-1",
        "/v1/vulns/PYSEC-2",
    ]
    server.asked.clear()
    assert ask(server.url, DEMO) == first
    assert server.asked == ["/v1/querybatch"]
    server.records["PYSEC-2"] |= {"modified": "2026-02-02T00:00:00Z", "summary": "Two and a half"}
    changed, _ = ask(server.url, DEMO)
    assert [advisory.summary for advisory in changed.known[DEMO]] == ["One", "Two and a half"]
    assert server.asked.count("/v1/vulns/PYSEC-2") == 1


def test_a_damaged_cache_is_no_cache(server: OsvServer, own_cache: Path) -> None:
    first = ask(server.url, DEMO)
    for path in (own_cache / "osv-api").iterdir():
        path.write_bytes(b"damaged")
    assert ask(server.url, DEMO) == first


def test_answers_in_pages_are_read_to_the_end(own_cache: Path) -> None:
    records = [record(f"PYSEC-{number}", ranges=[window("0", "9")]) for number in range(7)]
    with serving(records, page=2) as server:
        answers, _ = ask(server.url, DEMO)
        assert server.asked.count("/v1/querybatch") == 4
    assert len(answers.known[DEMO]) == 7


def test_pages_without_end_are_no_answer(server: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_api, "ROUNDS", 5)
    server.ill = lambda _path, _body: (200, b'{"results": [{"next_page_token": "again"}]}')
    assert reason(server) == "the answer has too many pages"


def test_more_than_a_batch_is_asked_for_in_several(server: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_api, "BATCH", 10)
    queries = [Query("demo", f"{number}") for number in range(35)]
    answers, _ = ask(server.url, *queries)
    assert set(answers.known) == set(queries)
    assert server.asked.count("/v1/querybatch") == 4


def test_a_query_that_it_refuses_spoils_no_other(server: OsvServer) -> None:
    server.ill = lambda _path, body: (400, b"{}") if b"x-y" in body else None
    odd = Query("odd", "x-y")
    queries = [Query("demo", f"{number}") for number in range(20)]
    answers, _ = ask(server.url, *queries, odd)
    assert set(answers.known) == set(queries)
    assert set(answers.failed) == {odd}
    assert answers.failed[odd].startswith(f"{server.url}/v1/querybatch answered 400")


def test_each_record_is_asked_for_once(server: OsvServer) -> None:
    ask(server.url, *(Query("demo", f"1.{number}") for number in range(5)))
    assert len(server.asked) == len(set(server.asked)) == 4


def test_what_has_no_version_can_not_be_asked_for(server: OsvServer) -> None:
    assert reason(server, Query("demo", "", ("sha256:aa",))) == "only a hash is known of it"
    assert not server.asked


def test_a_record_that_is_missing_makes_its_packages_unknown_and_no_others(server: OsvServer) -> None:
    del server.records["PYSEC-2"]
    answers, _ = ask(server.url, DEMO, OTHER)
    assert answers == Answers({OTHER: ()}, {DEMO: "the server does not have PYSEC-2"})


def test_an_alias_that_can_not_be_read_is_told(server: OsvServer) -> None:
    server.ill = lambda path, _body: (403, b"") if path.endswith("GHSA-1") else None
    answers, gaps = ask(server.url, DEMO)
    assert [advisory.id for advisory in answers.known[DEMO]] == ["PYSEC-1", "PYSEC-2"]
    assert gaps == ("1 alias can't be read, such as GHSA-1",)


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/v1/querybatch", (404, b""), "answered 404"),
        ("/v1/querybatch", (302, b"", {"location": "/v1/querybatch"}), "redirects without end"),
        ("/v1/querybatch", (200, b"<html>"), "malformed"),
        ("/v1/querybatch", (200, b""), "malformed"),
        ("/v1/querybatch", (200, b'{"results": []}'), "malformed"),
        ("/v1/querybatch", (200, b'{"results": [{"vulns": [{"id": "../../etc"}]}]}'), "malformed"),
        ("/v1/querybatch", (200, b"[" * 100_000), "malformed"),
        ("/v1/vulns/", (200, b"<html>"), "can't be understood"),
        ("/v1/vulns/", (200, json.dumps(record("PYSEC-9")).encode()), "another record"),
        ("/v1/vulns/", (200, b"not gzip", {"content-encoding": "gzip"}), "can't be fetched"),
        ("/v1/vulns/", (200, gzip.compress(bytes(2_000_000)), {"content-encoding": "gzip"}), "sends more than"),
    ],
)
def test_an_answer_that_is_none(
    server: OsvServer, monkeypatch: pytest.MonkeyPatch, path: str, answer: Answer, said: str
) -> None:
    monkeypatch.setattr(osv_api, "LARGEST", 1_000_000)
    server.ill = lambda asked, _body: answer if asked.startswith(path) else None
    assert said in reason(server)


def failing_first(times: int, answer: Answer) -> Callable[[str, bytes], Answer | None]:
    left = [answer] * times
    return lambda _path, _body: left.pop() if left else None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_is_asked_again_where_that_may_help(server: OsvServer, status: int) -> None:
    server.ill = failing_first(2, (status, b""))
    assert set(ask(server.url, DEMO)[0].known) == {DEMO}


def test_it_is_not_asked_for_ever(server: OsvServer) -> None:
    server.ill = lambda _path, _body: (503, b"")
    assert f"{server.url}/v1/querybatch answered 503 (tried 3 times)" in reason(server)
    assert len(server.asked) == osv_api.LIMITS.tries


def test_a_pause_that_it_asks_for_is_made(server: OsvServer) -> None:
    server.ill = failing_first(1, (429, b"", {"retry-after": "1"}))
    started = time.monotonic()
    assert set(ask(server.url, DEMO)[0].known) == {DEMO}
    assert time.monotonic() - started >= 1


def test_a_pause_that_is_too_long_is_not_made(server: OsvServer) -> None:
    server.ill = lambda _path, _body: (429, b"", {"retry-after": "Fri, 31 Dec 2999 23:59:59 GMT"})
    assert "answered 429 and asks to wait" in reason(server)
    assert len(server.asked) == 1


def test_a_server_that_hangs(server: OsvServer) -> None:
    def hang(_path: str, _body: bytes) -> Answer | None:
        time.sleep(0.8)
        return None

    server.ill = hang
    assert "said nothing for 0.3 s" in reason(server)


def raw(answer: Callable[[socket.socket], None]) -> tuple[socket.socket, str]:
    """A server that answers every connection in its own way."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                with contextlib.suppress(OSError):  # the client has had enough
                    answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_breaks_off() -> None:
    listener, url = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"))
    with listener:
        assert "can't be fetched" in ask(url, DEMO)[0].failed[DEMO]


def test_a_server_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.05)

    limit(monkeypatch, total=0.5)
    listener, url = raw(drip)
    with listener:
        assert re.search("in good time|took more than", ask(url, DEMO)[0].failed[DEMO])


def test_a_server_that_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answers, _ = ask(f"http://127.0.0.1:{port}", DEMO)
    assert "can't be fetched" in answers.failed[DEMO]


@pytest.mark.parametrize("url", ["ftp://index.example", "nonsense", "http://[::1"])
def test_an_address_that_is_none(url: str) -> None:
    assert "can't be fetched" in ask(url, DEMO)[0].failed[DEMO]


def test_too_many_records_are_no_answer(server: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_api, "MOST_RECORDS", 1)
    assert "one of over 1 records" in reason(server)


def test_a_password_in_the_address_goes_nowhere(server: OsvServer) -> None:
    word = "hunter" + "22222"
    server.ill = lambda _path, _body: (404, b"")
    url = server.url.replace("//", f"//me:{word}@")
    said: Any = ask(url, DEMO)
    assert word not in repr(said)
