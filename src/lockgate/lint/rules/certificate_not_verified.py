"""TLS without a look at who answers."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE, INFERENCE_FAILURE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, named, origin

_CLIENT = re.compile(r"(?:requests|httpx2?|niquests|requests_\w+)\..*|hvac\.Client|(?:botocore|boto3)\..*")
_AIOHTTP = re.compile(r"aiohttp\..*")
_URLLIB3 = re.compile(r"urllib3\..*|ssl\.wrap_socket")
_UNVERIFIED = re.compile(r"ssl\._create_unverified_context")
_REDIS = re.compile(r"(?:redis|aioredis|valkey)\..*")
_MONGO = re.compile(r"(?:pymongo|motor)\..*")
_ELASTIC = re.compile(r"(?:elasticsearch|opensearchpy)\..*")
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream"})
# Which keyword of which library says so, and the value with which it does.
_KEYWORDS = (
    (_CLIENT, "verify", False),
    (_AIOHTTP, "ssl", False),
    (_AIOHTTP, "verify_ssl", False),
    (_URLLIB3, "assert_hostname", False),
    (_URLLIB3, "cert_reqs", "CERT_NONE"),
    (_REDIS, "ssl_cert_reqs", "none"),
    (_REDIS, "ssl_cert_reqs", None),
    (_REDIS, "ssl_cert_reqs", "CERT_NONE"),
    (_REDIS, "ssl_check_hostname", False),
    (_MONGO, "tlsAllowInvalidCertificates", True),
    (_MONGO, "tlsAllowInvalidHostnames", True),
    (_MONGO, "tlsInsecure", True),
    (_ELASTIC, "verify_certs", False),
)


class Check(Checker):
    """Looks at keywords of HTTP clients, and at contexts of ssl."""

    rule = Rule(
        number=2,
        symbol="certificate-not-verified",
        message="%s: whoever is on the way can answer for the server",
        summary="A connection over TLS does not verify the certificate or the host name of the server.",
        explanation=(
            "The connection is encrypted, but to whoever answers: someone on the way can read and change everything, and gets"
            " the credentials that are sent. Known are requests, httpx, urllib3, aiohttp, boto3, hvac, ssl, and the clients of Redis, MongoDB, Elasticsearch and MQTT."
        ),
        fix="Leave verification on. For a server with a certificate of your own authority give the client that authority's file.",
        severity="high",
        cwe=(295,),
        bad='import requests\n\nrequests.get("https://host.example", timeout=5, verify=False)\n',
        good='import requests\n\nrequests.get("https://host.example", timeout=5, verify="authority.pem")\n',
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`get(url, verify=False)`, `ssl._create_unverified_context()`."""
        if is_call_of(node, _UNVERIFIED):
            self.tell(node, "an SSL context that verifies nothing")
            return
        if named(node.func) == "tls_insecure_set" and constant(argument(node, 0, "value"))[0] is True:
            self.tell(node, "tls_insecure_set(True)", confidence=INFERENCE)
            return
        for library, keyword, off in _KEYWORDS:
            value = argument(node, None, keyword)
            if value is None:
                continue
            is_off, confidence = _is(value, off)
            if is_off and is_call_of(node, library):
                self.tell(value, f"{keyword}={off}", confidence=confidence)
                return
            if is_off and keyword == "verify" and not origin(node) and named(node.func) in _VERBS:
                self.tell(value, f"{keyword}={off}", confidence=INFERENCE_FAILURE)
                return

    def visit_assign(self, node: nodes.Assign) -> None:
        """`context.check_hostname = False`, `session.verify = False`, and the default context of urllib."""
        for target in node.targets:
            if isinstance(target, nodes.AssignAttr):
                what, confidence = _switched_off(target, node.value)
                if what:
                    self.tell(node, what, confidence=confidence)


def _switched_off(target: nodes.AssignAttr, value: nodes.NodeNG) -> tuple[str, Confidence]:
    """What an assignment to an attribute switches off, empty for nothing, and how sure that is."""
    owner = named(target.expr)
    match target.attrname:
        case "_create_default_https_context" if _UNVERIFIED.fullmatch(origin(value)):
            return "urllib's default SSL context", HIGH
        case "check_hostname" if owner != "self" and constant(value)[0] is False:
            return "check_hostname=False", INFERENCE
        case "verify_mode" if origin(value) == "ssl.CERT_NONE":
            return "verify_mode=CERT_NONE", HIGH
        case "verify" if constant(value)[0] is False:
            library = origin(target.expr)
            if _CLIENT.fullmatch(library):
                return "verify=False", HIGH
            return "verify=False" if not library and "session" in owner.lower() else "", INFERENCE_FAILURE
    return "", HIGH


def _is(value: nodes.NodeNG, wanted: object) -> tuple[bool, Confidence]:
    if wanted == "CERT_NONE" and origin(value) == "ssl.CERT_NONE":
        return True, INFERENCE
    found, confidence = constant(value)
    return found is wanted or (isinstance(wanted, str) and found == wanted), confidence
