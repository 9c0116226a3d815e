"""`go install`, `cargo install` and `gem install`.

What `go install PATH@VERSION` gets is compared with Go's checksum database, so a version says what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.checks.pins.arguments import Arguments, parsed
from lockgate.checks.pins.installs import Files, Install, Tier
from lockgate.inputs.shell import UNKNOWN, Command, Word
from lockgate.inputs.urls import shown as shown_url

NAMES = r"go|cargo|gem"

_GO_VALUED = frozenset(
    """
    -C -p -asmflags -buildmode -buildvcs -compiler -covermode -coverpkg -exec -gccgoflags -gcflags -installsuffix -ldflags
    -mod -modfile -o -overlay -pgo -pkgdir -tags -toolexec
    """.split()  # noqa: SIM905 - words read better so
)
_CARGO_VALUED = frozenset(
    """
    --version --vers --git --branch --tag --rev --path --root --index --registry --features -F --profile --target --target-dir
    --bin --example -j --jobs --config --color -Z -C --message-format
    """.split()  # noqa: SIM905 - words read better so
)
_GEM_VALUED = frozenset(
    """
    -v --version -i --install-dir -n --bindir -s --source -g --file -P --trust-policy -p --platform
    """.split()  # noqa: SIM905 - words read better so
)
_GO_VERSION = re.compile(r"v\d+\.\d+\.\d+(?:[-+].*)?|[0-9a-f]{12,40}")
_VERSION = re.compile(r"=?\s*\d+\.\d+\.\d+(?:[-+].*)?")
_GEM_VERSION = re.compile(r"=?\s*\d+(?:\.\w+)*")


def installs(command: Command, files: Files) -> Iterator[Install]:  # noqa: ARG001 - these read no requirements files
    """What these build of something that is fetched."""
    words = command.arguments
    while words and words[0].text.startswith("+"):  # cargo +nightly
        words = words[1:]
    action = words[0].text if words else ""
    if command.name == "go" and action in {"install", "get", "run"}:
        yield from _go(parsed(words[1:], _GO_VALUED, first=action == "run"), action)
    elif command.name == "cargo" and action in {"install", "binstall"}:
        yield from _cargo(parsed(words[1:], _CARGO_VALUED), action)
    elif command.name == "gem" and action == "install":
        yield from _gem(parsed(words[1:], _GEM_VALUED))


def _go(arguments: Arguments, action: str) -> Iterator[Install]:
    for word in arguments.operands[:1] if action == "run" else arguments.operands:
        name, at, version = word.text.partition("@")
        if at and word.known and version != "none":
            tier = Tier.HASH if _GO_VERSION.fullmatch(version) else Tier.NONE
            yield Install(f"go {action}", name, tier, word.at, f"Write {name}@vX.Y.Z, a whole version.")


def _cargo(arguments: Arguments, action: str) -> Iterator[Install]:
    if arguments.has("--path"):
        return
    addresses = arguments.values("--git")
    if addresses:
        revision = next(iter(arguments.values("--rev")), None)
        if revision is None or revision.known:
            firm = revision and re.fullmatch(r"[0-9a-f]{40}", revision.text)
            name = shown_url(addresses[0].text).replace(UNKNOWN, "…")
            fix = "Name the full commit SHA with --rev."
            yield Install(f"cargo {action}", name, Tier.HASH if firm else Tier.NONE, addresses[0].at, fix)
        return
    version = next(iter(arguments.values("--version", "--vers")), None)
    for word in arguments.operands:
        name, _, own = word.text.partition("@")
        yield from _versioned(word, name, own or (version.text if version else ""), _VERSION, f"cargo {action}")


def _gem(arguments: Arguments) -> Iterator[Install]:
    version = next(iter(arguments.values("-v", "--version")), None)
    for word in arguments.operands:
        name, _, own = word.text.partition(":")
        if not name.endswith(".gem"):
            yield from _versioned(word, name, own or (version.text if version else ""), _GEM_VERSION, "gem install")


def _versioned(word: Word, name: str, version: str, exact: re.Pattern[str], installer: str) -> Iterator[Install]:
    if UNKNOWN not in name and UNKNOWN not in version:
        tier = Tier.VERSION if exact.fullmatch(version) else Tier.NONE
        locked = " --locked" if installer.startswith("cargo") else ""
        yield Install(installer, name, tier, word.at, f"Name the version: {name} --version X.Y.Z{locked}.")
