"""Poetry's version constraints as specifiers by PEP 440.

Source: https://python-poetry.org/docs/dependency-specification/#version-constraints.
"""

from __future__ import annotations

import re

LONGEST = 1_000  # characters

_CLAUSE = re.compile(
    r"\s*(?:(\^|~=|~|={1,3}|!=|<>|>=|<=|>|<)\s*)?(v?\d(?:[^\s,|<>=!~^*.]|\.(?!\*))*+(?:\.\*)?|\*)"
    r"\s*(?:,\s*|(?=[<>=!~^])|(?<=\s)(?=\d)|$)"
)
_SAME = {None: "==", "=": "==", "<>": "!="}


def specifier(constraint: str) -> str | None:
    """The specifier that allows the same versions ("" allows all), or None where there is none or it is not understood."""
    if len(constraint) > LONGEST:
        return None
    clauses: list[str] = []
    end = 0
    while end < len(constraint.rstrip()):
        clause = _CLAUSE.match(constraint, end)
        made = _specifier(clause[1], clause[2].removeprefix("v")) if clause else None
        if not clause or made is None:
            return None
        clauses += [made] if made else []
        end = clause.end()
    joined = ",".join(clauses)
    return joined if is_valid(joined) else None


def python_marker(constraint: str) -> str:
    """The marker that a constraint on `python` is; empty where it can't be told."""
    clauses = (specifier(constraint) or "").split(",")
    matches = [re.fullmatch(r"(~=|[!=]=|[<>]=?)(\d+\.\d+(?:\.\*)?)", clause) for clause in clauses]
    return " and ".join(f"python_version {m[1]} '{m[2]}'" for m in matches if m) if all(matches) else ""


def _specifier(operator: str | None, version: str) -> str | None:
    if version == "*":
        return "" if operator in (None, "=", "==") else None
    if operator in ("^", "~"):
        return _below(operator, version)
    return f"{_SAME.get(operator, operator)}{version}"


def _below(operator: str, version: str) -> str | None:
    """`^` lets all change after the first part that is not zero, `~` after the second one."""
    from packaging.version import InvalidVersion, Version

    try:
        release = Version(version).release
    except InvalidVersion:
        return None
    kept = min(1, len(release) - 1)
    if operator == "^":
        kept = next((number for number, part in enumerate(release) if part), len(release) - 1)
    above = ".".join(map(str, (*release[:kept], release[kept] + 1)))
    return f">={version},<{above}"


def is_valid(text: str) -> bool:
    """Whether a text is a specifier by PEP 440 that can stand in a line of requirements."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except (InvalidSpecifier, ValueError):
        return False
    return text.isprintable() and "\\" not in text
