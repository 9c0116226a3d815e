"""Where installers are told to take packages from, in the files in which a repository says so.

Formats: https://pip.pypa.io/en/stable/topics/configuration/, https://docs.astral.sh/uv/reference/settings/,
https://python-poetry.org/docs/repositories/, https://pdm-project.org/en/latest/usage/config/,
https://pipenv.pypa.io/en/latest/indexes.html. Variables: https://pip.pypa.io/en/stable/topics/configuration/#environment-variables,
https://docs.astral.sh/uv/reference/environment/, https://docs.npmjs.com/cli/using-npm/config, https://nodejs.org/api/cli.html,
https://git-scm.com/docs/git, https://go.dev/ref/mod#environment-variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from lockgate.inputs.lockfiles.declared import Declared
from lockgate.inputs.requirement_lines import Parsed
from lockgate.inputs.toml_entries import Path
from lockgate.inputs.variables import Variable
from lockgate.model.finding import Location

PIP_NAMES = ("pip.conf", "pip.ini")
UV_NAME = "uv.toml"

_OPENS = re.compile(rb"(?:^|\s)(?:-i|-f|--extra-index-url|--index-url|--pypi-url|--trusted-host|--find-links)")
_LINE = re.compile(r"([A-Za-z][\w.-]*)[ \t]*[=:](.*)")
_COMMENT = re.compile(r"(?:^|\s)[#;]")  # pip takes one behind a value for a part of it, which names no index
_SOURCES = (("tool", "poetry", "source"), ("tool", "pdm", "source"), ("source",))


class Kind(StrEnum):
    """What a setting says.

    An index (or page of links), one beside others as pip understands it, a host whose certificate is not verified, how uv chooses among indexes,
    that certificates or hashes are not verified.
    """

    INDEX = "index"
    EXTRA = "extra"
    TRUSTED = "trusted"
    STRATEGY = "strategy"
    UNVERIFIED = "unverified"
    UNHASHED = "unhashed"


class Setting(Struct, frozen=True):
    """One value: the URL, host or word as written, which may hold a password; for what is switched off, the name of the setting."""

    kind: Kind
    value: str
    at: Location


_KINDS = {
    "index-url": Kind.INDEX,
    "find-links": Kind.INDEX,
    "extra-index-url": Kind.EXTRA,
    "trusted-host": Kind.TRUSTED,
}
# uv asks its indexes in order and takes a package from the first that has it.
_UV_KINDS = {
    "index-url": Kind.INDEX,
    "extra-index-url": Kind.INDEX,
    "find-links": Kind.INDEX,
    "allow-insecure-host": Kind.TRUSTED,
    "trusted-host": Kind.TRUSTED,
    "index-strategy": Kind.STRATEGY,
}
_UV_OPTIONS = _UV_KINDS | {"index": Kind.INDEX, "default-index": Kind.INDEX, "insecure-host": Kind.TRUSTED}
_OFF = re.compile("0|f|n|no|off|false", re.IGNORECASE)
_ON = re.compile("1|t|y|yes|on|true", re.IGNORECASE)
# What else switches a verification off or names an index: variables, and as TOOL:KEY what is configured by a command. The last is the value that does.
_SWITCHES = [
    (re.compile(name, re.IGNORECASE), kind, value)
    for name, kind, value in (
        (r"pip_require_hashes|pip:(?:.*\.)?require-hashes", Kind.UNHASHED, _OFF),
        (r"uv_no_verify_hashes|gonosumcheck", Kind.UNHASHED, _ON),
        (r"gosumdb", Kind.UNHASHED, re.compile("off")),
        (r"gonosumdb", Kind.UNHASHED, re.compile(r"\*")),
        (r"goinsecure", Kind.UNVERIFIED, re.compile(r"(?!localhost|127\.).+")),
        (r"goflags", Kind.UNVERIFIED, re.compile(r"(?:.*\s)?--?insecure(?:\s.*)?", re.DOTALL)),
        (r"git_ssl_no_verify", Kind.UNVERIFIED, re.compile(".+")),
        (r"git:http\.(?:.*\.)?sslverify", Kind.UNVERIFIED, _OFF),
        (r"node_tls_reject_unauthorized|pythonhttpsverify", Kind.UNVERIFIED, re.compile("0")),
        (r"npm_config_strict_ssl|yarn_(?:enable_)?strict_ssl", Kind.UNVERIFIED, _OFF),
        (r"(?:npm|pnpm|yarn):(?:strict-ssl|enablestrictssl)", Kind.UNVERIFIED, _OFF),
        (r"(?:conda|mamba|micromamba):ssl_verify|conda_ssl_verify", Kind.UNVERIFIED, _OFF),
        (r"pdm_pypi_verify_ssl|pdm:.*\.verify_ssl", Kind.UNVERIFIED, _OFF),
        (r"poetry:certificates\..+\.cert|poetry_certificates_.+_cert", Kind.UNVERIFIED, _OFF),
        (r"(?:npm_config_|(?:npm|pnpm|yarn):)registry", Kind.INDEX, re.compile(".+")),
        (r"pdm_pypi_url|pdm:.*\.url|pipenv_pypi_mirror|pipenv:pypi-mirror", Kind.INDEX, re.compile(".+")),
        (r"poetry:repositories\.[^.]+(?:\.url)?|poetry_repositories_.+_url", Kind.INDEX, re.compile(".+")),
    )
]
VARIABLES = (
    r"\b(?:PIP_|UV_|NODE_TLS_|NPM_CONFIG_|npm_config_|YARN_|GIT_SSL_|PYTHONHTTPS|CONDA_SSL|GO(?:NO)?SUM|GOINSECURE|GOFLAGS|"
    r"PDM_PYPI|PIPENV_PYPI|POETRY_(?:REPO|CERT))"
)
"""What stands in every file that sets one of the variables."""


def may_name(requirements: bytes) -> bool:
    """Whether a requirements file may have an option of these; it is worth to be parsed only then."""
    return bool(_OPENS.search(requirements))


def of_requirements(parsed: Parsed) -> Iterator[Setting]:
    """The options of a requirements file."""
    return (Setting(_KINDS[option.name], option.value, option.at) for option in parsed.indexes)


def of_pip(text: str, path: str) -> Iterator[Setting]:
    """The settings of a configuration of pip. A value may go on in indented lines; several stand apart by blanks."""
    kind: Kind | None = None
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip() or line.lstrip()[0] in "#;[":
            kind = kind if line[:1].isspace() else None
            continue
        value, entry = line, None if line[0].isspace() else _LINE.match(line)
        if not line[0].isspace():
            kind = _KINDS.get(entry[1].lower().replace("_", "-")) if entry else None
            value = entry[2] if entry else ""
        for word in _COMMENT.split(value, maxsplit=1)[0].split() if kind else ():
            column = line.rfind(word) + 1
            place = Location(path=path, line=number, column=column, end_line=number, end_column=column + len(word))
            yield Setting(kind or Kind.INDEX, word, place)


def of_variable(variable: Variable) -> Iterator[Setting]:
    """What an environment variable sets. One whose value begins with another variable is not known."""
    tool, _, option = variable.name.lower().replace("_", "-").partition("-")
    value = variable.value.strip("\"' \t\n")  # as of what is written into a file of variables
    if not value.startswith("$"):
        yield from of_option(tool, option, value, variable.at)
        yield from of_key(variable.name, value, variable.at)


def of_option(tool: str, name: str, value: str, at: Location) -> Iterator[Setting]:
    """What an option of pip or uv sets, named without dashes before it. A value may hold several, between blanks."""
    kind = {"pip": _KINDS, "uv": _UV_OPTIONS}.get(tool, {}).get(name)
    # A password may hold a blank, too.
    for each in re.split(r"(?<!\s)\s++(?=\S+://)", value) if kind else ():
        for word in each.split() if kind is Kind.TRUSTED else [each.strip()]:
            named = re.fullmatch(r"[\w.-]+=(.*)", word, re.DOTALL) if kind is Kind.INDEX else None
            if word:
                yield Setting(kind or Kind.INDEX, named[1] if named else word, at)


def of_key(name: str, value: str, at: Location) -> Iterator[Setting]:
    """What a variable or TOOL:KEY sets, where that is an index or switches a verification off."""
    for pattern, kind, wanted in _SWITCHES:
        if pattern.fullmatch(name) and wanted.fullmatch(value):
            yield Setting(kind, value if kind is Kind.INDEX else name.partition(":")[2] or name, at)


def of_toml(declared: Declared, uv: tuple[str, ...]) -> Iterator[Setting]:
    """The settings of uv, which are in the table `uv`, and the sources of Poetry, PDM and Pipenv."""
    for table in (uv, (*uv, "pip")):
        yield from _of_uv(declared, table)
    for path in _SOURCES:
        for at, source in _tables(declared, path):
            yield from _texts(declared, Kind.INDEX, (*at, "url"), source.get("url"))
            if source.get("verify_ssl") is False:
                yield Setting(Kind.UNVERIFIED, "verify_ssl = false", declared.at((*at, "verify_ssl")))


def _of_uv(declared: Declared, path: tuple[str, ...]) -> Iterator[Setting]:
    """The settings of uv."""
    for name, kind in _UV_KINDS.items():
        yield from _texts(declared, kind, (*path, name), declared.get(*path, name))
    for at, index in _tables(declared, (*path, "index")):
        yield from _texts(declared, Kind.INDEX, (*at, "url"), index.get("url"))
    for name, off in (("verify-hashes", False), ("no-verify-hashes", True)):
        if declared.get(*path, name) is off:
            yield Setting(Kind.UNHASHED, f"{name} = {str(off).lower()}", declared.at((*path, name)))


def _tables(declared: Declared, path: tuple[str, ...]) -> Iterator[tuple[Path, dict[str, Any]]]:
    value = declared.get(*path)
    for number, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, dict):
            yield (*path, number), each


def _texts(declared: Declared, kind: Kind, path: Path, value: Any) -> Iterator[Setting]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(declared, kind, (*path, number), each if isinstance(each, str) else None)
    elif isinstance(value, str):
        yield Setting(kind, value, declared.at(path))
