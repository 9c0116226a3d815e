"""The settings of one run, and who may set them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from lockgate.model.engine_options import EngineOptions
from lockgate.model.finding import Confidence, Severity

MEBIBYTE = 1024 * 1024

# What decides whom to believe, what runs and where requests go: the scanned repository never sets these.
USER_ONLY = frozenset(
    {
        "advisories",
        "detect-secrets-plugins",
        "forge",
        "index-checks",
        "index-url",
        "kingfisher-rules",
        "max-age",
        "offline",
        "online",
        "online-hosts",
        "osv-api",
        "osv-export",
        "python",
        "resolve",
        "trust",
    }
)


OSV_API = "https://api.osv.dev"
FORGE = "https://github.com"
SERVICES = ("osv-api", "pip-audit", "pip-audit:osv")  # what `advisories` may name instead of a place

# Bounded, because a hostile repository may set them: patterns are compiled, files are held in memory.
Patterns = Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=500)]
FileSize = Annotated[int, Meta(ge=1, le=1024 * MEBIBYTE)]
Duration = Annotated[str, Meta(pattern="^([1-9][0-9]{0,3}[hd])?$")]
Days = Annotated[int, Meta(ge=0, le=3650)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What a run is to do.

    checks: the checks to run, in order; empty means all.
    exclude: gitignore-style patterns of files that no check examines.
    fail_on, min_confidence: findings at or over both make the verdict FAIL.
    incomplete: whether INCOMPLETE fails the gate; `auto` means where the variable CI is set.
    max_file_size: larger files are not read and leave the record incomplete; in bytes.
    baseline: the file that lists the secrets that are known; empty means none, None the one that is there.
    advisories: an OSV zip, a directory of OSV records or an index, to be used instead of the synced index; or
        one of SERVICES, whose answer then counts.
    detect_secrets_plugins: files with plug-ins for detect-secrets that are added to its own, and are run.
    engines: the engines that look for secrets; empty means all.
    index_checks: ask the package indexes of the projects whose packages are pinned.
    index_url: these indexes, by the address of their simple API, the main one first; `default` is the one that pip asks
        when it is told none, and so is none at all.
    online: `lockgate fix` asks the forge, image registries, repositories of hooks and package indexes what pins stand for.
    online_hosts: hosts (with or without a port) that it asks although they may be of a private network: addresses of the
        Internet Protocol, `localhost`, names without a dot.
    forge: the address of the server that has the actions of workflows.
    cooldown: for so many days after its upload a release is too young; 0 means that none is.
    deep: look for secrets in archives, databases, compiled modules and the cells of notebooks, too.
    kingfisher_rules: files with rules for kingfisher, beside its own.
    max_age: how old the synced advisories may be (24h, 7d); empty means a day, and a week where `offline`.
    offline: no check opens a connection.
    osv_api: the base URL of a server that speaks OSV's API.
    osv_export: an OSV zip, by URL or path, from which advisories are synced; empty means where they came from, else OSV's.
    resolve: let uv find the versions that requirements get which no lock tells; by wheels only, so that no code runs.
    python: the interpreter in which pylint runs (empty means lockgate's own), and whose installed packages are audited.
    trust: obey what the repository's own configuration says of code to run (pylint's init-hook and load-plugins).
    sources: where each value that is no default came from.
    replaced: the values of the user's own file in whose place those of the repository count.
    """

    checks: tuple[str, ...] = ()
    exclude: Patterns = ()
    fail_on: Severity = Severity.HIGH
    min_confidence: Confidence = Confidence.MEDIUM
    incomplete: Literal["auto", "fail", "warn"] = "auto"
    max_file_size: FileSize = 32 * MEBIBYTE
    baseline: str | None = None
    advisories: str = ""
    detect_secrets_plugins: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    index_checks: bool = False
    index_url: tuple[str, ...] = ()
    cooldown: Days = 0
    deep: bool = False
    kingfisher_rules: tuple[str, ...] = ()
    max_age: Duration = ""
    offline: bool = False
    online: bool = False
    online_hosts: tuple[str, ...] = ()
    forge: str = FORGE
    osv_api: str = OSV_API
    osv_export: str = ""
    resolve: bool = False
    python: str = ""
    trust: bool = False
    sources: dict[str, str] = {}
    replaced: tuple[str, ...] = ()

    @property
    def oldest_advisories(self) -> timedelta:
        """How long ago the synced advisories may have been checked with their source."""
        return duration(self.max_age or ("7d" if self.offline else "24h"))

    @property
    def engine_options(self) -> EngineOptions:
        """What is said of the engines that look for secrets."""
        return EngineOptions(
            engines=self.engines,
            detect_secrets_plugins=self.detect_secrets_plugins,
            kingfisher_rules=self.kingfisher_rules,
            deep=self.deep,
        )


def duration(text: str) -> timedelta:
    """The time that hours (`24h`) or days (`7d`) are."""
    number = int(text[:-1])
    return timedelta(hours=number) if text.endswith("h") else timedelta(days=number)
