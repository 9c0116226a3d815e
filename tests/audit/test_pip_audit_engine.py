"""pip-audit's own service against a loopback index, and what it says next to our index on the same records."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from osv_reference import Record, affecting, record, window
from pytest_httpserver import HTTPServer
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from werkzeug import Request
from werkzeug import Response as Answer

from lockgate.advisories.build import build
from lockgate.advisories.index import Index
from lockgate.checks import audit
from lockgate.engines import pip_audit as engine
from lockgate.model.errors import UnavailableError
from support import target, write

RECORDS = [
    record("PYSEC-1", aliases=["CVE-1", "GHSA-1"], summary="One", ranges=[window("0", "2.0")]),
    record("PYSEC-2", summary="Two", ranges=[[*window("1.0", "1.5"), *window("2.0", "2.2")]]),
    record("GHSA-3", aliases=["CVE-3"], details="Three", versions=["1.0", "1.1"]),
    record("PYSEC-4", "other", summary="Four", ranges=[[{"introduced": "0"}, {"last_affected": "1.1"}]]),
    record("PYSEC-5", "other", summary="Five", ranges=[window("0", "9")], withdrawn="2026-01-01T00:00:00Z"),
]


class Rewriting(HTTPAdapter):
    """Sends what was meant for the package index to a server on this machine."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        request.url = self.base + urlsplit(str(request.url)).path
        return super().send(request, *args, **kwargs)


@pytest.fixture
def pointed(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Callable[[str], engine.PipAudit]]:
    """Every `PipAudit` asks the server whose address is given last."""
    made: list[engine.PipAudit] = []
    address = {"base": ""}
    original = engine.PipAudit.__init__

    def initialise(self: engine.PipAudit) -> None:
        original(self)
        self.service.session.mount("https://", Rewriting(address["base"]))
        made.append(self)

    monkeypatch.setattr(engine.PipAudit, "__init__", initialise)

    def point(base: str) -> engine.PipAudit:
        address["base"] = base
        return engine.PipAudit()

    yield point
    for one in made:
        one.close()


def serve(httpserver: HTTPServer, records: list[Record]) -> str:
    """A package index that knows `demo` and `other` in any version."""

    def answer(request: Request) -> Answer:
        _, _, package, version, _ = request.path.split("/")
        if package not in ("demo", "other"):
            return Answer("{}", status=404)
        matching = affecting(records, package, version)
        found = [
            {
                "id": one["id"],
                "aliases": one.get("aliases", []),
                "summary": one.get("summary"),
                "details": one.get("details"),
                "fixed_in": [
                    event["fixed"]
                    for held in one["affected"][0]["ranges"]
                    for event in held["events"]
                    if "fixed" in event
                ],
                "withdrawn": one.get("withdrawn"),
            }
            for one in records
            if one["id"] in matching
        ]
        return Answer(json.dumps({"vulnerabilities": found}))

    httpserver.expect_request(re.compile(r"/pypi/.*/json")).respond_with_handler(answer)
    return httpserver.url_for("").rstrip("/")


@pytest.mark.parametrize("pin", [("demo", "1.0"), ("demo", "1.1"), ("demo", "2.1"), ("demo", "3.0"), ("other", "1.1")])
def test_it_agrees_with_our_index(
    httpserver: HTTPServer, pointed: Callable[[str], engine.PipAudit], pin: tuple[str, str]
) -> None:
    file = io.BytesIO()
    build(((one["id"], json.dumps(one).encode()) for one in RECORDS), "test", file)
    ours = Index(file, "test").lookup(*pin)
    theirs = pointed(serve(httpserver, RECORDS)).lookup(*pin)

    def told(found: Any) -> set[Any]:
        return {(one.id, one.aliases, one.fixes, one.summary or one.details) for one in found}

    assert told(ours) == told(theirs)


def failure(service: engine.PipAudit, version: str = "1.0") -> str:
    with pytest.raises(UnavailableError) as caught:
        service.lookup("demo", version)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("{}", 404, "has no advisories on it"),
        ("oh", 500, "HTTP 500"),
        ("<html>", 200, "no useful answer"),
        ('{"vulnerabilities": [{}]}', 200, "malformed"),
        ("[]", 200, "malformed"),
        ('{"vulnerabilities": [{"id": "X", "aliases": [], "fixed_in": ["no version"]}]}', 200, "no useful answer"),
    ],
)
def test_an_answer_that_is_none(
    httpserver: HTTPServer, pointed: Callable[[str], engine.PipAudit], body: str, status: int, said: str
) -> None:
    httpserver.expect_request("/pypi/demo/1.0/json").respond_with_data(body, status=status)
    assert said in failure(pointed(httpserver.url_for("").rstrip("/")))


def test_a_server_that_hangs(
    httpserver: HTTPServer, pointed: Callable[[str], engine.PipAudit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(_: Request) -> Answer:
        time.sleep(0.6)
        return Answer("{}")

    monkeypatch.setattr(engine, "SECONDS", 0.2)
    httpserver.expect_request("/pypi/demo/1.0/json").respond_with_handler(hang)
    assert "not reached" in failure(pointed(httpserver.url_for("").rstrip("/")))


@pytest.mark.parametrize("version", ["not-a-version", "1.*", "1" * 5000])
def test_a_version_that_can_not_be_asked_for(pointed: Callable[[str], engine.PipAudit], version: str) -> None:
    assert "is not a version" in failure(pointed("http://127.0.0.1:9"), version)


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_refuses_is_not_asked_for_ever(pointed: Callable[[str], engine.PipAudit]) -> None:
    service = pointed(closed_port())
    assert ["not reached" in failure(service) for _ in range(engine.PATIENCE)] == [True] * engine.PATIENCE
    assert "not asked" in failure(service)


def test_the_audit_falls_back_to_it_and_calls_nothing_clean_that_it_does_not_know(
    httpserver: HTTPServer, pointed: Callable[[str], engine.PipAudit], tmp_path: Path
) -> None:
    pointed(serve(httpserver, RECORDS))
    write(tmp_path, {"requirements.txt": "demo==1.0\nunknown==1.0\nodd===x-y\n"})
    result = audit.run(target(tmp_path))
    assert {finding.rule for finding in result.findings} == {"PYSEC-1", "PYSEC-2", "GHSA-3"}
    assert {finding.severity for finding in result.findings} == {"unknown"}
    assert result.coverage.examined == 1
    assert [skip.subject for skip in result.coverage.skipped if skip.gap] == [
        "requirements.txt:2",
        "requirements.txt:3",
    ]
    assert result.engines[0].name == "pip-audit"


def test_no_module_of_the_current_directory_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing pip-audit runs `python -m pip`, which would run a pip.py of the scanned repository."""
    write(tmp_path, {"pip.py": "import pathlib\npathlib.Path('ran').touch()\nprint('pip 99.0 from x')\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] in ("pip_audit", "pip_api")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    service = engine.PipAudit()
    service.close()
    assert not (tmp_path / "ran").exists()
