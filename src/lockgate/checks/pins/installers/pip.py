"""`pip install`, `uv pip install` and `uv pip sync`. Options: https://pip.pypa.io/en/stable/cli/pip_install/, https://docs.astral.sh/uv/reference/cli/."""

from __future__ import annotations

from collections.abc import Iterator

from lockgate.checks.pins.arguments import parsed
from lockgate.checks.pins.installs import Files, Install, Tier, of_python
from lockgate.inputs.shell import Command, Word
from lockgate.model.package import normalised

NAMES = r"pip[\d.]*|uv"

VALUED = frozenset(
    """
    -r --requirement --requirements -c --constraint --constraints -e --editable -t --target -i --index-url --pypi-url
    --extra-index-url --index --default-index -f --find-links --platform --python-version --python-platform --implementation
    --abi --root --prefix --src --upgrade-strategy --global-option --config-settings --config-setting -C --progress-bar
    --root-user-action --report --no-binary --only-binary --cache-dir --trusted-host --allow-insecure-host --cert --client-cert
    --proxy --retries --timeout --exists-action --log --python -p --use-feature --use-deprecated --keyring-provider --extra
    --group --resolution --prerelease --exclude-newer --override --overrides -b --build-constraint --build-constraints
    --refresh-package --reinstall-package --upgrade-package -P --link-mode --torch-backend --directory --project
    --config-file --color --no-build-package --no-binary-package --no-build-isolation-package --index-strategy --fork-strategy
    --exclude-newer-package --hash -d --dest -w --wheel-dir --uploaded-prior-to
    """.split()  # noqa: SIM905 - words read better so
)
_GLOBAL = frozenset(
    {"--python", "--log", "--proxy", "--retries", "--timeout", "--cache-dir", "--directory", "--project"}
)
_INSTALLING = frozenset({"install", "download", "wheel", "sync"})


def installs(command: Command, files: Files) -> Iterator[Install]:
    """What pip or uv's pip gets from an index or a repository."""
    rest = parsed(command.arguments, _GLOBAL, first=True).operands
    if command.name == "uv":
        rest = parsed(rest[1:], _GLOBAL, first=True).operands if rest and rest[0].text == "pip" else ()
    if not rest or rest[0].text not in _INSTALLING:
        return
    arguments = parsed(rest[1:], VALUED)
    installer = "uv pip" if command.name == "uv" else "pip"
    hashed = arguments.has("--require-hashes", "--hash", "--no-index")  # or from a folder of this machine
    is_sync = rest[0].text == "sync"  # of files, whatever else there is
    packages = () if is_sync else (*arguments.operands, *arguments.values("-e", "--editable"))
    named = arguments.operands if is_sync else arguments.values("-r", "--requirement", "--requirements")
    constraints = [word.text for word in arguments.values("-c", "--constraint", "--constraints")]
    pinned = files.pinned(constraints, command.path)
    for word in packages:
        found = of_python(word.text)
        if found and not hashed:
            name, tier = found
            tier = max(tier, pinned.get(normalised(name), Tier.NONE))
            yield Install(installer, name, tier, word.at, _fix(name, tier), hashable=True)
    for word in () if hashed else named:
        yield from _of_file(word, installer, files)


def _of_file(word: Word, installer: str, files: Files) -> Iterator[Install]:
    tier = files.tier(word.text, word.place.path) if word.known else None
    if tier is not None:
        fix = f"Compile {word.text} with uv pip compile --generate-hashes or pip-compile --generate-hashes."
        yield Install(installer, f"what {word.text} requires", tier, word.at, fix, hashable=True)


def _fix(name: str, tier: Tier) -> str:
    if ":" in name:
        return "Name the full commit SHA behind an @, or the file's hash in #sha256=…."
    if tier is Tier.NONE:
        return f"Write {name}==VERSION, or install from a compiled requirements file with --require-hashes."
    return "Install from a requirements file with hashes, with --require-hashes."
