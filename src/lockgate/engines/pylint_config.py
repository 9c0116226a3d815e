"""A project's own pylint configuration, of which only what is data is obeyed.

pylint runs what some options name: `init-hook` and `evaluation` are Python code, `load-plugins`, `output-format` and the
`extension-pkg` options name modules to import, the graph and spelling options name files to write. So an option is
obeyed only where it is known to be data.
"""

from __future__ import annotations

import configparser
import json
from typing import Any

from msgspec import Struct

from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip
from lockgate.model.toml import TomlError, parse

# Where pylint looks, in its order, and takes the first that is there and is about pylint.
NAMES = ("pylintrc", "pylintrc.toml", ".pylintrc", ".pylintrc.toml", "pyproject.toml", "setup.cfg", "tox.ini")
_SHARED = ("setup.cfg", "tox.ini")

DATA = frozenset(
    """
    additional-builtins allow-any-import-level allow-global-unused-variables allow-reexport-from-package
    allow-wildcard-with-all allowed-redefined-builtins analyse-fallback-blocks argument-naming-style argument-rgx
    attr-naming-style attr-rgx bad-names bad-names-rgxs black_list black_list_re callbacks check-fixme-in-docstring
    check-protected-access-in-special-methods check-quote-consistency check-str-concat-over-line-jumps
    class-attribute-naming-style class-attribute-rgx class-const-naming-style class-const-rgx class-naming-style
    class-rgx const-naming-style const-rgx contextmanager-decorators defining-attr-methods
    deprecated-modules disable docstring-min-length dummy-variables-rgx enable exclude-protected
    exclude-too-few-public-methods expected-line-ending-format function-naming-style function-rgx generated-members
    good-names good-names-rgxs ignore ignore-comments ignore-docstrings ignore-imports ignore-long-lines
    ignore-mixin-members ignore-none ignore-on-opaque-inference ignore-paths ignore-patterns
    ignore-pattern-in-long-lines ignore-signatures ignored-argument-names ignored-checks-for-mixins ignored-classes
    ignored-modules ignored-parents include-naming-hint indent-after-paren indent-string init-import
    inlinevar-naming-style inlinevar-rgx known-first-party known-side-effects-only-functions known-standard-library
    known-third-party limit-inference-results logging-format-style logging-modules max-args max-attributes
    max-bool-expr max-branches max-line-length max-locals max-module-lines max-nested-blocks max-parents
    max-positional-arguments max-public-methods max-returns max-spelling-suggestions max-statements method-naming-style method-rgx
    min-public-methods min-similarity-lines missing-member-hint missing-member-hint-distance
    missing-member-max-choices mixin-class-rgx module-naming-style module-rgx name-group never-returning-functions
    no-docstring-rgx notes notes-rgx overgeneral-exceptions paramspec-rgx preferred-modules prefer-stubs
    property-classes py-version redefining-builtins-modules signature-mutators single-line-class-stmt
    single-line-if-stmt spelling-ignore-comment-directives suggest-join-with-non-empty-separator suggestion-mode timeout-methods typealias-rgx
    typevar-rgx typevartuple-rgx valid-classmethod-first-arg valid-metaclass-classmethod-first-arg
    variable-naming-style variable-rgx
    """.split()  # noqa: SIM905 - a hundred words read better so
)
# What is about how pylint runs and prints, and how sure what it prints must be; we decide that, so leaving it out is not worth a word.
_OURS = frozenset(
    """
    clear-cache-post-run confidence evaluation exit-zero fail-on fail-under files from-stdin jobs msg-template output-format persistent
    recursive reports score
    """.split()  # noqa: SIM905
)
# pylint leaves out some names by itself; what nobody asked to leave out is linted.
_NO_DEFAULTS = {"ignore": "", "ignore-patterns": ""}
_PLUG_IN = "lockgate.lint"


