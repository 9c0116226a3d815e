"""A package index on the loopback device: its answers, as the simple API's specification has them."""

from __future__ import annotations

from typing import Any

from pytest_httpserver import HTTPServer

JSON = "application/vnd.pypi.simple.v1+json"
OLD = "2024-01-01T00:00:00.000000Z"
SHA = "ab" * 32


def file(name: str, sha256: str = SHA, uploaded: str | None = OLD, yanked: bool | str = False) -> dict[str, Any]:
    """One file of a project."""
    told = {"upload-time": uploaded} if uploaded else {}
    return {
        "filename": name,
        "url": f"https://index.example/{name}",
        "hashes": {"sha256": sha256},
        "yanked": yanked,
        **told,
    }


def project(name: str, *files: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The answer on a project; the names of `fields` have underscores for dashes."""
    given = {key.replace("_", "-"): value for key, value in fields.items()}
    return {"meta": {"api-version": "1.4"}, "name": name, "files": list(files), **given}


def serve(server: HTTPServer, *answers: dict[str, Any], base: str = "/simple", **headers: str) -> str:
    """Serve the projects, and 404 for all others; gives the address of the index."""
    for answer in answers:
        server.expect_request(f"{base}/{answer['name']}/").respond_with_json(
            answer, headers={"Content-Type": JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )
    server.no_handler_status_code = 404
    return server.url_for(f"{base}/")
