"""What a run says of the engines that look for secrets."""

from __future__ import annotations

from msgspec import Struct


class EngineOptions(Struct, frozen=True, kw_only=True):
    """`engines` are the names of those that look; empty means all."""

    engines: tuple[str, ...] = ()
