"""What the package index says of what is pinned: each rule found and not found, and what could not be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from index_stub import SHA, file, project, serve
from pytest_httpserver import HTTPServer

from lockgate.checks import audit
from lockgate.checks.base import Result
from lockgate.checks.run import run_check
from lockgate.model.finding import Finding, Severity
from lockgate.model.record import Outcome
from support import advisory, lockgate, noise, target, write, write_advisories


@pytest.fixture(autouse=True)
def _own_cache(own_cache: Path) -> None:
    """No test reads the answers that another one had."""


def run(tmp_path: Path, requirements: str, *urls: str, **settings: object) -> Result:
    advisories = write_advisories(tmp_path / "osv", advisory(1, "elsewhere"))
    root = tmp_path / "project"
    write(root, {"requirements.txt": requirements})
    chosen = {"index_checks": True, "index_url": urls, "advisories": str(advisories), **settings}
    return audit.run(target(root, **chosen))


def only(result: Result) -> Finding:
    assert not result.gaps
    assert not [skip for skip in result.coverage.skipped if skip.gap]
    (finding,) = result.findings
    return finding


def test_a_yanked_version_is_told_with_its_reason(tmp_path: Path, httpserver: HTTPServer) -> None:
    wheel, archive = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
    url = serve(
        httpserver,
        project(
            "demo", file(wheel, yanked="broken  on\nWindows."), file(archive, yanked=True), file("demo-1.1.tar.gz")
        ),
        project("half", file("half-1.0-py3-none-any.whl", yanked=True), file("half-1.0.tar.gz")),
    )
    finding = only(run(tmp_path, "# pins\nDemo==1\ndemo==1.1\nhalf==1.0\n", url))
    assert (finding.rule, finding.line, finding.severity) == ("audit/yanked", 2, Severity.MEDIUM)
    assert finding.message == "demo 1 is yanked: broken on Windows"
    assert finding.properties == {"package": "demo", "version": "1", "reason": "broken on Windows"}


def test_a_version_that_is_yanked_without_a_reason(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz", yanked=True)))
    assert only(run(tmp_path, "demo==1.0\n", url)).message == "demo 1.0 is yanked"


def test_a_reason_that_is_too_long_is_told_by_its_length(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz", yanked="x" * 5000)))
    assert only(run(tmp_path, "demo==1.0\n", url)).message == "demo 1.0 is yanked: a text of 5,000 characters"


@pytest.mark.parametrize(
    ("status", "severity", "message"),
    [
        ("quarantined", Severity.CRITICAL, "demo is in quarantine at the package index: haunted"),
        ("archived", Severity.LOW, "demo is archived and will not be updated: haunted"),
        ("deprecated", Severity.LOW, "demo is deprecated: haunted"),
    ],
)
def test_the_status_of_a_project(
    tmp_path: Path, httpserver: HTTPServer, status: str, severity: Severity, message: str
) -> None:
    files = [] if status == "quarantined" else [file("demo-1.0.tar.gz")]
    marked = project("demo", *files, project_status={"status": status, "reason": "haunted"})
    url = serve(httpserver, marked, project("fine", file("fine-1.0.tar.gz"), project_status={"status": "active"}))
    finding = only(
        run(
            tmp_path,
            f"demo==1.0 --hash=sha256:{'cd' * 32}\nfine==1.0\n" * (status == "quarantined") or "demo==1.0\nfine==1.0\n",
            url,
        )
    )
    assert (finding.rule, finding.severity, finding.message) == (f"audit/{status}", severity, message)


def test_a_status_that_nobody_knows_is_none(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz"), project_status={"status": "sleepy"}))
    assert run(tmp_path, "demo==1.0\n", url).findings == ()


def test_a_pinned_hash_that_no_file_has(tmp_path: Path, httpserver: HTTPServer) -> None:
    files = (
        file("demo-1.0-py3-none-any.whl", "11" * 32),
        file("demo-1.0.tar.gz", "22" * 32),
        file("demo-2.0.tar.gz", "33" * 32),
    )
    url = serve(httpserver, project("demo", *files), project("odd", file("odd-setup.exe", "44" * 32), versions=["1.0"]))
    good = f"demo==1.0.0 --hash=sha256:{'11' * 32} --hash=sha256:{'22' * 32}\nodd==1.0 --hash=sha256:{'44' * 32}\ndemo==1.0\n"
    assert run(tmp_path, good, url).findings == ()
    bad = f"demo==1.0 --hash=sha256:{'11' * 32} --hash=sha256:{'33' * 32} --hash=sha256:{'55' * 32}\n"
    finding = only(run(tmp_path, bad, url))
    assert (finding.rule, finding.severity) == ("audit/unlisted-hash", Severity.HIGH)
    assert f"no file with the pinned hash sha256:{'33' * 32} and 1 other" in finding.message


def test_hashes_that_can_t_be_compared_are_a_gap(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz")))
    result = run(tmp_path, f"demo==1.0 --hash=sha512:{'aa' * 64}\n", url)
    assert result.findings == ()
    assert [skip.reason for skip in result.coverage.skipped if skip.gap] == [
        "demo 1.0: none of its hashes is of an algorithm that the package index has hashes of"
    ]
    both = f"demo==1.0 --hash=sha512:{'aa' * 64} --hash=sha256:{SHA}\n"
    assert not [skip for skip in run(tmp_path, both, url).coverage.skipped if skip.gap]


def test_a_project_and_a_version_that_the_index_does_not_have(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz"), versions=["1.0", "1.5"]))
    result = run(tmp_path, "Inven.ted==1.0\ndemo==9.9\ndemo==1.5\ndemo==1.0\n", url)
    found = {(finding.rule, finding.line, finding.severity) for finding in result.findings}
    assert found == {("audit/unknown-project", 1, Severity.HIGH), ("audit/unknown-version", 2, Severity.HIGH)}
    assert {request.path for request, _ in httpserver.log} == {"/simple/inven-ted/", "/simple/demo/"}


def test_a_project_is_unknown_only_if_no_index_has_it(tmp_path: Path, httpserver: HTTPServer) -> None:
    public = serve(httpserver, project("demo", file("demo-1.0.tar.gz")))
    private = serve(
        httpserver, project("ours", file("ours-1.0.tar.gz")), project("demo", file("demo-2.0.tar.gz")), base="/own"
    )
    assert run(tmp_path, "demo==1.0\ndemo==2.0\nours==1.0\n", public, private).findings == ()
    assert only(run(tmp_path, "nobodys==1.0\n", public, private)).rule == "audit/unknown-project"


def test_a_release_younger_than_the_cooldown(tmp_path: Path, httpserver: HTTPServer) -> None:
    def ago(**parts: int) -> str:
        return (datetime.now(UTC) - timedelta(**parts)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    url = serve(
        httpserver,
        project("new", file("new-1.0.tar.gz", uploaded=ago(hours=1))),
        project(
            "mid", file("mid-1.0.tar.gz", uploaded=ago(days=3)), file("mid-1.0-py3-none-any.whl", uploaded=ago(hours=1))
        ),
        project("old", file("old-1.0.tar.gz", uploaded=ago(days=8))),
        project("none", file("none-1.0.tar.gz", uploaded=None)),
    )
    pins = "new==1.0\nmid==1.0\nold==1.0\n"
    assert run(tmp_path, pins, url).findings == ()
    first, second = run(tmp_path, pins, url, cooldown=7).findings
    assert first.message == "new 1.0 was uploaded less than a day ago; cooldown wants 7 days"
    assert (second.message, second.severity) == (
        "mid 1.0 was uploaded 3 days ago; cooldown wants 7 days",
        Severity.HIGH,
    )
    assert second.fix == "Pin an older version of mid, or wait for 4 days."
    assert [finding.rule for finding in run(tmp_path, pins, url, cooldown=3).findings] == ["audit/young-release"]
    (gap,) = (skip for skip in run(tmp_path, "none==1.0\n", url, cooldown=7).coverage.skipped if skip.gap)
    assert "does not tell when it was uploaded" in gap.reason


def test_an_address_that_knows_no_project_at_all_is_a_wrong_one(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz")))
    wrong = run(tmp_path, "a==1\nb==1\ndemo==1.0\n", url.replace("simple", "wrong"))
    assert wrong.findings == ()
    assert "has none of 3 projects; is http" in wrong.gaps[0]
    assert len(run(tmp_path, "a==1\nb==1\ndemo==1.0\n", url).findings) == 2
    assert len(run(tmp_path, "a==1\nb==1\n", url).findings) == 2


def test_a_finding_is_allowed_on_its_line_and_keeps_its_name(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz", yanked=True)))
    allowed = run(tmp_path, "demo==1.0  # lockgate: allow[audit/yanked]\n", url)
    assert (allowed.findings, allowed.coverage.allowed) == ((), 1)
    before, after = only(run(tmp_path, "demo==1.0\n", url)), only(run(tmp_path, "# moved\ndemo==1.0\n", url))
    assert before.fingerprint == after.fingerprint != ""


def test_nothing_is_asked_unless_wanted(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver)
    assert run(tmp_path, "demo==1.0\n", url, index_checks=False).findings == ()
    assert httpserver.log == []


def test_what_is_wanted_and_may_not_be_asked_is_a_gap(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver)
    offline = run(tmp_path, "demo==1.0\n", url, offline=True)
    assert offline.gaps == ("the package index was not asked (index-checks): --offline opens no connection",)
    unasked = run(tmp_path, "demo==1.0\n", url, index_checks=False, cooldown=7)
    assert unasked.gaps == ("the age of releases (cooldown) is not known without index-checks",)
    assert httpserver.log == []


def test_only_pins_from_an_index_are_asked_and_each_project_once(tmp_path: Path, httpserver: HTTPServer) -> None:
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz"), file("demo-2.0.tar.gz")))
    text = "demo==1.0\ndemo==2.0\nopen>1\n./vendor/there-1.0.zip\nx @ https://index.example/x-1.0.zip\n-e ./y\n"
    result = run(tmp_path, text, url)
    assert [request.path for request, _ in httpserver.log] == ["/simple/demo/"]
    assert result.findings == ()
    assert f"package index: {url}" in result.coverage.notes


def test_an_index_that_fails_makes_the_record_incomplete(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/simple/demo/").respond_with_data("no", status=403)
    advisories = write_advisories(tmp_path / "osv", advisory(1, "elsewhere"))
    write(tmp_path / "project", {"requirements.txt": "demo==1.0\n"})
    url = httpserver.url_for("/simple")
    chosen = target(tmp_path / "project", index_checks=True, index_url=(url,), advisories=str(advisories))
    record = run_check("audit", chosen)
    assert (record.outcome, record.findings, record.coverage.examined) == (Outcome.INCOMPLETE, (), 1)
    assert "requirements.txt:1 (what the package index has of demo is not known" in record.reason
    assert "answered 403" in record.reason


def test_the_fault_of_one_index_is_a_gap_whatever_the_other_says(tmp_path: Path, httpserver: HTTPServer) -> None:
    good = serve(httpserver, project("demo", file("demo-1.0.tar.gz")))
    httpserver.expect_request("/own/demo/").respond_with_data("no", status=401)
    result = run(tmp_path, "demo==2.0\n", good, httpserver.url_for("/own"))
    assert result.findings == ()
    assert [skip.gap for skip in result.coverage.skipped] == [True]


@pytest.mark.parametrize("url", ["", "index.example/simple", "ftp://index.example/simple", "http://[::1", "https://"])
def test_an_address_that_is_none_is_a_gap(tmp_path: Path, url: str) -> None:
    result = run(tmp_path, "demo==1.0\n", url)
    assert len(result.gaps) == 1
    assert "the package index was not asked" in result.gaps[0]


def test_a_secret_in_what_an_index_says_is_masked(tmp_path: Path, httpserver: HTTPServer) -> None:
    word = "AKIA" + noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz", yanked=f"it has {word} in it")))
    finding = only(run(tmp_path, "demo==1.0\n", url))
    assert word not in str(finding)
    assert finding.message.startswith("demo 1.0 is yanked: it has ")


def test_the_command_line_tells_no_credentials_of_an_index(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/own/demo/").respond_with_data("no", status=401)
    url = serve(httpserver, project("demo", file("demo-1.0.tar.gz", yanked="broken")))
    advisories = write_advisories(tmp_path / "osv", advisory(1, "elsewhere"))
    write(tmp_path / "project", {"requirements.txt": "demo==1.0\n"})
    password = noise(20)
    environment = {
        "PIP_INDEX_URL": url.replace("http://", f"http://reader:{password}@"),
        "LOCKGATE_ADVISORIES": str(advisories),
    }
    for extra, code, said in (("", 0, "demo 1.0 is yanked: broken"), (httpserver.url_for("/own"), 3, "answered 401")):
        done = lockgate(
            "check", "audit", ".", "--index-checks", "--json", "report.json", "--sarif", "report.sarif",
            cwd=tmp_path / "project", env={**environment, "CI": "1", "PIP_EXTRA_INDEX_URL": extra},
        )  # fmt: skip
        reports = [(tmp_path / "project" / name).read_text() for name in ("report.json", "report.sarif")]
        told = "".join([done.stdout, done.stderr, *reports])
        assert (done.returncode, said in told) == (code, True), told
        assert password not in told
        assert "reader" not in told