class Configuration(Struct, frozen=True):
    """What the project says to pylint: the `options` that are data, and the names of those that are `refused`.

    `path` is the file, empty where there is none; `content` is all of it, for a user who trusts it. `python` are the versions that
    the project supports.
    """

    path: str = ""
    content: bytes = b""
    options: dict[str, str] = {}
    refused: tuple[str, ...] = ()
    python: str = ""

    @property
    def asked(self) -> list[str]:
        """The messages and categories that the project enables by name."""
        return [name for name in _listed(self.options.get("enable", "")) if name != "all"]

    @property
    def toml(self) -> str:
        """The options that are data, as a pylintrc.toml in which no file is left out by default."""
        options = _NO_DEFAULTS | self.options
        lines = (f"{_quoted(name)} = {_quoted(value)}\n" for name, value in options.items())
        return "".join(("[tool.pylint.main]\n", *lines))


def find(tree: Tree) -> Configuration | Skip:
    """The configuration that pylint would find in the root of the tree, or why it can't be read."""
    present = set(tree.files)
    for name in NAMES:
        if name not in present:
            continue
        content = tree.read(name)
        if isinstance(content, Skip):
            return content
        try:
            options = _parse(name, content.decode("utf-8-sig"))
        except (configparser.Error, TomlError, UnicodeDecodeError) as error:
            return Skip(name, f"pylint's configuration can't be read ({_said(error)})", gap=True)
        if options is not None:
            return _sifted(name, content, options)
    return Configuration()


def _sifted(path: str, content: bytes, options: dict[str, str]) -> Configuration:
    given = {name: value for name, value in options.items() if not _is_ours(name, value)}
    data = {name: value.replace("%%", "%") for name, value in given.items() if _is_data(name, value)}
    return Configuration(path, content, data, tuple(sorted(set(given) - set(data))))


def _is_ours(name: str, value: str) -> bool:
    """Whether an option says nothing that is not done anyway, as that our own plug-in is loaded."""
    own_plug_in = name == "load-plugins" and _listed(value) == [_PLUG_IN]
    return name in _OURS or own_plug_in or value in ("", "no", "False")


def _is_data(name: str, value: str) -> bool:
    if name == "source-roots":
        return not any(
            folder.startswith(("/", "\\", "~", "$")) or ":" in folder or ".." in folder for folder in _listed(value)
        )
    # pylint expands `%(name)s` without a bound on the size.
    return name in DATA and "%(" not in value


def _listed(value: str) -> list[str]:
    """The items of a value that is a list."""
    items = (item.strip() for item in value.replace("\n", ",").split(","))
    return [item for item in items if item]


def _parse(name: str, text: str) -> dict[str, str] | None:
    """The options of a file, None where it has none for pylint."""
    return _toml(text) if name.endswith(".toml") else _ini(name, text)


def _toml(text: str) -> dict[str, str] | None:
    table = parse(text).get("tool", {})
    if not isinstance(table, dict) or not isinstance(table.get("pylint"), dict):
        return None
    options: dict[str, str] = {}
    for name, value in table["pylint"].items():
        options |= (
            {key: _plain(inner) for key, inner in value.items()} if isinstance(value, dict) else {name: _plain(value)}
        )
    return options


def _plain(value: Any) -> str:
    """A TOML value as pylint writes it on its command line."""
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    if isinstance(value, dict):
        return ",".join(f"{key}:{inner}" for key, inner in value.items())
    return str(value)


def _ini(name: str, text: str) -> dict[str, str] | None:
    # [DEFAULT] is read as any other section and applied once: configparser would copy it into each of them.
    parser = configparser.ConfigParser(inline_comment_prefixes=("#", ";"), interpolation=None, default_section="")
    parser.read_string(text)
    default = dict(parser["DEFAULT"]) if parser.has_section("DEFAULT") else {}
    sections = [
        section
        for section in parser.sections()
        if section != "DEFAULT" and (name not in _SHARED or section.startswith("pylint"))
    ]
    if not sections:
        return None if name in _SHARED else {}
    own = {option: value for section in sections for option, value in parser[section].items()}
    return own | {option: value for option, value in default.items() if option not in parser[sections[-1]]}


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _said(error: Exception) -> str:
    """What is wrong in one line, without the text of the file."""
    line = getattr(error, "lineno", None)
    if isinstance(error, TomlError):
        return str(error)
    return f"line {line}" if line else type(error).__name__
