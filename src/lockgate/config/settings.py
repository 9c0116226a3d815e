"""The settings of one run, and who may set them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from lockgate.model.engine_options import EngineOptions
from lockgate.model.finding import Confidence, Severity

MEBIBYTE = 1024 * 1024

# What decides whom to believe, what runs and where requests go: the scanned repository never sets these.
USER_ONLY = frozenset({"advisories", "detect-secrets-plugins", "kingfisher-rules", "offline", "python", "trust"})


# Bounded, because a hostile repository may set them: patterns are compiled, files are held in memory.
Patterns = Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=500)]
FileSize = Annotated[int, Meta(ge=1, le=1024 * MEBIBYTE)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What a run is to do.

    checks: the checks to run, in order; empty means all.
    exclude: gitignore-style patterns of files that no check examines.
    fail_on, min_confidence: findings at or over both make the verdict FAIL.
    incomplete: whether INCOMPLETE fails the gate; `auto` means where the variable CI is set.
    max_file_size: larger files are not read and leave the record incomplete; in bytes.
    baseline: the file that lists the secrets that are known; empty means none, None the one that is there.
    advisories: an OSV zip, a directory of OSV records or an index, to be used instead of the synced index.
    detect_secrets_plugins: files with plug-ins for detect-secrets that are added to its own, and are run.
    engines: the engines that look for secrets; empty means all.
    deep: look for secrets in archives, databases, compiled modules and the cells of notebooks, too.
    kingfisher_rules: files with rules for kingfisher, beside its own.
    offline: no check opens a connection.
    python: the interpreter in which pylint runs (empty means lockgate's own), and whose installed packages are audited.
    trust: obey what the repository's own configuration says of code to run (pylint's init-hook and load-plugins).
    sources: where each value that is no default came from.
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
    deep: bool = False
    kingfisher_rules: tuple[str, ...] = ()
    offline: bool = False
    python: str = ""
    trust: bool = False
    sources: dict[str, str] = {}

    @property
    def engine_options(self) -> EngineOptions:
        """What is said of the engines that look for secrets."""
        return EngineOptions(
            engines=self.engines,
            detect_secrets_plugins=self.detect_secrets_plugins,
            kingfisher_rules=self.kingfisher_rules,
            deep=self.deep,
        )
