"""Fetching advisories over HTTP from a server that may be ill."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from osv_reference import record, save_zip, window
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from lockgate.advisories import fetch, store
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return save_zip(tmp_path / "all.zip", [record("PYSEC-1", ranges=[window("0", "2")])]).read_bytes()


def failure(url: str) -> str:
    with pytest.raises(UnavailableError) as caught:
        store.sync(url)
    assert store.open_synced() is None
    assert "lockgate advisories sync" in str(caught.value)
    return str(caught.value)


def test_a_zip_is_fetched(httpserver: HTTPServer, data: bytes) -> None:
    httpserver.expect_request("/all.zip").respond_with_data(data)
    meta = store.sync(httpserver.url_for("/all.zip"))
    assert (meta.records, meta.source) == (1, httpserver.url_for("/all.zip"))


def test_a_url_serves_a_single_audit_too(httpserver: HTTPServer, data: bytes) -> None:
    httpserver.expect_request("/all.zip").respond_with_data(data)
    index = store.open_given(httpserver.url_for("/all.zip"), offline=False)
    assert [advisory.id for advisory in index.lookup("demo", "1")] == ["PYSEC-1"]
    index.close()
    with pytest.raises(UnavailableError, match="--offline"):
        store.open_given(httpserver.url_for("/all.zip"), offline=True)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_an_error_status(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/all.zip").respond_with_data("oh", status=status)
    assert f"answered {status}" in failure(httpserver.url_for("/all.zip"))


def test_a_page_for_people(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/all.zip").respond_with_data("<html>Log in</html>", content_type="text/html")
    assert "no zip file" in failure(httpserver.url_for("/all.zip"))


def test_an_empty_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/all.zip").respond_with_data(b"")
    assert "nothing" in failure(httpserver.url_for("/all.zip"))


def test_a_refused_connection() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert "can't be fetched" in failure(f"http://127.0.0.1:{port}/all.zip")


def test_a_server_that_hangs(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_: Request) -> Response:
        time.sleep(0.6)
        return Response(b"PK")

    monkeypatch.setattr(fetch, "SECONDS_OF_SILENCE", 0.2)
    httpserver.expect_request("/all.zip").respond_with_handler(hang)
    assert "said nothing for 0.2 s" in failure(httpserver.url_for("/all.zip"))


def test_a_server_that_drips(httpserver: HTTPServer, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip() -> Iterator[bytes]:
        for number in range(12):
            yield data[number : number + 1]
            time.sleep(0.05)

    monkeypatch.setattr(fetch, "SECONDS", 0.2)
    httpserver.expect_request("/all.zip").respond_with_handler(lambda _: Response(drip()))
    assert "took more than" in failure(httpserver.url_for("/all.zip"))


def test_an_answer_that_breaks_off(httpserver: HTTPServer, data: bytes) -> None:
    def short() -> Iterator[bytes]:
        yield data[:50]
        raise ConnectionResetError

    httpserver.expect_request("/all.zip").respond_with_handler(
        lambda _: Response(short(), headers={"Content-Length": str(len(data))})
    )
    assert "can't be fetched" in failure(httpserver.url_for("/all.zip"))


def test_an_answer_without_end(httpserver: HTTPServer, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "LARGEST", 100)
    httpserver.expect_request("/all.zip").respond_with_data(data)
    assert "more than 100 bytes" in failure(httpserver.url_for("/all.zip"))


def test_redirects_are_followed_and_end(httpserver: HTTPServer, data: bytes) -> None:
    httpserver.expect_request("/all.zip").respond_with_data(data)
    httpserver.expect_request("/old").respond_with_data("", status=302, headers={"Location": "/all.zip"})
    httpserver.expect_request("/loop").respond_with_data("", status=302, headers={"Location": "/loop"})
    assert "redirects without end" in failure(httpserver.url_for("/loop"))
    assert store.sync(httpserver.url_for("/old")).records == 1


def test_tls_is_not_given_up_by_a_redirect() -> None:
    with pytest.raises(UnavailableError, match="without TLS"):
        fetch._check("https://index.example/all.zip", 200, "http://index.example/all.zip")


@pytest.mark.parametrize("url", ["http://[::1", "http://index.example:port/", "https://"])
def test_a_url_that_is_none(url: str) -> None:
    assert "can't be fetched" in failure(url)


@pytest.mark.parametrize("scheme", ["ftp", "file", "s3", "https+x"])
def test_another_scheme_is_refused_without_its_password(scheme: str, tmp_path: Path) -> None:
    url = f"{scheme}://reader:{'pass'}{'word'}@index.example/all.zip?token=abc"
    for action in (store.sync, lambda source: store.open_given(source, offline=True)):
        with pytest.raises(UnavailableError) as caught:
            action(url)
        assert str(caught.value).startswith(f"{scheme}://index.example/all.zip can't be fetched: only http and https")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://index.example/x/y.git", "https://index.example/x/y.git"),
        ("https://me:WORD" + "@index.example/x", "https://index.example/x"),
        ("https://WORD@index.example:8080/x", "https://index.example:8080/x"),
        ("https://me:WORD/1@index.example/x", "https://index.example/x"),
        ("https://me:WORD?1@index.example/x", "https://index.example/x"),
        ("https://me:WORD#1@index.example/x", "https://index.example/x"),
        ("https://index.example/x?key=WORD", "https://index.example/x"),
        ("https://index.example/x#WORD", "https://index.example/x"),
        ("https://me:WORD" + "@index.example/://x", "https://index.example/://x"),
        ("https://[WORD@::1/x", "https://::1/x"),
        ("http://[::1", "http://[::1"),
        ("me:WORD@https://index.example/x", "https://index.example/x"),
        ("git@index.example:x/y", "index.example:x/y"),
        ("https://index.example/x\n\x1b[31m", "https://index.example/x??[31m"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, said: str) -> None:
    assert shown(url.replace("WORD", "hunter" + "22")) == said


def test_a_password_in_a_url_is_never_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/all.zip").respond_with_data("no", status=401)
    url = httpserver.url_for("/all.zip").replace("://", "://reader:" + "pass" + "word@") + "?token=" + "abc"
    said = failure(url)
    assert "password" not in said
    assert "abc" not in said
    assert "reader" not in said
