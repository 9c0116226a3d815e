"""A loopback server of given records that speaks OSV's API and the package index's JSON, and can be made ill."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from osv_reference import Record, holds, save_zip
from packaging.utils import canonicalize_name
from pip_audit._service.pypi import PyPIService
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]
PAGE = 1000


class OsvServer(ThreadingHTTPServer):
    """`ill` may answer in place of the server, given path and body; `asked` has the path of every request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, records: list[Record], latency: float = 0.0, page: int = PAGE) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.latency = latency
        self.page = page
        self.records = {record["id"]: record for record in records}
        self.by_package: dict[str, list[Record]] = {}
        for record in records:
            named = (affected.get("package", {}).get("name", "") for affected in record.get("affected", []))
            for name in dict.fromkeys(map(canonicalize_name, named)):
                self.by_package.setdefault(name, []).append(record)
        self.asked: list[str] = []
        self.ill: Callable[[str, bytes], Answer | None] = lambda _path, _body: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: tests break connections on purpose."""

    def matching(self, query: dict[str, Any]) -> list[Record]:
        """The records for a query of the API, which compares a local version as it is."""
        name = canonicalize_name(query["package"]["name"])
        return [one for one in self.by_package.get(name, []) if holds(one, name, query["version"])]

    def answer(self, path: str, body: bytes) -> Answer:
        if path == "/v1/querybatch":
            queries = json.loads(body)["queries"]
            if len(queries) > PAGE:
                return 400, b"too many queries"
            return 200, json.dumps({"results": [self.batched(query) for query in queries]}).encode()
        if path == "/v1/query":
            found = self.matching(json.loads(body))
            return 200, json.dumps({"vulns": found} if found else {}).encode()
        if path.startswith("/v1/vulns/"):
            found = self.records.get(path.removeprefix("/v1/vulns/"))
            return (200, json.dumps(found).encode()) if found else (404, b"{}")
        if path == "/all.zip":
            file = io.BytesIO()
            save_zip(file, list(self.records.values()))
            return 200, file.getvalue()
        if path.startswith("/pypi/"):
            _, _, name, version, _ = path.split("/")
            return 200, json.dumps(
                {
                    "vulnerabilities": [
                        indexed(one, name) for one in self.by_package.get(name, ()) if holds(one, name, version)
                    ]
                }
            ).encode()
        return 404, b""

    def batched(self, query: dict[str, Any]) -> dict[str, Any]:
        found = self.matching(query)
        start = int(query.get("page_token", 0))
        page = found[start : start + self.page]
        result: dict[str, Any] = {"vulns": [{"id": one["id"], "modified": one["modified"]} for one in page]}
        if found[start + self.page :]:
            result["next_page_token"] = str(start + self.page)
        return result if page else {}


def indexed(record: Record, package: str) -> dict[str, Any]:
    """A record as the package index tells it, whose `fixed_in` are the events of all ranges of the package."""
    affected = [one for one in record["affected"] if canonicalize_name(one["package"]["name"]) == package]
    events = [
        event
        for one in affected
        for held in one.get("ranges", [])
        for event in held["events"]
        if held["type"] == "ECOSYSTEM"
    ]
    return {
        "id": record["id"],
        "aliases": record.get("aliases", []),
        "summary": record.get("summary"),
        "details": record.get("details"),
        "fixed_in": [event["fixed"] for event in events if "fixed" in event],
        "published": record.get("published"),
        "withdrawn": record.get("withdrawn"),
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: OsvServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append(self.path)
        if self.server.latency:
            time.sleep(self.server.latency)
        status, data, *more = self.server.ill(self.path, body) or self.server.answer(self.path, body)
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        for name, value in (more[0] if more else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _serve  # noqa: N815 - their names there


@contextlib.contextmanager
def serving(records: list[Record], latency: float = 0.0, page: int = PAGE) -> Iterator[OsvServer]:
    """A server for the time of the block."""
    with OsvServer(records, latency, page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Rewriting(HTTPAdapter):
    """Sends what was meant for the package index to a server on this machine."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        request.url = self.base + urlsplit(str(request.url)).path
        return super().send(request, *args, **kwargs | {"proxies": {}})


def point_pip_audit(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """Make pip-audit's service for the package index ask the server at `base`."""
    original = PyPIService.__init__

    def initialise(self: PyPIService, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.session.mount("https://", _Rewriting(base))

    monkeypatch.setattr(PyPIService, "__init__", initialise)
