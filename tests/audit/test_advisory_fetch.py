"""Fetching advisories over HTTP from a server that may be ill."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from msgspec import structs
from osv_reference import record, save_zip, window
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from lockgate.advisories import fetch, store
from lockgate.advisories.digests import wrong_digest
from lockgate.advisories.fetch import Limits
from lockgate.inputs.urls import shown
from lockgate.inputs.user_dirs import cache_dir
from lockgate.model.errors import UnavailableError

QUICK = Limits(tries=3, first_wait=0.01, longest_wait=2.0, silence=5.0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return save_zip(tmp_path / "all.zip", [record("PYSEC-1", ranges=[window("0", "2")])]).read_bytes()


def failure(url: str, limits: Limits = QUICK) -> str:
    with pytest.raises(UnavailableError) as caught:
        store.sync(url, limits=limits)
    assert store.open_synced() is None
    assert "lockgate advisories sync" in str(caught.value)
    return str(caught.value)


def ordered(httpserver: HTTPServer, *answers: Response) -> None:
    for answer in answers:
        httpserver.expect_ordered_request("/all.zip").respond_with_response(answer)


def kept() -> Iterator[Path]:
    folder = cache_dir("downloads")
    assert folder
    return folder.iterdir()


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


def test_a_server_that_hangs(httpserver: HTTPServer) -> None:
    def hang(_: Request) -> Response:
        time.sleep(0.4)
        return Response(b"PK")

    httpserver.expect_request("/all.zip").respond_with_handler(hang)
    limits = structs.replace(QUICK, silence=0.1, tries=2)
    assert "said nothing for 0.1 s (tried 2 times)" in failure(httpserver.url_for("/all.zip"), limits)


def test_a_server_that_drips(httpserver: HTTPServer, data: bytes) -> None:
    def drip() -> Iterator[bytes]:
        for number in range(len(data)):
            yield data[number : number + 1]
            time.sleep(0.05)

    httpserver.expect_request("/all.zip").respond_with_handler(lambda _: Response(drip()))
    assert "took more than 0.2 s" in failure(httpserver.url_for("/all.zip"), structs.replace(QUICK, total=0.2))


def test_a_server_that_drips_its_headers() -> None:
    """Each letter comes in good time, so that no limit for one read is ever reached."""

    def drip(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            while True:
                connection.sendall(b"H")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=[listener], daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/all.zip"
        assert "took more than 0.5 s" in failure(url, structs.replace(QUICK, total=0.5))


@pytest.mark.parametrize(
    "variable",
    [
        ("https_proxy", "foo://proxy"),
        ("https_proxy", "http://[::1"),
        ("SSL_CERT_FILE", "/nothing/here"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_an_environment_that_can_not_be_used(variable: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*variable)
    with pytest.raises(UnavailableError, match=r"no connection can be set up .* HTTPS_PROXY"):
        store.sync("https://index.example/all.zip", limits=QUICK)


def test_an_answer_that_breaks_off(httpserver: HTTPServer, data: bytes) -> None:
    def short() -> Iterator[bytes]:
        yield data[:50]
        raise ConnectionResetError

    httpserver.expect_request("/all.zip").respond_with_handler(
        lambda _: Response(short(), headers={"Content-Length": str(len(data))})
    )
    assert "can't be fetched" in failure(httpserver.url_for("/all.zip"))
    assert len(httpserver.log) == QUICK.tries


def test_an_answer_without_end(httpserver: HTTPServer, data: bytes) -> None:
    httpserver.expect_request("/all.zip").respond_with_data(data)
    assert "more than 100 bytes" in failure(httpserver.url_for("/all.zip"), structs.replace(QUICK, largest=100))


@pytest.mark.parametrize("after", ["1", "date"])
def test_a_server_that_asks_to_wait_is_waited_for(httpserver: HTTPServer, data: bytes, after: str) -> None:
    header = after if after != "date" else format_datetime(datetime.now(UTC) + timedelta(seconds=1.9), usegmt=True)
    ordered(httpserver, Response("slow down", 429, {"Retry-After": header}), Response(data))
    told: list[str] = []
    started = time.monotonic()
    assert store.sync(httpserver.url_for("/all.zip"), limits=QUICK, tell=told.append).records == 1
    assert time.monotonic() - started >= 0.5
    assert "answered 429; trying again in" in told[0]


def test_a_server_that_asks_to_wait_for_long_is_left_alone(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/all.zip").respond_with_data("", 429, {"Retry-After": "86400"})
    assert "answered 429 and asks to wait 86,400 s" in failure(httpserver.url_for("/all.zip"))
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(("header", "seconds"), [(None, 0), ("", 0), ("soon", 0), ("-5", 0), ("7", 7), ("9" * 30, 0)])
def test_how_long_a_server_asks_to_wait(header: str | None, seconds: float) -> None:
    assert fetch._after(header) == seconds
    assert fetch._after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert fetch._after("Fri, 21 Oct 2995 07:28:00 GMT") > 1e9


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again(httpserver: HTTPServer, data: bytes, status: int) -> None:
    ordered(httpserver, Response("oh", status), Response("oh", status), Response(data))
    assert store.sync(httpserver.url_for("/all.zip"), limits=QUICK).records == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_lasting_fault_is_not_tried_again(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/all.zip").respond_with_data("oh", status=status)
    assert f"answered {status};" in failure(httpserver.url_for("/all.zip"))
    assert len(httpserver.log) == 1


def test_waiting_ends(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/all.zip").respond_with_data("oh", status=500)
    limits = Limits(tries=1000, first_wait=0.2, total=0.5)
    assert "answered 500, and took more than 0.5 s" in failure(httpserver.url_for("/all.zip"), limits)


def test_requests_keep_a_rate(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data(b"x")
    with fetch.Web(structs.replace(QUICK, per_second=20)) as web:
        started = time.monotonic()
        urls = [httpserver.url_for(f"/x?{number}") for number in range(9)]
        assert list(web.get_all(urls, 10)) == [b"x"] * 9
    assert time.monotonic() - started >= 8 / 20


def test_a_broken_download_goes_on_where_it_broke_off(httpserver: HTTPServer, data: bytes) -> None:
    def broken(_: Request) -> Response:
        def short() -> Iterator[bytes]:
            yield data[:50]
            raise ConnectionResetError

        return Response(short(), headers={"Content-Length": str(len(data)), "ETag": '"one"'})

    def rest(request: Request) -> Response:
        assert request.headers["If-Range"] == '"one"'
        assert request.headers["Range"] == "bytes=50-"
        return Response(data[50:], 206, {"Content-Range": f"bytes 50-{len(data) - 1}/{len(data)}", "ETag": '"one"'})

    url = httpserver.url_for("/all.zip")
    httpserver.expect_ordered_request("/all.zip").respond_with_handler(broken)
    assert "can't be fetched" in failure(url, structs.replace(QUICK, tries=1))
    httpserver.expect_ordered_request("/all.zip").respond_with_handler(rest)
    assert store.sync(url, limits=QUICK).records == 1
    httpserver.check()
    assert not list(kept())


@pytest.mark.parametrize("fault", ["another file", "no part", "wrong part", "wrong checksum"])
def test_a_download_that_can_not_go_on_begins_again(httpserver: HTTPServer, data: bytes, fault: str) -> None:
    def broken(_: Request) -> Response:
        def short() -> Iterator[bytes]:
            yield b"PK" + bytes(48)
            raise ConnectionResetError

        return Response(short(), headers={"Content-Length": "1000", "ETag": '"one"'})

    digest = {"Repr-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"}
    whole = Response(data, headers={"ETag": '"two"', **digest})
    part = {"Content-Range": f"bytes 50-{len(data) - 1}/{len(data)}", "ETag": '"one"', **digest}
    answers = {
        "another file": [whole],
        "no part": [Response("", 416), whole],
        "wrong part": [Response(data[9:], 206, part | {"Content-Range": "bytes 9-"}), whole],
        "wrong checksum": [Response(data[50:], 206, part), whole],
    }
    httpserver.expect_ordered_request("/all.zip").respond_with_handler(broken)
    ordered(httpserver, *answers[fault])
    assert store.sync(httpserver.url_for("/all.zip"), limits=QUICK).validator == '"two"'
    assert "Range" not in httpserver.log[-1][0].headers or fault == "another file"


def test_a_part_that_is_old_is_forgotten(httpserver: HTTPServer, data: bytes, tmp_path: Path) -> None:
    def short() -> Iterator[bytes]:
        yield data[:50]
        raise ConnectionResetError

    httpserver.expect_oneshot_request("/all.zip").respond_with_handler(
        lambda _: Response(short(), headers={"Content-Length": "9999", "ETag": '"one"'})
    )
    failure(httpserver.url_for("/all.zip"), structs.replace(QUICK, tries=1))
    (part,) = kept()
    os.utime(part, (0, 0))
    httpserver.expect_request("/all.zip").respond_with_data(data)
    store.sync(httpserver.url_for("/all.zip"), limits=QUICK)
    assert "Range" not in httpserver.log[-1][0].headers
    assert not list(kept())


def test_where_nothing_can_be_kept_a_download_works_as_well(
    httpserver: HTTPServer, data: bytes, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("")
    ordered(httpserver, Response("", 500), Response(data, headers={"ETag": '"one"'}))
    assert store.sync(httpserver.url_for("/all.zip"), limits=QUICK).records == 1


DIGESTS = [
    ("x-goog-hash", "md5", "crc32c=AAAAAA==,md5={}"),
    ("Content-MD5", "md5", "{}"),
    ("Digest", "sha256", "SHA-256={}"),
    ("Repr-Digest", "sha512", "sha-512=:{}:"),
    ("Content-Digest", "sha256", "sha-256=:{}:"),
]


@pytest.mark.parametrize(("header", "algorithm", "form"), DIGESTS)
def test_a_checksum_is_verified(httpserver: HTTPServer, data: bytes, header: str, algorithm: str, form: str) -> None:
    def value(content: bytes) -> str:
        return form.format(base64.b64encode(hashlib.new(algorithm, content).digest()).decode())

    url = httpserver.url_for("/all.zip")
    httpserver.expect_oneshot_request("/all.zip").respond_with_data(data, headers={header: value(b"other")})
    assert f"sent a broken file: its {algorithm} is another" in failure(url)
    httpserver.expect_oneshot_request("/all.zip").respond_with_data(data, headers={header: value(data)})
    assert store.sync(url, limits=QUICK).records == 1


@pytest.mark.parametrize("header", ["", "md5=", "sha-256", "crc32c=abc", "sha-256=:abc", "=,=,", "md5=?"])
def test_a_checksum_that_is_none_says_nothing(header: str) -> None:
    assert wrong_digest({"digest": header, "content-md5": ""}, [b"x"]) in ("", "its sha256 is another")


def test_redirects_are_followed_and_end(httpserver: HTTPServer, data: bytes) -> None:
    httpserver.expect_request("/all.zip").respond_with_data(data)
    httpserver.expect_request("/old").respond_with_data("", status=302, headers={"Location": "/all.zip"})
    httpserver.expect_request("/loop").respond_with_data("", status=302, headers={"Location": "/loop"})
    assert "redirects without end" in failure(httpserver.url_for("/loop"))
    assert store.sync(httpserver.url_for("/old"), limits=QUICK).records == 1


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
