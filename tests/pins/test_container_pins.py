"""Container images and downloads of whole repositories: what is found, what must not be, and what is a gap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome, Record
from support import target, write

DIGEST = "sha256:" + "8c3a2b1f" * 8
Repository = Callable[..., Path]


def judge(repository: Repository, files: dict[str, str | bytes]) -> Record:
    return run_check("pins", target(repository(files)))


def pinned(record: Record) -> list[str]:
    assert record.outcome is Outcome.COMPLETE, record.reason
    return [str(finding.properties["pinned"]) for finding in record.findings]


def service(lines: str) -> dict[str, str | bytes]:
    return {"compose.yaml": f"services:\n  web:\n    {lines}\n"}


# The rows of the table of pin checks that are about containers: what must be found, and what must not.
MUST = {
    "tag": "FROM python:3.12",
    "no tag": "FROM python",
    "the default of an ARG": "ARG BASE=python:3.12\nFROM ${BASE}",
    "a default beside its use": "FROM ${BASE:-python:3.12}",
    "the base of the first stage": "FROM python:3.12 AS base\nFROM base",
    "a stage that is defined later": "FROM base\nFROM scratch AS base",
    "an image that files are copied from": "FROM scratch\nCOPY --from=python:3.12 /a /b",
    "an image that is mounted": "FROM scratch\nRUN --mount=type=bind,from=python:3.12,target=/x y",
    "with a platform": "FROM --platform=linux/amd64 python:3.12",
    "over lines": "FROM \\\n    # the base\n    python:3.12 \\\n    AS base",
    "behind a heredoc": "FROM scratch\nRUN <<EOF\nx\nEOF\nFROM python:3.12",
    "with another escape character": "# escape=`\nFROM `\n  python:3.12",
    "a Windows image": "# escape=`\nFROM mcr.example/windows:ltsc2022\nRUN dir C:\\\nFROM scratch",
}
MUST_NOT = {
    "digest": f"FROM python@{DIGEST}",
    "tag and digest": f"FROM python:3.12@{DIGEST}",
    "a stage": f"FROM python@{DIGEST} AS base\nFROM base AS other\nCOPY --from=base /a /b\nCOPY --from=other /a /b",
    "a stage in capitals": "FROM scratch AS Base\nFROM bASE",
    "the number of a stage": "FROM scratch\nFROM scratch\nCOPY --from=0 /a /b\nRUN --mount=from=1 x",
    "scratch": "FROM scratch",
    "the digest in an ARG": f"ARG BASE=python@{DIGEST}\nFROM ${{BASE}}",
    "the digest in a part": f"ARG DIGEST={DIGEST}\nFROM python:3.12@$DIGEST",
    "an ARG without default": "ARG BASE\nFROM ${BASE}",
    "a part without default": "ARG TAG\nFROM python:${TAG}",
    "a stage by variable": "ARG KIND=dev\nFROM scratch AS dev\nFROM $KIND",
    "a stage for each platform": "FROM scratch AS base-amd64\nFROM base-$TARGETARCH",
    "in a heredoc": "FROM scratch\nCOPY <<EOF /Dockerfile\nFROM python:3.12\nEOF",
    "in a comment": "FROM scratch\n# FROM python:3.12",
    "in a continued line": "FROM scratch\nRUN echo \\\nFROM python:3.12",
    "this machine": "FROM localhost/app:1\nFROM localhost:5000/app\nFROM 127.0.0.1:5000/app",
}


@pytest.mark.parametrize("text", MUST.values(), ids=MUST)
def test_an_image_that_must_be_found(repository: Repository, text: str) -> None:
    assert pinned(judge(repository, {"Dockerfile": text})) in (["python"], ["base"], ["mcr.example/windows"])


@pytest.mark.parametrize("text", MUST_NOT.values(), ids=MUST_NOT)
def test_an_image_that_must_not_be_found(repository: Repository, text: str) -> None:
    assert not pinned(judge(repository, {"Dockerfile": text}))


@pytest.mark.parametrize(
    "lines",
    [
        "image: python:3.12",
        "image: 'python:3.12'",
        "image: ${IMAGE:-python:3.12}",
        "image: python:${TAG:-3.12}",
        "image: &image python:3.12\n  other:\n    image: *image",
        "<<: {image: python:3.12}",
        "build:\n    image: python:3.12",
        "build: !reset null\n    image: python:3.12",
        "build:\n      context: .\n      additional_contexts:\n        base: docker-image://python:3.12",
        "build:\n      additional_contexts: ['base=docker-image://python:3.12']",
        "build:\n      dockerfile_inline: |\n        FROM python:3.12\n        RUN x",
        "build:\n      dockerfile_inline: FROM python:3.12",
    ],
)
def test_an_image_of_a_service_that_must_be_found(repository: Repository, lines: str) -> None:
    assert pinned(judge(repository, service(lines))) == ["python"]


@pytest.mark.parametrize(
    "lines",
    [
        f"image: python:3.12@{DIGEST}",
        "image: ${IMAGE}",
        "image: $IMAGE",
        "image: python:${TAG:?which}",
        "build: .\n    image: app:latest",
        "build: {context: .}\n    image: app:latest\n  worker:\n    image: app:latest",
        "image: app:latest\n    pull_policy: never",
        "image: localhost:5000/app",
        "image:",
        "build:\n      dockerfile_inline: |\n        FROM scratch AS a\n        FROM a",
        "build:\n      dockerfile_inline: |\n        ARG A\n        FROM $$A",
    ],
)
def test_an_image_of_a_service_that_must_not_be_found(repository: Repository, lines: str) -> None:
    assert not pinned(judge(repository, service(lines)))


def test_what_one_file_of_a_folder_builds_another_may_name(repository: Repository) -> None:
    files = {
        "a/docker-compose.yml": "services:\n  web:\n    build: .\n    image: app:1\n",
        "a/docker-compose.dev.yaml": "services:\n  web:\n    image: app:1\n",
        "b/compose.test.yml": "services:\n  web:\n    image: app:1\n",
    }
    record = judge(repository, files)
    assert [(finding.path, finding.line, finding.column) for finding in record.findings] == [
        ("b/compose.test.yml", 3, 12)
    ]
    assert record.coverage.examined == 3


@pytest.mark.parametrize(
    ("image", "severity", "confidence"),
    [
        ("FROM python:3.12", "medium", "high"),
        ("FROM python", "high", "high"),
        ("FROM registry.example:5000/python", "high", "high"),
        ("FROM python:latest", "high", "high"),
        ("FROM scratch\nCOPY --from=python a b", "high", "medium"),
        ("FROM scratch\nCOPY --from=python:3 a b", "medium", "high"),
        ("FROM scratch\nADD https://files.example/a /a", "medium", "high"),
        ("FROM scratch\nADD http://files.example/a /a", "high", "high"),
    ],
)
def test_how_bad_and_how_sure(repository: Repository, image: str, severity: str, confidence: str) -> None:
    (finding,) = judge(repository, {"Dockerfile": image}).findings
    assert (finding.severity, finding.confidence) == (severity, confidence)


def test_messages_name_the_image(repository: Repository) -> None:
    (tagged,) = judge(repository, {"Dockerfile": "FROM docker://a.example:5000/b/python:3.12"}).findings
    assert (
        tagged.message == "The image a.example:5000/b/python:3.12 is not pinned by digest: the tag '3.12' can be moved"
    )
    assert tagged.fix.startswith("Write a.example:5000/b/python:3.12@sha256:DIGEST")
    assert tagged.properties["pinned"] == "a.example:5000/b/python"


def test_the_places_of_a_dockerfile_in_a_compose_file(repository: Repository) -> None:
    inline = "build:\n      dockerfile_inline: |\n\n        FROM \\\n          python:3.12\n        ADD https://files.example/a /a\n"
    record = judge(repository, service(inline))
    assert [(finding.line, finding.column, finding.end_column) for finding in record.findings] == [
        (7, 11, 22),
        (8, 13, 36),
    ]


def test_comments_in_a_compose_file_allow(repository: Repository) -> None:
    allow = "# lockgate: allow[pins/unpinned-image] reviewed"
    text = f"services:\n  a:\n    image: a:1  {allow}\n  b:\n    {allow}\n    image: b:1\n  c:\n    image: c:1\n"
    record = judge(repository, {"compose.yml": text})
    assert pinned(record) == ["c"]
    assert record.coverage.allowed == 2


def test_no_login_of_an_address_is_told(repository: Repository) -> None:
    login = "user:" + "hunter" + "2"
    record = judge(repository, {"Dockerfile": f"FROM scratch\nADD https://{login}@files.example/a?key=x /a"})
    assert record.findings[0].message == "https://files.example/a is fetched without a checksum"
    assert login not in str(record)


def test_a_checksum_must_be_one(repository: Repository) -> None:
    text = "FROM scratch\nADD --checksum=md5:abc https://files.example/a /a\nADD --checksum=sha256:12 https://files.example/b /b\n"
    assert len(judge(repository, {"Dockerfile": text}).findings) == 2


def test_a_check_of_another_file_or_stage_verifies_nothing(repository: Repository) -> None:
    text = "FROM scratch\nADD https://files.example/a /x/\nRUN sha256sum -c b.sums\nFROM scratch\nRUN sha256sum -c a\n"
    assert pinned(judge(repository, {"Dockerfile": text})) == ["https://files.example/a"]


@pytest.mark.parametrize(
    ("name", "content", "subject", "reason"),
    [
        ("Dockerfile", b"FROM a\xff:1\n", "Dockerfile", "not UTF-8"),
        ("Dockerfile", "FROM scratch\nINSTALL x\n", "Dockerfile:2", "is no instruction"),
        ("Dockerfile", "FROM scratch\nRUN <<EOF\nx\n", "Dockerfile:2", "has a heredoc without an end"),
        ("Dockerfile", "FROM scratch\nRUN " + "a" * 2**20, "Dockerfile", "larger than 1024 KiB"),
        ("compose.yaml", b"services: \xff\n", "compose.yaml", "not UTF-8"),
        ("compose.yaml", "services: [\n", "compose.yaml:2", "not valid YAML"),
        ("compose.yaml", "services: [a]\n", "compose.yaml", "has no mapping of services"),
        ("docker-compose.yml", "web:\n  image: a\n", "docker-compose.yml", "has no services"),
        ("compose.yaml", "- a\n", "compose.yaml", "has no mapping of services"),
        ("compose.yaml", "services:\n  a: 7\n", "compose.yaml:2", "is no mapping of a service"),
        ("compose.yaml", "services:\n  a:\n    image: [b]\n", "compose.yaml:3", "is no name of an image"),
        ("compose.yaml", "a: " + "[" * 5000, "compose.yaml", "not valid YAML"),
        ("compose.yaml", "#" * 600_000, "compose.yaml", "larger than 512 KiB"),
        ("compose.yaml", "services: {a: {build: {dockerfile_inline: RUNN}}}", "compose.yaml:1", "is no instruction"),
    ],
)
def test_what_is_not_understood_is_a_gap(
    repository: Repository, name: str, content: str | bytes, subject: str, reason: str
) -> None:
    record = judge(repository, {name: content})
    assert record.outcome is Outcome.INCOMPLETE
    skip = record.coverage.skipped[0]
    assert (skip.subject, skip.gap) == (subject, True)
    assert skip.reason.startswith(reason)
    assert record.coverage.examined == 0


def test_a_template_is_named_and_not_examined(repository: Repository) -> None:
    record = judge(repository, {"Dockerfile.j2": "{% if a %}\nFROM a:1\n{% endif %}\n", "Dockerfile": "FROM scratch\n"})
    assert not pinned(record)
    assert [(skip.subject, skip.gap) for skip in record.coverage.skipped] == [("Dockerfile.j2", False)]
    assert record.coverage.examined == 1


def test_a_compose_file_without_services_is_examined(repository: Repository) -> None:
    record = judge(repository, {"compose.yaml": "volumes: {}\n", "docker-compose.override.yml": "services:\n  web:\n"})
    assert not pinned(record)
    assert record.coverage.examined == 2


def test_aliases_merges_duplicates_and_a_billion_laughs(repository: Repository) -> None:
    levels = ["x0: &x0 {image: laugh:1}\n"]
    levels += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 30)]
    text = f"""{"".join(levels)}
