"""What a run says of the engines that look for secrets."""

from __future__ import annotations

from msgspec import Struct


class EngineOptions(Struct, frozen=True, kw_only=True):
    """How the engines are to look. It is hashable, and its values are plain, because it goes to other processes.

    engines: the names of those that look; empty means all.
    detect_secrets: the settings of detect-secrets as JSON, `plugins_used` and `filters_used` as in its own documents,
    the latter with every filter that is in force; empty means its defaults.
    detect_secrets_plugins: files with plug-ins for it that are added.
    kingfisher_rules: files with rules for kingfisher that are added.
    verify: ask the providers whether what was found is active, through kingfisher; `internal`: also at private addresses.
    deep: look into archives and whatever else kingfisher can open.
    """

    engines: tuple[str, ...] = ()
    detect_secrets: str = ""
    detect_secrets_plugins: tuple[str, ...] = ()
    kingfisher_rules: tuple[str, ...] = ()
    verify: bool = False
    internal: bool = False
    deep: bool = False
