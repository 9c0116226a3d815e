"""What names and texts say: whether a name means a secret, and whether a text may be one."""

from __future__ import annotations

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_SECRET = re.compile(
    r"(?:^|_)(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?"
    r"|(?:api|access|secret|private|signing|signature|encryption|auth|master|jwt|hmac|fernet)_?key)_?\d*"
)
_OTHER = re.compile(
    r"(?:^|_)(?:next|prev|previous|page|continuation|resume|sync|pad|eos|bos|unk|sep|mask|cls|stop|start|end|special"
    r"|current|last|first|invalid|missing|bad|wrong|no|not|has|is|use|ask|need|forgot|forgotten|reset|change|hash|hashed"
    r"|masked|redacted|encrypted|public|type|kind|enum|field|label|error|err|msg|cancel|cancellation)_"
)
_ALONE = frozenset({"token", "secret", "credential", "credentials", "pwd"})
# A token of anything else may be a parser's.
_TOKEN = re.compile(
    r"(?:.*_)?(?!(?:{known})_)[a-z0-9]+_token_?\d*".replace(
        "{known}",
        "access|api|app|auth|authorization|aws|azure|bearer|bot|client|csrf|deploy|device|discord|gh|github|gitlab|id|jwt|login|npm"
        "|oauth|oauth2|personal|pypi|refresh|registration|secret|security|service|session|slack|telegram|user|vault|webhook|xsrf",
    )
)

_SHORTEST = 4
_LONGEST = 10_000
_TEMPLATE = re.compile(
    r"<[^<>]*>|\[[^\[\]]*\]|\.{3}.*|\$\w+|%\w+%|.*(?:\$\{|\{\{|\{\w*\}|%\(\w+\)|<[^<>]+>).*", re.DOTALL
)
_STARTS = re.compile(r"(?:change|replace|insert|enter|fill|put|your|set)(?:[^a-z]|me\b|it\b|this\b|$)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:^|[^a-z])(?:example|placeholder|dummy|fake|sample|redacted|changeme|todo|tbd|x{3,})(?:[^a-z]|$)", re.IGNORECASE
)
_WHOLE = frozenset(
    "none null true false test testing default undefined optional required string bytes text env unset empty".split()  # noqa: SIM905
)
_ELSEWHERE = re.compile(r"\w+://|[./~]|[a-z_]+(?:\.[a-z_]+)+$")
_RANDOM = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[\w./+=-]{8,}")
_WORDS = re.compile(r"[A-Za-z_ .:-]+")


def is_secret_name(name: str) -> bool:
    """Whether a name, of whatever style, ends in a word for a secret, and is not one such as `next_token`."""
    plain = _plain(name)
    found = re.search(rf"{_SECRET.pattern}$", plain)
    return bool(found) and not _OTHER.search(plain)


def is_ambiguous(name: str) -> bool:
    """Whether a secret's name is one that also means other things: a `token` may be a parser's."""
    plain = _plain(name)
    return plain in _ALONE or bool(_TOKEN.fullmatch(plain))


def may_be_secret(text: str) -> bool:
    """Whether a text may be a credential: no placeholder, template, path, sentence or name of a field."""
    return not (
        not _SHORTEST <= len(text) <= _LONGEST
        or not any(map(str.isalnum, text))
        or len(set(text)) == 1
        or _TEMPLATE.fullmatch(text)
        or _STARTS.match(text)
        or _PLACEHOLDER.search(text)
        or text.lower() in _WHOLE
        or _ELSEWHERE.match(text)
        or text.count(" ") > 1
        or (_WORDS.fullmatch(text) and re.search(rf"{_SECRET.pattern}:?$", _plain(text).strip("_")))
    )


def may_be_key(text: str) -> bool:
    """Whether a text in the place of a key may be one: there a plain word such as `secret` is what it is used as."""
    return len(set(text)) > 1 and not _TEMPLATE.fullmatch(text) and not _ELSEWHERE.match(text)


def looks_random(text: str) -> bool:
    """Whether a text is one word of letters and digits, as keys and tokens are."""
    return bool(_RANDOM.fullmatch(text))


def _plain(name: str) -> str:
    return _HUMP.sub("_", name).strip("_").lower()
