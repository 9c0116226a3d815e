"""Servers on the loopback device: repositories made by real Git, and a registry of images that wants a token."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support import git

INDEX = "application/vnd.oci.image.index.v1+json"
TOKEN = "for" + "everybody"


class Forge:
    """Repositories behind plain HTTP, as any web server can show them (git update-server-info)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.asked: list[str] = []
        self.credentials: list[str] = []
        self.moved: dict[str, str] = {}  # the addresses of what repositories of that name have been redirected to

    def repository(self, name: str, *names: str) -> dict[str, str]:
        """Make a repository with a commit for each of `names`, which are tags (`heads/x`: branches; `=x`: on the same commit).

        Gives the commits by these names without marks. Tags that hold a dot are annotated ones.
        """
        work = self.folder / "work" / name
        work.mkdir(parents=True)
        git(work, "init", "-q")
        commits: dict[str, str] = {}
        for number, each in enumerate(names):
            if not each.startswith("="):
                git(work, "commit", "-q", "--allow-empty", "-m", f"{number}")
            ref = each.removeprefix("=")
            kind = ["branch", "-f"] if ref.startswith("heads/") else ["tag", *(["-a", "-m", ref] if "." in ref else [])]
            git(work, *kind, ref.removeprefix("heads/"))
            commits[ref] = git(work, "rev-parse", "HEAD").strip()
        git(work, "commit", "-q", "--allow-empty", "-m", "last")
        bare = self.folder / "served" / name
        git(self.folder, "clone", "-q", "--bare", str(work), str(bare))
        git(bare, "update-server-info")
        return commits


class _Files(SimpleHTTPRequestHandler):
    def __init__(self, forge: Forge, *arguments: object) -> None:
        self._forge = forge
        super().__init__(*arguments, directory=str(forge.folder / "served"))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._forge.asked.append(self.path)
        self._forge.credentials += self.headers.get_all("Authorization", [])
        old = self.path.split("/")[2]
        if old == "private" and "Authorization" not in self.headers:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif old in self._forge.moved:
            self.send_response(301)
            self.send_header("Location", self._forge.moved[old])
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Registry:
    """Images by name and tag. `faults` are the statuses that it answers with in place of manifests, by name."""

    def __init__(self) -> None:
        self.manifests: dict[tuple[str, str], bytes] = {}
        self.faults: dict[str, int] = {}
        self.told: dict[str, str] = {}  # wrong digests by name
        self.moved: dict[str, str] = {}  # addresses by name that it redirects to
        self.host = ""
        self.realm = ""
        self.asked: list[str] = []
        self.scopes: list[str] = []

    def push(self, name: str, tag: str) -> str:
        """Put an image there; gives its digest."""
        self.manifests[name, tag] = json.dumps(
            {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "of": tag}
        ).encode()
        return f"sha256:{hashlib.sha256(self.manifests[name, tag]).hexdigest()}"

    def answer(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        if parts.path == "/token":
            self.scopes += parse_qs(parts.query)["scope"]
            return 200, {}, json.dumps({"token": TOKEN}).encode()
        self.asked.append(parts.path)
        if token != f"Bearer {TOKEN}":
            challenge = f'Bearer realm="{self.realm}/token",service="stub",scope="repository:x:pull"'
            return 401, {"WWW-Authenticate": challenge}, b""
        name, _, tag = parts.path.removeprefix("/v2/").partition("/manifests/")
        if name in self.faults:
            return self.faults[name], {"Retry-After": "999"}, b""
        if name in self.moved:
            return 302, {"Location": self.moved[name]}, b""
        body = self.manifests.get((name, tag))
        if body is None:
            return 404, {}, b""
        digest = self.told.get(name, f"sha256:{hashlib.sha256(body).hexdigest()}")
        return 200, {"Content-Type": INDEX, "Docker-Content-Digest": digest}, body


class _Manifests(BaseHTTPRequestHandler):
    def __init__(self, registry: Registry, *arguments: object) -> None:
        self._registry = registry
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        status, headers, body = self._registry.answer(self.path, self.headers.get("Authorization", ""))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def forge(folder: Path) -> Iterator[Forge]:
    """A server of repositories."""
    made = Forge(folder)
    (folder / "served").mkdir(parents=True)
    with _serving(partial(_Files, made), "127.0.0.1") as made.url:
        yield made


@contextmanager
def registry() -> Iterator[Registry]:
    """A registry, at an address that the pins check does not take for the machine's own."""
    made = Registry()
    with _serving(partial(_Manifests, made), "127.0.0.2") as made.realm:
        made.host = made.realm.removeprefix("http://")
        yield made


@contextmanager
def _serving(handler: partial[BaseHTTPRequestHandler], address: str) -> Iterator[str]:
    server = ThreadingHTTPServer((address, 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://{address}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
