"""The types of what lockfiles hold: none that is told in a message has a character that can't be shown.

No union may have two of them: msgspec 0.22 frees their patterns twice when the interpreter ends.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Name = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")]
Version = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9.!+_-]*\Z")]
Hash = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_]+:[A-Za-z0-9]+\Z")]
Text = Annotated[str, Meta(max_length=10_000, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*\Z")]
