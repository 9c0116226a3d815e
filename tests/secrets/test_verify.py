"""Asking a provider: a server on loopback and a rule of the user's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from support import lockgate, noise, write

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
LIVE, DEAD, ODD = (f"acme_{noise(24, LOWER, seed=seed)}" for seed in (1, 2, 3))
RULE = """
rules:
  - name: An Acme token, which opens the whole of Acme
    id: custom.acme-token
    pattern: '\\b(acme_[a-z0-9]{{24}})\\b'
    min_entropy: 2.0
    confidence: medium
    validation:
      type: Http
      content:
        request:
          method: GET
          url: {url}
          headers:
            Authorization: Bearer {{{{ TOKEN }}}}
          response_matcher:
            - report_response: true
            - type: StatusMatch
              status: [200]
"""


@pytest.fixture
def provider(httpserver: HTTPServer) -> HTTPServer:
    def answer(request: Request) -> Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        return Response(status={LIVE: 200, DEAD: 401}.get(token, 503))

    httpserver.expect_request("/me").respond_with_handler(answer)
    return httpserver


@pytest.fixture
def verify(provider: HTTPServer, repository: Callable[..., Path], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    write(tmp_path, {"rules/acme.yml": RULE.format(url=provider.url_for("/me"))})

    def run(files: dict[str, str], *options: str) -> dict[str, Any]:
        root = repository(files)
        rules = ("--kingfisher-rules", tmp_path / "rules")
        done = lockgate("secrets", "verify", *rules, *options, "--json", "-", cwd=root)
        report: dict[str, Any] = json.loads(done.stdout)
        report["text"] = done.stdout + done.stderr
        return report

    return run


FILES = {"a.py": f'live = "{LIVE}"\ndead = "{DEAD}"\nodd = "{ODD}"\n', "b.py": f'again = "{LIVE}"\n'}


def test_active_inactive_and_unknown(verify: Callable[..., dict[str, Any]], provider: HTTPServer) -> None:
    report = verify({**FILES, "c.py": 'password = "' + noise(14) + '"\n'}, "--internal")
    (record,) = report["records"]
    told = {(f["path"], f["line"]): (f["properties"]["verified"], f["severity"]) for f in record["findings"]}
    assert told == {
        ("a.py", 1): ("active", "critical"),
        ("a.py", 2): ("inactive", "high"),
        ("a.py", 3): ("unknown", "high"),
        ("b.py", 1): ("active", "critical"),
        ("c.py", 1): ("unknown", "high"),
    }
    first = record["findings"][0]
    assert first["rule"] == "secrets/acme-token"
    assert "An Acme token, which opens the whole of Acme. Its provider says that it is active" in first["message"]
    assert not any(token in report["text"] for token in (LIVE, DEAD, ODD))
    asked = [request.headers["Authorization"] for request, _ in provider.log]
    assert asked.count(f"Bearer {LIVE}") == 1


def test_private_addresses_are_asked_only_where_the_user_says_so(
    verify: Callable[..., dict[str, Any]], provider: HTTPServer
) -> None:
    (record,) = verify(FILES)["records"]
    assert {finding["properties"]["verified"] for finding in record["findings"]} == {"unknown"}
    assert len(record["findings"]) == 4
    assert not provider.log


def test_a_scan_asks_nobody(provider: HTTPServer, repository: Callable[..., Path], tmp_path: Path) -> None:
    write(tmp_path, {"acme.yml": RULE.format(url=provider.url_for("/me"))})
    root = repository(FILES)
    done = lockgate("secrets", "scan", root, "--kingfisher-rules", tmp_path / "acme.yml", "--json", "-", cwd=tmp_path)
    (record,) = json.loads(done.stdout)["records"]
    assert {finding["rule"] for finding in record["findings"]} == {"secrets/acme-token"}
    assert not any("verified" in finding["properties"] for finding in record["findings"])
    assert not provider.log


def test_offline_contradicts(tmp_path: Path) -> None:
    done = lockgate("secrets", "verify", "--offline", cwd=tmp_path)
    assert done.returncode == 2
    assert "without a connection" in done.stderr


@pytest.mark.parametrize(
    ("text", "why"), [(None, "does not exist"), ("rules:\n  - name: x\n    id: y\n    pattern: '('\n", "Missing close")]
)
def test_rules_that_are_wrong(text: str | None, why: str, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n"} | ({"rules.yml": text} if text else {}))
    done = lockgate("secrets", "scan", "--kingfisher-rules", "rules.yml", cwd=tmp_path)
    assert done.returncode == 2
    assert why in done.stderr


def test_a_repository_names_no_rules(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[tool.lockgate]\nkingfisher-rules = ["rules.yml"]\n'})
    done = lockgate("secrets", "scan", cwd=tmp_path)
    assert done.returncode == 2
    assert "can't be set by the repository" in done.stderr
