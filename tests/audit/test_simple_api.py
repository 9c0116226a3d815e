"""A package index that may be ill, slow or hostile, and what is kept of its answers."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from index_stub import JSON, file, project, serve
from pytest_httpserver import HTTPServer
from werkzeug import Response

from lockgate.advisories import asked, simple_api
from lockgate.advisories.projects import Project, project_of
from lockgate.inputs import user_cache

DEMO = project("demo", file("demo-1.0.tar.gz"), file("demo-2.0.tar.gz"))
FRESH = {"Cache_Control": "max-age=600"}


@pytest.fixture(autouse=True)
def kept_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where answers are kept. No test reads those that another one had, and none waits long before it tries again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(simple_api, "FIRST_PAUSE", 0.01)
    return tmp_path / "lockgate" / "projects"


def ask(*urls: str, name: str = "demo", versions: tuple[str, ...] = ("1.0",)) -> Project | str:
    return asked.ask(urls, {name: frozenset(versions)})[name]


def known(answer: Project | str) -> Project:
    assert isinstance(answer, Project), answer
    return answer


def answering(server: HTTPServer, *responses: Callable[[], Response]) -> str:
    """An index that gives these answers one after the other, then the last one again."""
    left = list(responses)
    server.expect_request("/simple/demo/").respond_with_handler(lambda _: (left.pop(0) if len(left) > 1 else left[0])())
    return server.url_for("/simple/")


def good(**headers: str) -> Response:
    return Response(json.dumps(DEMO), headers={"Content-Type": JSON, **headers})


def test_a_request_says_who_asks_and_for_what(httpserver: HTTPServer) -> None:
    project = known(ask(serve(httpserver, DEMO), versions=("1.0.0", "3")))
    assert project.known
    assert project.releases["1.0.0"]
    assert project.releases["3"] is None
    (request, _), *_ = httpserver.log
    assert request.headers["Accept"] == JSON
    assert request.headers["User-Agent"].startswith("lockgate/")
    assert "Authorization" not in request.headers


def test_user_and_password_go_into_a_header_and_nowhere_else(httpserver: HTTPServer, kept_answers: Path) -> None:
    password = "pass" + "%3Aw%40rd"
    url = serve(httpserver, DEMO, **FRESH).replace("http://", f"http://reader:{password}@")
    assert known(ask(url)).known
    sent = base64.b64decode(httpserver.log[0][0].headers["Authorization"].removeprefix("Basic ")).decode()
    assert sent == "reader:pass:w@rd"
    bad = answering(httpserver, lambda: Response(status=403)).replace("http://", f"http://reader:{password}@")
    asked_more = ask(bad.replace("/simple/", "/none/") + "?token=secret", name="x/../../y")
    kept = b"".join(path.read_bytes() for path in kept_answers.iterdir())
    paths = "".join(path.name for path in kept_answers.iterdir())
    for told in (str(asked_more), kept.decode("latin-1"), paths):
        assert not any(part in told for part in ("reader", "pass", "w@rd", "w%40rd", "secret"))


def test_credentials_do_not_follow_a_redirect_to_another_host(httpserver: HTTPServer) -> None:
    elsewhere = serve(httpserver, DEMO).replace("localhost", "127.0.0.1")
    httpserver.expect_request("/old/demo/").respond_with_data("", 302, headers={"Location": f"{elsewhere}demo/"})
    url = httpserver.url_for("/old").replace("http://", "http://reader:word@").replace("127.0.0.1", "localhost")
    assert known(ask(url)).known
    (first, _), (second, _) = httpserver.log
    assert ("Authorization" in first.headers, "Authorization" in second.headers) == (True, False)


def test_a_refused_connection() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/") == f"http://127.0.0.1:{port}/ is not reached (ConnectError)"


def test_a_server_that_hangs(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang() -> Response:
        time.sleep(0.6)
        return good()

    monkeypatch.setattr(simple_api, "SECONDS_OF_SILENCE", 0.2)
    assert "said nothing for 0.2 s" in str(ask(answering(httpserver, hang)))


def test_a_server_that_drips(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip() -> Iterator[bytes]:
        for letter in json.dumps(DEMO)[:12]:
            yield letter.encode()
            time.sleep(0.05)

    monkeypatch.setattr(simple_api, "SECONDS", 0.2)
    assert "took more than 0.2 s" in str(
        ask(answering(httpserver, lambda: Response(drip(), headers={"Content-Type": JSON})))
    )


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again(httpserver: HTTPServer, status: int) -> None:
    url = answering(httpserver, lambda: Response(status=status), lambda: Response(status=status), good)
    assert known(ask(url)).known
    assert len(httpserver.log) == 3


@pytest.mark.parametrize(("status", "times"), [(429, 3), (500, 3), (401, 1), (403, 1), (418, 1), (406, 1)])
def test_a_fault_that_stays(httpserver: HTTPServer, status: int, times: int) -> None:
    url = answering(httpserver, lambda: Response(status=status))
    said = "gives no JSON" if status == 406 else f"answered {status}"
    assert said in str(ask(url))
    assert len(httpserver.log) == times


def test_an_index_says_how_long_to_wait(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(simple_api._Pace, "rest", lambda _, seconds: rests.append(seconds))
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    waits = [
        Response(status=429, headers={"Retry-After": "7"}),
        Response(status=503, headers={"Retry-After": date}),
        good(),
    ]
    assert known(ask(answering(httpserver, *((lambda answer=answer: answer) for answer in waits)))).known
    assert rests[0] == 7
    assert 15 < rests[1] <= 20


def test_who_asks_to_wait_too_long_is_not_waited_for(httpserver: HTTPServer) -> None:
    url = answering(httpserver, lambda: Response(status=429, headers={"Retry-After": "3600"}))
    assert "answered 429" in str(ask(url))
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<html>Links</html>", "text/html", "gives no JSON (PEP 691)"),
        (b"<html>Log in</html>", JSON, "malformed answer"),
        (b"", JSON, "malformed answer"),
        (json.dumps(DEMO).encode()[:-9], JSON, "malformed answer"),
        (b'{"files": []}', JSON, "missing required field `meta`"),
        (b'{"meta": {"api-version": "2.0"}, "files": []}', JSON, "of another version of the simple API"),
        (b'{"meta": {"api-version": "1.0"}, "files": {}}', JSON, "Expected `array`, got `object`"),
        (b'{"meta": {"api-version": "1.0"}, "files": [{"filename": 3}]}', JSON, "Expected `str`, got `int`"),
        (b'{"meta": {"api-version": "1.0"}, "files": [], "x": ' + b"[" * 100_000, JSON, "malformed answer"),
        (b"\xff\xfe", JSON, "malformed answer"),
    ],
)
def test_an_answer_that_is_none(httpserver: HTTPServer, body: bytes, kind: str, said: str) -> None:
    url = answering(httpserver, lambda: Response(body, headers={"Content-Type": kind}))
    assert said in str(ask(url))
    assert "\n" not in str(ask(url))


def test_times_and_names_of_files_that_are_odd(httpserver: HTTPServer) -> None:
    files = [file("demo-1.0.tar.gz", uploaded="yesterday"), file("demo.exe"), file("demo-1.0-py2.7.egg", uploaded=None)]
    release = known(ask(serve(httpserver, project("demo", *files)))).releases["1.0"]
    assert release
    assert (release.uploaded, release.files) == (None, 2)


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("my_demo-1.0-py3-none-any.whl", "1.0"),
        ("my_demo-1.0-1-cp311-cp311-manylinux.whl", "1.0"),
        ("My.Demo-1.0-py2.7.egg", "1.0"),
        ("my-demo-1.0.tar.gz", "1.0"),
        ("my-demo-1.0-1.tar.gz", "1.0.post1"),
        ("my_demo-1.0-rc1.zip", "1.0rc1"),
        ("other-name-1.0.tgz", "1.0"),
        ("my_demo-1.0+cu118-cp311-cp311-linux_x86_64.whl", "1.0+cu118"),
    ],
)
def test_the_version_that_a_file_s_name_tells(filename: str, version: str) -> None:
    answer = json.dumps(project("my-demo", file(filename), file("my-demo-7.tar.gz"))).encode()
    release = project_of(answer, "my-demo", [version]).releases[version]
    assert release
    assert release.files == 1


@pytest.mark.parametrize("filename", ["my-demo.exe", "my-demo-final.tar.gz", "x", ""])
def test_the_hash_of_a_file_that_tells_no_version_may_be_any_s(filename: str) -> None:
    answer = json.dumps(project("my-demo", file(filename, "cd" * 32), file("my-demo-7.tar.gz"))).encode()
    release = project_of(answer, "my-demo", ["7.0"]).releases["7.0"]
    assert release
    assert (release.files, f"sha256:{'cd' * 32}" in release.hashes) == (1, True)


def test_asking_ends_in_time(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simple_api, "SECONDS_IN_ALL", -1.0)
    assert "was not asked: the others took more than" in str(ask(serve(httpserver, DEMO)))
    assert httpserver.log == []


def test_an_answer_without_end(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simple_api, "LARGEST", 100)
    assert "more than 100 bytes" in str(ask(answering(httpserver, good)))


def test_a_compressed_answer_is_bounded_by_what_it_is_unpacked(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simple_api, "LARGEST", 100_000)
    bomb = gzip.compress(b" " * 1_000_000)
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    assert "more than 100,000 bytes" in str(ask(answering(httpserver, lambda: Response(bomb, headers=headers))))
    httpserver.clear()
    broken = answering(httpserver, lambda: Response(b"nonsense", headers=headers))
    assert "gave no useful answer (DecodingError)" in str(ask(broken))


def test_redirects_end_and_do_not_give_up_tls(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/simple/demo/").respond_with_data("", 302, headers={"Location": "/simple/demo/"})
    assert "redirects without end" in str(ask(httpserver.url_for("/simple")))


def test_an_index_that_never_answers_is_not_asked_for_long(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("")
    httpserver.no_handler_status_code = 418
    names = {f"p{number}": frozenset(["1"]) for number in range(200)}
    answers = asked.ask([httpserver.url_for("/simple")], names)
    assert all(isinstance(answer, str) for answer in answers.values())
    assert len(httpserver.log) < simple_api.PATIENCE + simple_api.AT_ONCE
    assert "was not asked: 10 requests in a row had no useful answer" in str(answers["p199"])


@pytest.mark.parametrize("name", ["", "../../admin", "a/b", "A", "-a", "a?b", "a\nb", "a" * 300, "ä"])
def test_a_name_that_is_none_is_not_asked_for(httpserver: HTTPServer, name: str) -> None:
    assert "is no name that an index can be asked for" in str(ask(serve(httpserver), name=name))
    assert httpserver.log == []


def test_an_answer_is_kept_while_it_is_fresh(httpserver: HTTPServer) -> None:
    url = serve(httpserver, DEMO, ETag='"1"', **FRESH)
    first = ask(url)
    assert ask(url) == first == ask(url.replace("http://", "http://me:word@"))
    assert len(httpserver.log) == 1
    assert known(ask(url, versions=("1.0", "2.0"))).releases["2.0"]
    assert len(httpserver.log) == 2
    assert "If-None-Match" not in httpserver.log[1][0].headers  # the whole answer is wanted
    assert ask(url) == known(first).__class__(True, "active", "", known(ask(url, versions=("1.0", "2.0"))).releases)
    assert len(httpserver.log) == 2


def test_that_there_is_no_such_project_is_kept_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/simple/demo/").respond_with_data("", 404, headers={"Cache-Control": "max-age=60"})
    url = httpserver.url_for("/simple")
    assert ask(url) == ask(url) == Project()
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({"ETag": '"abc"'}, ("If-None-Match", '"abc"')),
        ({"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT")),
    ],
)
def test_what_is_no_longer_fresh_is_asked_for_anew(
    httpserver: HTTPServer, headers: dict[str, str], sent: tuple[str, str]
) -> None:
    url = answering(
        httpserver,
        lambda: good(**headers, **{"Cache-Control": "max-age=0"}),
        lambda: Response(status=304, headers={"Cache-Control": "max-age=600"}),
    )
    first = ask(url)
    assert ask(url) == first
    assert httpserver.log[1][0].headers[sent[0]] == sent[1]
    assert ask(url) == first  # fresh again
    assert len(httpserver.log) == 2


@pytest.mark.parametrize("control", ["no-store", "no-cache, max-age=600", "max-age=nonsense", "s-maxage=600", ""])
def test_what_is_not_to_be_kept_is_asked_for_each_time(httpserver: HTTPServer, control: str) -> None:
    url = serve(httpserver, DEMO, Cache_Control=control)
    assert ask(url) == ask(url)
    assert len(httpserver.log) == 2


def test_a_304_that_nobody_asked_for(httpserver: HTTPServer) -> None:
    assert "answered 304 without" in str(ask(answering(httpserver, lambda: Response(status=304))))


@pytest.mark.parametrize(
    ("control", "age", "fresh"),
    [
        ("max-age=600", "", 600.0),
        ("public, max-age=600", "100", 500.0),
        ("max-age=600", "1000", 0.0),
        ("max-age=600", "x", 600.0),
        ("max-age=99999999", "", 3600.0),
        ("MAX-AGE=5", "", 5.0),
        ("max-age=5, no-store", "", None),
        ("", "", 0.0),
    ],
)
def test_how_long_an_answer_is_fresh(control: str, age: str, fresh: float | None) -> None:
    assert simple_api._fresh(control, age) == fresh


def test_a_clock_that_went_back_does_not_keep_answers_fresh(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = serve(httpserver, DEMO, **FRESH)
    real = time.time
    monkeypatch.setattr(asked.time, "time", lambda: real() + 1e6)
    ask(url)
    monkeypatch.setattr(asked.time, "time", real)
    ask(url)
    assert len(httpserver.log) == 2


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:0], lambda data: data + b"x", None])
def test_a_damaged_cache_is_made_anew(
    httpserver: HTTPServer, kept_answers: Path, damage: Callable[[bytes], bytes] | None
) -> None:
    url = serve(httpserver, DEMO, **FRESH)
    first = ask(url)
    (kept,) = kept_answers.iterdir()
    if damage:
        kept.write_bytes(damage(kept.read_bytes()))
    else:  # whole, and of another kind
        user_cache.store("projects", kept.name, b"\x93\x01\x02")
    assert ask(url) == first == ask(url)
    assert len(httpserver.log) == 2


def test_what_was_not_asked_for_in_a_long_time_goes(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, kept_answers: Path
) -> None:
    url = serve(httpserver, DEMO, project("other", file("other-1.0.tar.gz")), **FRESH)
    ask(url)
    (kept,) = kept_answers.iterdir()
    real = time.time
    monkeypatch.setattr(asked.time, "time", lambda: real() + 100)
    ask(url, name="other")
    assert b"demo" in kept.read_bytes()
    monkeypatch.setattr(asked, "UNUSED", 50)
    ask(url, name="other", versions=("9",))
    assert b"demo" not in kept.read_bytes()
    assert b"other" in kept.read_bytes()


def test_the_default_index_is_pip_s(monkeypatch: pytest.MonkeyPatch) -> None:
    from pip._internal.models.index import PyPI

    from lockgate.checks.audit.index_answers import urls_of

    assert urls_of(()) == [PyPI.simple_url]
    assert urls_of(("default", "https://index.example/simple")) == [PyPI.simple_url, "https://index.example/simple"]
    assert urls_of(("https://index.example/simple",)) == ["https://index.example/simple"]