base: &base {{image: base:1}}
more: &more
  m: {{<<: *base, ports: []}}
services:
  <<: *more
  a: {{<<: *base, image: over:1}}
  b: {{image: twice:1, image: thrice:1}}
  c: *x0
  d: *x0
  e: &e {{<<: *e, image: self:1}}
"""
    record = judge(repository, {"compose.yaml": text})
    assert sorted(pinned(record)) == ["base", "laugh", "over", "self", "thrice"]


def test_one_dockerfile_behind_many_aliases_is_read_once(repository: Repository) -> None:
    build = f'x: &x {{dockerfile_inline: "{"RUNN a b c d e" * 10_000}"}}\n'
    services = "".join(f"  s{n}: {{build: *x}}\n" for n in range(8_000))
    record = judge(repository, {"compose.yaml": f"{build}services:\n{services}"})
    assert [skip.reason for skip in record.coverage.skipped] == ["is no instruction of a Dockerfile"]


def test_very_many_findings_in_one_line_are_told_in_bounded_time(repository: Repository) -> None:
    line = "RUN --mount=from=a" + ",from=a" * 50_000 + " " * 650_000
    assert len(judge(repository, {"Dockerfile": f"FROM scratch\n{line}x"}).findings) == 50_001


def test_links_are_not_followed(repository: Repository, tmp_path: Path) -> None:
    write(tmp_path, {"outside": "FROM python:3.12\n"})
    root = repository({"a.py": ""})
    for name in ("Dockerfile", "compose.yaml"):
        (root / name).symlink_to(tmp_path / "outside")
    record = run_check("pins", target(root))
    assert not record.findings
    assert {skip.subject: skip.gap for skip in record.coverage.skipped} == {"Dockerfile": True, "compose.yaml": True}
