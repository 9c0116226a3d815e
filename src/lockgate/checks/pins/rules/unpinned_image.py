"""A container image that is not pinned by digest."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.engines.zizmor import Issue
from lockgate.model.errors import shortened
from lockgate.model.finding import Confidence, Finding, Location, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unpinned-image",
    name="Container image without a digest",
    summary="A Dockerfile, Compose file, workflow, pipeline or command names an image by its tag instead of its digest.",
    explanation=(
        "Whoever may push to the image's repository can move a tag to other layers, and these are then run by the next "
        "build or start. Only a digest names the same image for ever.\n\n"
        "A tag that names a version is moved for rebuilds only, as a rule: medium. No tag, or `latest`, is moved to "
        "whatever is newest with every release: high, as is a hook from a branch.\n\n"
        "Judged are `FROM`, `COPY --from=…` and `RUN --mount=from=…` of Dockerfiles, `image`, `dockerfile_inline` and "
        "`additional_contexts` of Compose files, `image` and `services` of GitLab's pipelines, and what `docker run`, `pull` and "
        "`create` name, or those of podman and nerdctl, and the `docker_image` hooks of pre-commit. Stages of the same build, `scratch`, images that a service or command of the "
        "repository builds or tags, that are never pulled or were loaded from a file before, and those of `localhost` pass. A variable counts with its default (`ARG`, `${NAME:-default}`), and "
        "is unknown, not wrong, without one. A bare name in `--from` may also be a build context of the caller: medium "
        "confidence.\n\n"
        "Of job containers, services and `docker://` steps of workflows and actions zizmor judges (its audit `unpinned-images`), with the "
        "values of a matrix; its comments `# zizmor: ignore[unpinned-images]` are honoured. Any other expression is unknown, not wrong."
    ),
    fix="Write the digest behind the tag (`python:3.12@sha256:…`): the tag stays readable, and Dependabot and Renovate keep "
    "both up to date. `docker buildx imagetools inspect python:3.12` tells the digest.",
    aliases=("unpinned-images",),
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(829, 1357),
    help_uri=page("pins/unpinned-image"),
)

_DIGEST = re.compile(r"@(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})\Z")
_LOCAL = re.compile(
    r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?/"
    r"|(?:containers-storage|dir|docker-archive|docker-daemon|oci|oci-archive|ostree):"
)
_LONGEST = 200  # characters of a name that are told


_IN_YAML = re.compile(
    r"(?:.*?\b(?:image|container)['\"]?\s*:\s+)?(?:[&!]\S+\s+|[|>][-+\d]*\s+)*['\"]?(?:docker://)?([\w.\[][\w./:@\[\]-]*)['\"]?\s*(?:[,}#].*)?",
    re.DOTALL,
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The images without a digest that are fetched from elsewhere."""
    for image in files.images:
        name = image.name.removeprefix("docker://")
        if not _DIGEST.search(name) and not _LOCAL.match(name):
            yield _finding(name.partition("@")[0], image.at, is_sure=image.is_sure)
    for issue in files.issues:
        if issue.ident == "unpinned-images" and issue.confidence is not Confidence.LOW:
            named = _IN_YAML.fullmatch(issue.expansion or issue.feature)
            if not named:
                yield _unnamed(issue)
            elif not _LOCAL.match(named[1]):
                yield _finding(named[1].partition("@")[0], issue.at, engine="zizmor")


def _unnamed(issue: Issue) -> Finding:
    """The finding about an image that an expression or an alias names."""
    return found(
        RULE,
        issue.at,
        pinned=shortened(" ".join(issue.feature.split()), _LONGEST),
        message=f"An image that is not named here is not pinned by digest: {issue.note}",
        fix="Write @sha256:DIGEST behind its name.",
        severity=Severity.HIGH if issue.usual else Severity.MEDIUM,
        engines=("zizmor",),
    )


def _finding(name: str, at: Location, *, is_sure: bool = True, engine: str = "lockgate") -> Finding:
    folder, _, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    moves = f"the tag {shortened(tag)!r} can be moved" if tag else "without a tag it is the newest one"
    shown = shortened(name, _LONGEST)
    return found(
        RULE,
        at,
        pinned=shortened(f"{folder}/{repository}" if folder else repository, _LONGEST),
        message=f"The image {shown} is not pinned by digest: {moves}",
        fix=f"Write {shown}@sha256:DIGEST, with the digest of that image.",
        severity=Severity.HIGH if tag in ("", "latest") else Severity.MEDIUM,
        confidence=Confidence.HIGH if is_sure else Confidence.MEDIUM,
        engines=(engine,),
    )
