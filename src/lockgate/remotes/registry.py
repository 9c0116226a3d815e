"""Registries of images: the digest that a tag stands for.

Protocol: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests, and for anonymous tokens
https://distribution.github.io/distribution/spec/auth/token/. How names are read:
https://github.com/distribution/reference/blob/v0.6.0/normalize.go.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from lockgate.advisories.fetch import Limits, RefusedError, Web
from lockgate.inputs.parallel import in_parallel
from lockgate.model.errors import UnavailableError
from lockgate.remotes.hosts import Hosts, is_loopback

LIMITS = Limits(total=300.0, tries=3, longest_wait=30.0, parallel=8)
LARGEST = 2**22  # bytes of a manifest, which is the specification's own bound
HUB = "registry-1.docker.io"
_HUB_NAMES = ("docker.io", "index.docker.io")
# An index comes first: it is of all platforms.
_KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_CHALLENGE = re.compile(r"\s*bearer\s+(.*)", re.IGNORECASE)
_PARAMETER = re.compile(r'(realm|service)="([^"]*)"')
_UNAUTHORIZED = 401
_REASONS = {
    401: "wants credentials, and none are sent",
    403: "wants credentials, and none are sent",
    404: "does not know this image and tag",
}


class Image(Struct, frozen=True):
    """A tag of an image: the host of its registry with a port if it has one, its name there, and the tag."""

    host: str
    name: str
    tag: str

    @classmethod
    def of(cls, name: str, tag: str) -> Image:
        """What a container engine takes for an image that is written so. Raises UnavailableError where that is none."""
        first, slash, rest = name.partition("/")
        if not slash or not (set(".:") & set(first) or first == "localhost"):
            first, rest = _HUB_NAMES[0], name
        if first in _HUB_NAMES:
            first, rest = HUB, rest if "/" in rest else f"library/{rest}"
        if not _NAME.fullmatch(rest):
            raise UnavailableError("it is no name of an image")
        return cls(first, rest, tag or "latest")


class _Token(Struct):
    token: str = ""
    access_token: str = ""


def digests(images: Collection[Image], hosts: Hosts) -> dict[Image, str | UnavailableError]:
    """The digest (`sha256:…`) of what each tag stands for now, or why it is not known. Only what `hosts` allow is asked."""
    with Web(LIMITS, advice="try again later", visit=hosts.check) as web:
        registry = _Registry(web)
        return in_parallel(registry.digest, images, workers=LIMITS.parallel, seconds=LIMITS.total)


class _Registry:
    def __init__(self, web: Web) -> None:
        self._web = web

    def digest(self, image: Image) -> str:
        scheme = "http" if is_loopback(image.host.rpartition(":")[0] or image.host) else "https"
        url = f"{scheme}://{image.host}/v2/{image.name}/manifests/{quote(image.tag)}"
        try:
            try:
                return self._manifest(url, {})
            except RefusedError as error:
                if error.status != _UNAUTHORIZED:
                    raise
                return self._manifest(url, {"Authorization": f"Bearer {self._token(error.challenge, image)}"})
        except RefusedError as error:
            reason = _REASONS.get(error.status)
            raise UnavailableError(f"{image.host} {reason}") if reason else error from None

    def _manifest(self, url: str, headers: dict[str, str]) -> str:
        """The digest of a manifest, which is that of the very bytes that were sent."""
        accepted = {"Accept": ", ".join(_KINDS), "Accept-Encoding": "identity"}
        answer = self._web.get(url, LARGEST, headers={**accepted, **headers})
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        if kind not in _KINDS:
            raise UnavailableError("the registry answered with something that is no manifest of an image")
        digest = f"sha256:{hashlib.sha256(answer.body or b'').hexdigest()}"
        told = answer.headers.get("docker-content-digest", digest)
        if told.startswith("sha256:") and told != digest:
            raise UnavailableError("the registry sent another manifest than the one whose digest it tells")
        return digest

    def _token(self, challenge: str, image: Image) -> str:
        """A token for everybody, from where the registry says."""
        bearer = _CHALLENGE.match(challenge)
        told = dict(_PARAMETER.findall(bearer[1])) if bearer else {}
        if not told.get("realm"):
            raise RefusedError("", _UNAUTHORIZED)
        scope = {"service": told.get("service", ""), "scope": f"repository:{image.name}:pull"}
        separator = "&" if "?" in told["realm"] else "?"
        answer = self._web.get(f"{told['realm']}{separator}{urlencode(scope)}", LARGEST)
        try:
            token = msgspec.json.decode(answer.body or b"", type=_Token)
        except msgspec.DecodeError:
            raise UnavailableError(f"{image.host} names a server of tokens that gives none") from None
        found = token.token or token.access_token
        if not re.fullmatch(r"[\x21-\x7e]+", found):
            raise UnavailableError(f"{image.host} names a server of tokens that gives none")
        return found
