"""A plug-in for pylint: `pylint --load-plugins=lockgate.lint`.

It runs inside of pylint, in whatever interpreter that runs, and so needs nothing but pylint and this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylint.lint import PyLinter


def register(linter: PyLinter) -> None:
    """Add a checker for each rule."""
    from lockgate.lint.catalogue import checkers

    for checker in checkers():
        linter.register_checker(checker(linter))
