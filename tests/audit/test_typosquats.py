"""Names that are one slip away from a popular one, and honest names that are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from lockgate.checks import audit
from lockgate.checks.audit.popular import known, meant
from lockgate.checks.audit.subject import judge
from lockgate.model.finding import Location, Severity
from lockgate.model.package import Origin, Package
from support import advisory, target, write, write_advisories


@pytest.mark.parametrize(
    ("name", "popular"),
    [
        ("reqeusts", "requests"),  # neighbours swapped
        ("request", "requests"),  # one too few
        ("numpyy", "numpy"),  # one too many
        ("nunpy", "numpy"),  # another one
        ("djago", "django"),
        ("urlib3", "urllib3"),
        ("colourama", "colorama"),
        ("pytorch-lightening", "pytorch-lightning"),
        ("python-dateutils", "python-dateutil"),
        ("jeilyfish", "jellyfish"),  # jeIlyfish, normalised
        ("nurnpy", "numpy"),  # looks alike
        ("pi11ow", "pillow"),
        ("pythondateutil", "python-dateutil"),  # separators left out
        ("googlecloudstorage", "google-cloud-storage"),
    ],
)
def test_a_name_one_slip_away_from_a_popular_one(name: str, popular: str) -> None:
    assert meant(name) == popular


@pytest.mark.parametrize(
    "name",
    [
        "requests",
        "sklearn",
        "beautifulsoup4",
        "boto",
        "yaml",
        "httpx2",
        "jinja",
        "pyasn",
        "psycopg3",
        "unicorn",
        "x",
        "",
    ],
)
def test_popular_short_numbered_and_known_names_are_none(name: str) -> None:
    assert meant(name) == ""


def test_no_name_of_the_list_is_taken_for_another() -> None:
    assert len(known()) > 2500
    assert [name for name in known() if meant(name)] == []


def test_a_direct_dependency_is_told_at_its_line_with_what_it_may_have_meant(tmp_path: Path) -> None:
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    text = "# ours\nReqeusts==2.32.0\ndjago>=5\nnunpy==1  # lockgate: allow[audit/typosquat]\nnumpy==1\n"
    root = tmp_path / "project"
    write(root, {"requirements.txt": text})
    result = audit.run(target(root, advisories=str(advisories), offline=True))
    found = [(f.rule, f.line, f.severity, f.properties["meant"]) for f in result.findings]
    assert found == [
        ("audit/typosquat", 2, Severity.LOW, "requests"),
        ("audit/typosquat", 3, Severity.LOW, "django"),
    ]
    assert result.findings[0].message == "reqeusts is one slip away from requests, which is much more popular"
    assert result.findings[0].fix == "If requests is meant, write that; if reqeusts is, allow the finding."
    assert result.findings[0].properties["version"] == "2.32.0"
    assert [rule.id for rule in result.rules] == ["audit/typosquat"]
    assert result.coverage.allowed == 1
    assert len({f.fingerprint for f in result.findings}) == 2


def test_it_is_told_without_any_source_of_advisories(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "reqeusts==2.32.0\n"})
    result = audit.run(target(tmp_path, offline=True))
    assert [finding.rule for finding in result.findings] == ["audit/typosquat"]
    assert result.gaps


@pytest.mark.parametrize(("direct", "told"), [(True, 1), (None, 1), (False, 0)])
def test_only_what_may_be_direct_and_comes_from_an_index_is_told(
    tmp_path: Path, direct: bool | None, told: int
) -> None:
    at = Location.of_line("uv.lock", 1, "name")
    package = Package(name="reqeusts", version="1.0", at=at, direct=direct)
    elsewhere = replace(package, origin=Origin.URL)
    assert len(judge((package, elsewhere), target(tmp_path)).findings) == told
