"""The reader of Dockerfiles: instructions, stages, variables, heredocs and the shell in RUN.

What is expected follows from https://docs.docker.com/reference/dockerfile/ and BuildKit's parser.
"""

from __future__ import annotations

import pytest

from lockgate.inputs.containers import build, interpolation
from lockgate.inputs.containers.build import Build
from lockgate.inputs.containers.interpolation import expand
from lockgate.inputs.text_places import Places


def read(text: str) -> Build:
    return build.of_text(text, "Dockerfile", Places(text, "Dockerfile").at)


def images(text: str) -> list[tuple[str, int, int]]:
    return [(image.name, image.at.line, image.at.column) for image in read(text).images]


def commands(text: str) -> list[tuple[str, int, int]]:
    return [tuple(command) for command in read(f"FROM scratch\n{text}").commands]


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile", "a/Dockerfile", "Dockerfile.dev", "dev.Dockerfile", "dev.dockerfile", "dockerfile", "Containerfile",
        "Containerfile.x", "a/x.Containerfile", "Dockerfile.j2",
    ],
)  # fmt: skip
def test_names(path: str) -> None:
    assert build.is_input(path)


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile.dockerignore",
        "dockerfile.py",
        "Dockerfiles",
        "dockerfiles/a.txt",
        "MyDockerfile",
        "Dockerfile/x",
        "",
    ],
)
def test_other_names(path: str) -> None:
    assert not build.is_input(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM python:3.12", [("python:3.12", 1, 6)]),
        ("# x\n  from\tpython:3.12  AS  base ", [("python:3.12", 2, 8)]),
        ("FROM --platform=$BUILDPLATFORM python:3.12 AS base\nFROM base\nFROM BASE AS c", [("python:3.12", 1, 32)]),
        ("FROM \\\n  # why\n\n  python:3.12 \\\n AS base", [("python:3.12", 4, 3)]),
        ("FROM pyth\\\non:3.12", [("python:3.12", 1, 6)]),
        ("# escape=`\nFROM `\r\n python:3.12`\r\n AS x\r\nRUN c:\\\nFROM x", [("python:3.12", 3, 2)]),
        ("# syntax=docker/dockerfile:1\n# Escape = `\nFROM `\n a:1", [("a:1", 4, 2)]),
        ("# comment\n# escape=`\nFROM a:1 \\\n AS b", [("a:1", 3, 6)]),  # a comment ends the directives
        ("RUN a \\\\\nFROM a:1", [("a:1", 2, 6)]),  # an escaped escape character continues nothing
        ("FROM a:1 AS b\nFROM b:1\nFROM 0", [("a:1", 1, 6), ("b:1", 2, 6)]),
        ("FROM later\nFROM scratch AS later", [("later", 1, 6)]),
        ("FROM scratch AS a\nCOPY --from=a x y\nCOPY --from=0 x y\nCOPY --chown=1 --from=b:1 x y", [("b:1", 4, 16)]),
        ("FROM scratch\nRUN --mount=type=bind,from=a:1,target=/x --network=none y", [("a:1", 2, 5)]),
        ("FROM scratch\nONBUILD COPY --from=a:1 x y", [("a:1", 2, 14)]),
        ("FROM scratch\nRUN <<E\nFROM no\nE\nFROM a:1", [("a:1", 5, 6)]),
        ("FROM scratch\nRUN 3<<-'E F' x <<G\nFROM no\n\t\tE F\nFROM no\nG\nFROM a:1", [("a:1", 7, 6)]),
        ('FROM scratch\nCOPY <<A <<"B" /x/\nFROM no\nA\n  B\nFROM no\nB\nFROM a:1', [("a:1", 8, 6)]),
        ("FROM scratch\nRUN echo $((1 << 2)) $(( (1) << 2 ))\nFROM a:1", [("a:1", 3, 6)]),
        ("FROM scratch\nRUN echo '<<E' \"<<E\" a<<E <<<E\nFROM a:1", [("a:1", 3, 6)]),
        ('FROM scratch\nRUN ["<<E"]\nENV a <<E\nFROM a:1', [("a:1", 4, 6)]),
    ],
)  # fmt: skip
def test_images(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert images(text) == expected
    assert not read(text).skipped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG BASE=python:3.12\nFROM ${BASE}", ["python:3.12"]),
        ("ARG BASE=python\nARG TAG=3.12\nARG IMAGE=$BASE:${TAG}\nFROM $IMAGE", ["python:3.12"]),
        ("ARG BASE\nFROM ${BASE}", []),
        ("FROM ${BASE}", []),
        ("FROM python:${TAG}", []),
        ("FROM python:${TAG:-3.12}", ["python:3.12"]),
        ("ARG TAG\nFROM python:${TAG-3.12}", ["python:3.12"]),
        ("ARG TAG=\nFROM python:a${TAG-b}c${TAG:-d}", ["python:acd"]),
        ("ARG TAG=3\nFROM python:1${TAG:+.2}${NONE:+.3}", ["python:1.2"]),
        ("FROM ${A:-${B:-python:3.12}}", ["python:3.12"]),
        ('ARG A=\'a:1\' B="b:2"\nFROM $A\nFROM "$B"', ["a:1", "b:2"]),
        ("ARG A=a:1\nFROM ${A#a}\nFROM ${A\nFROM $", []),
        ("ARG S=build\nFROM a:1 AS build\nFROM $S\nFROM build-$TARGETARCH", ["a:1"]),
        ("FROM a:1\nARG B=b:1\nFROM $B", ["a:1"]),  # that of a stage is not known to FROM
        ("ARG A=$NONE\nFROM ${A:-a:1}", []),
        ("ARG A=" + "a" * 900 + "\nARG B=$A$A\nFROM $B", []),
    ],
)
def test_variables(text: str, expected: list[str]) -> None:
    assert [image.name for image in read(text).images] == expected


