"""Secrets that end up in the logs of servers and proxies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE, INFERENCE_FAILURE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, called, constant, is_call_of, is_fixed, named, origin, secrets_in, source
from lockgate.lint.words import is_ambiguous, is_secret_name

_VERB = (
    r"(?:get|post|put|patch|delete|head|options|request|stream|Request|build_request|ws_connect|Client|AsyncClient|URL)"
)
_HTTP = re.compile(rf"(?:requests|httpx2?|aiohttp|niquests|requests_\w+)\.(?:.*\.)?{_VERB}")
_SESSION = re.compile(r"(?:requests|httpx2?|niquests|requests_\w+)\.(?:.*\.)?(?:[sS]ession|Client|AsyncClient|Request)")
_QUERY = re.compile(
    r"yarl\.(?:.*\.)?(?:with_query|update_query|extend_query)|httpx2?\.(?:.*\.)?(?:copy_\w+_params?|QueryParams)"
)
_ENCODE = r"urllib\.parse\.urlencode|requests\.compat\.urlencode|six\.moves\.urllib\.parse\.urlencode"
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "request", "stream"})
# The end of a text that the value of a parameter is put behind; and a text that has a query in it.
_PARAMETER = re.compile(r"[?&;]([\w.-]+)=$")
# Links that are sent to a person hold a token that is used once, and have no other place for it.
_LINK = re.compile(r"reset|verif|confirm|activat|invit|unsubscribe|magic|login|callback|redirect", re.IGNORECASE)
_PLACE = re.compile(r"%s|%\(\w+\)s|\{\w*\}")


class Check(Checker):
    """Looks at parameters of requests, and at texts that are put together as URLs."""

    rule = Rule(
        number=22,
        symbol="secret-in-query",
        message="%r is in the query of a URL: servers, proxies and browsers write that down",
        summary="A secret is sent as a parameter in the query of a URL.",
        explanation=(
            "A URL is written to the logs of every server and proxy on its way, to the history of browsers and into `Referer`"
            " headers; TLS does not change that. Found are `params` of requests, httpx and aiohttp, and f-strings,"
            " concatenations and formats with `?name=` or `&name=` before the secret. Data of a form that is"
            " posted is not meant, nor is a bare `token` in a link for a person, as one to reset a password."
        ),
        fix="Send it in a header (`Authorization: Bearer …`) or in the body of the request.",
        severity="medium",
        cwe=(598,),
        bad=(
            "import requests\n\n\ndef load(api_key):\n"
            '    return requests.get("https://host.example", params={"api_key": api_key}, timeout=5)\n'
        ),
        good=(
            "import requests\n\n\ndef load(api_key):\n"
            '    headers = {"Authorization": f"Bearer {api_key}"}\n'
            '    return requests.get("https://host.example", headers=headers, timeout=5)\n'
        ),
        sure=False,
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`requests.get(url, params={"token": token})`, `"…?key={}".format(key)`."""
        parameters = argument(node, None, "params")
        if parameters is not None and (is_call_of(node, _HTTP) or (not origin(node) and named(node.func) in _VERBS)):
            self._told(parameters)
        elif is_call_of(node, _QUERY):
            for given in (*node.args, node):
                self._told(given)
        elif named(node.func) == "format" and isinstance(node.func, nodes.Attribute):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            self._formatted(node.func.expr, values)

    def visit_assign(self, node: nodes.Assign) -> None:
        """`session.params = {"token": token}`."""
        for target in node.targets:
            if (
                isinstance(target, nodes.AssignAttr)
                and target.attrname == "params"
                and _SESSION.fullmatch(origin(target.expr))
            ):
                self._told(node.value)

    def visit_joinedstr(self, node: nodes.JoinedStr) -> None:
        """`f"https://host.example?key={key}"`."""
        before = ""
        for part in node.values:
            if isinstance(part, nodes.FormattedValue):
                self._put(before, part.value)
            before += str(part.value) if isinstance(part, nodes.Const) else "x"

    def visit_binop(self, node: nodes.BinOp) -> None:
        """`"https://host.example?key=" + key`, `"…?key=%s" % key`."""
        if node.op == "+":
            self._put(_end(node.left), node.right)
        elif node.op == "%":
            values = node.right.elts if isinstance(node.right, nodes.Tuple) else [node.right]
            self._formatted(node.left, values)

    def _formatted(self, template: nodes.NodeNG, values: list[nodes.NodeNG]) -> None:
        text = constant(template)[0]
        if not isinstance(text, str) or "=" not in text:
            return
        for place, value in zip(_PLACE.finditer(text), values, strict=False):
            self._put(text[: place.start()], value)

    def _put(self, before: str, value: nodes.NodeNG) -> None:
        """Judge a value that stands behind a text."""
        if "?" not in before and "&" not in before:
            return
        found = _PARAMETER.search(before)
        encoded = called(value, _ENCODE)
        if encoded is not None and encoded.args:
            self._told(encoded.args[0])
        elif found and not is_fixed(value):
            for secret, name in _secret(found.group(1), value):
                if not (is_ambiguous(name) and _LINK.search(before)):
                    self._tell(secret, name)

    def _told(self, parameters: nodes.NodeNG) -> None:
        """Judge parameters that are a dict, a list of pairs, or `dict(…)`."""
        for name, value in _pairs(source(parameters)):
            if not is_fixed(value):
                for secret, called_so in _secret(name, value):
                    self._tell(secret, called_so)

    def _tell(self, node: nodes.NodeNG, name: str) -> None:
        sure = HIGH if is_secret_name(named(node)) else INFERENCE
        self.tell(node, name, confidence=INFERENCE_FAILURE if is_ambiguous(name) else sure)


def _secret(name: str, value: nodes.NodeNG) -> Iterator[tuple[nodes.NodeNG, str]]:
    """The secrets in the value of a parameter, or the value where the parameter itself is called like one."""
    inside = list(secrets_in(value))
    if inside:
        yield from inside
    elif is_secret_name(name) and not is_ambiguous(name):
        yield value, name


def _pairs(made: nodes.NodeNG | None) -> Iterator[tuple[str, nodes.NodeNG]]:
    match made:
        case nodes.Dict():
            pairs = made.items
        case nodes.List() | nodes.Tuple():
            pairs = [pair.elts for pair in made.elts if isinstance(pair, nodes.Tuple) and len(pair.elts) == 2]  # noqa: PLR2004
        case nodes.Call():
            for keyword in made.keywords:
                yield keyword.arg or "", keyword.value
            return
        case _:
            return
    for key, value in pairs:
        name = constant(key)[0]
        yield name if isinstance(name, str) else "", value


def _end(node: nodes.NodeNG) -> str:
    """The text that an expression ends with."""
    match node:
        case nodes.BinOp() if node.op == "+":
            return _end(node.left) + _end(node.right)
        case nodes.JoinedStr():
            return "".join(str(part.value) if isinstance(part, nodes.Const) else "x" for part in node.values)
        case nodes.Const() if isinstance(node.value, str):
            return node.value
    return "x"
