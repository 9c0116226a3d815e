"""pip, asked for the package index that it takes when nobody names one."""

from __future__ import annotations

from lockgate.model.errors import UnavailableError


def default_index() -> str:
    """The address of that index's simple API. Raises UnavailableError where this pip does not tell."""
    try:
        from pip._internal.models.index import PyPI
    except ImportError:
        raise UnavailableError("pip does not tell its default package index; name one with index-url") from None
    return str(PyPI.simple_url)