def test_defaults_within_defaults_have_a_bound() -> None:
    deep = 200
    assert expand("${a:-" * deep + "x" + "}" * deep, {}, interpolation.COMPOSE) is None
    assert expand("${a:-" * 9 + "x" + "}" * 9, {}, interpolation.COMPOSE) == "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN pip install a", [(" pip install a", 2, 4)]),
        ("RUN --mount=type=cache,target=/c --network=none pip install a", [(" pip install a", 2, 48)]),
        ("RUN a \\\n  # why\n\n  && b", [(" a \\\n\\\n\\\n  && b", 2, 4)]),
        ("ONBUILD RUN a", [(" a", 2, 12)]),
        ('RUN ["pip", "install", "a"]', [('  "pip"  "install"  "a" ', 2, 4)]),
        ("RUN <<E\npip install a\nE", [("pip install a", 3, 1)]),
        ("RUN <<E\n#!/bin/bash -e\na\nE", [("#!/bin/bash -e\na", 3, 1)]),
        ("RUN <<E\n#!/usr/bin/env python3\na\nE", []),
        ("RUN bash <<E && b\na\nE", [(" bash <<E && b\na\nE", 2, 4)]),
        ('SHELL ["powershell", "-c"]\nRUN a\nSHELL ["/bin/bash", "-c"]\nRUN b', [(" b", 5, 4)]),
        ('SHELL ["cmd"]\nRUN a\nFROM scratch\nRUN b', [(" b", 5, 4)]),
        ("CMD a\nENTRYPOINT b\nHEALTHCHECK CMD c", []),
    ],
)
def test_commands(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert commands(text) == expected


def test_a_continued_onbuild_keeps_its_lines() -> None:
    (command,) = commands("ONBUILD \\\n  RUN a \\\n  b")
    assert command == (" a \\\n  b", 3, 6)


@pytest.mark.parametrize(
    ("text", "subject", "reason"),
    [
        ("FROM a\nRUNN x\nx\n", "Dockerfile:2", "is no instruction of a Dockerfile (1 more such lines follow)"),
        ("FROM a\nRUN <<E\nx\n", "Dockerfile:2", "has a heredoc without an end"),
        ("FROM a # x\n", "Dockerfile:1", "names not one image and at most one stage"),
        ("FROM\n", "Dockerfile:1", "names not one image and at most one stage"),
        ("FROM a\nRUN " + "a" * 2**20, "Dockerfile", "larger than 1024 KiB"),
    ],
)
def test_what_is_not_understood_is_a_gap(text: str, subject: str, reason: str) -> None:
    found = [skip for skip in read(text).skipped if skip.subject == subject]
    assert [(skip.reason, skip.gap) for skip in found][:1] == [(reason, True)]


def test_a_part_of_a_dockerfile_is_no_gap() -> None:
    part = read("# for all\nCOPY --from=a:1 x y\n")
    assert [image.name for image in part.images] == ["a:1"]
    assert not part.skipped


def test_what_follows_a_torn_heredoc_is_read() -> None:
    assert images("FROM scratch\nRUN <<E\nx\nFROM a:1") == [("a:1", 4, 6)]


# Each took minutes, or the memory of a machine, if it were not read in one go.
@pytest.mark.parametrize(
    "text",
    [
        "RUN " + "a " * 500_000,
        "RUN a \\\n" * 120_000,
        "ENV " + "a=b " * 200_000,
        "FROM " + "${a:-" * 200_000,
        "FROM \\\n" + "\\\n" * 400_000,
        "RUN <<" + "'" * 999_999,
        "RUN " + "<< " * 300_000,
        "A\nB\n" + "RUN <<A <<C\n" * 30_000 + "A\n",
        "ARG a=" + "a" * 1000 + "\n" + "ARG a=$a$a\n" * 30_000,
        "ADD [" + '"a",' * 200_000,
        "ADD " + '"' * 1_000_000,
        " " * 1_000_000,
        "# escape =" + " " * 1_000_000,
        "RUN sha256sum " * 70_000,
        "RUN << " + "$((" * 300_000,
        "RUN << " + "$((" + "(" * 900_000,
        "RUN << " + "$(( (" * 200_000,
    ],
    ids=range(17),
)
def test_a_megabyte_is_read_in_bounded_time(text: str) -> None:
    assert not read(text).images
