"""Poetry's constraints: the examples of its documentation."""

from __future__ import annotations

import pytest

from lockgate.inputs.lockfiles.poetry_constraints import python_marker, specifier


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        # https://python-poetry.org/docs/dependency-specification/: caret, tilde, wildcard, inequality, multiple, exact
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1.2", ">=1.2,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.*", "==1.*"),
        ("1.2.*", "==1.2.*"),
        (">= 1.2.0", ">=1.2.0"),
        ("> 1", ">1"),
        ("< 2", "<2"),
        ("!= 1.2.3", "!=1.2.3"),
        (">= 1.2, < 1.5", ">=1.2,<1.5"),
        ("==1.2.3", "==1.2.3"),
        ("1.2.3", "==1.2.3"),
        ("~=1.4.2", "~=1.4.2"),
        # and what else it reads
        ("", ""),
        ("=1.2", "==1.2"),
        ("<>1.2", "!=1.2"),
        (">=1.2 <2.0,!=1.5", ">=1.2,<2.0,!=1.5"),
        (">=1.2<2", ">=1.2,<2"),
        ("^1.0b1", ">=1.0b1,<2"),
        ("v1.2", "==1.2"),
        ("^1.0 || ^2.0", None),
        ("1.0|2.0", None),
        ("1.2 1.3", "==1.2,==1.3"),
        ("1.*2", None),
        ("latest", None),
        ("^", None),
        (">*", None),
        ("^1.*", None),
        ("1" * 2000, None),
    ],
)
def test_a_constraint_as_a_specifier(constraint: str, expected: str | None) -> None:
    assert specifier(constraint) == expected


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("<3.12", "python_version < '3.12'"),
        ("^3.11", ""),  # its upper bound has no minor version
        (">=3.9,<3.12", "python_version >= '3.9' and python_version < '3.12'"),
        ("~3.11", "python_version >= '3.11' and python_version < '3.12'"),
        (">=3.9.1", ""),  # python_version has two parts
        ("*", ""),
    ],
)
def test_a_constraint_on_python_as_a_marker(constraint: str, expected: str) -> None:
    assert python_marker(constraint) == expected
