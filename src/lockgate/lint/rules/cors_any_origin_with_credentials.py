"""Any page in a browser may act as the user."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, origin, source

_FLASK = re.compile(r"flask_cors\.(?:.*\.)?(?:CORS|cross_origin)")
_MIDDLEWARE = re.compile(r"(?:starlette|fastapi)\..*CORSMiddleware")
# The names of the two settings, in each library.
_ORIGINS = ("allow_origins", "origins", "allow_origin_regex")
_CREDENTIALS = ("allow_credentials", "supports_credentials")
_ANY = frozenset({"*", ".*", "https?://.*", "^.*$", "http.*", "https://.*"})


class Check(Checker):
    """Looks at CORS settings of Starlette, FastAPI, Flask and Django."""

    rule = Rule(
        number=16,
        symbol="cors-any-origin-with-credentials",
        message="any page that a user opens can call this with the user's cookies, and read the answer",
        summary="CORS allows every origin together with credentials.",
        explanation=(
            "With both, the server echoes the origin of whoever asks, and any web page can read what the signed-in user can."
            " Known are Starlette and FastAPI, flask-cors, and the settings of django-cors-headers."
        ),
        fix="List the origins that are yours, or leave credentials off.",
        severity="medium",
        cwe=(942, 346),
        bad=(
            "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n'
        ),
        good=(
            "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["https://app.example"], allow_credentials=True)\n'
        ),
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`add_middleware(CORSMiddleware, …)`, `CORS(app, …)`."""
        allowed = argument(node, None, *_CREDENTIALS)
        if allowed is None or constant(allowed)[0] is not True:
            return
        if is_call_of(node, _FLASK):
            # Without origins flask-cors allows all of them.
            confidence = HIGH if argument(node, None, *_ORIGINS) is None else None
        elif _MIDDLEWARE.fullmatch(origin(node)) or any(_MIDDLEWARE.fullmatch(origin(each)) for each in node.args[:1]):
            confidence = None
        else:
            return
        confidence = confidence or max((_any(argument(node, None, name)) for name in _ORIGINS), key=bool)
        if confidence:
            self.tell(node, confidence=confidence)

    def visit_module(self, node: nodes.Module) -> None:
        """`CORS_ALLOW_ALL_ORIGINS = True` with `CORS_ALLOW_CREDENTIALS = True`."""
        settings = {name: node.locals[name][-1].parent for name in node.locals if name.startswith("CORS_")}
        on = {
            name
            for name, assigned in settings.items()
            if isinstance(assigned, nodes.Assign) and constant(assigned.value)[0] is True
        }
        every = on & {"CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"}
        if every and "CORS_ALLOW_CREDENTIALS" in on:
            self.tell(settings[min(every)])


def _any(node: nodes.NodeNG | None) -> Confidence | None:
    """How sure it is that a setting allows every origin."""
    made = source(node)
    sure = HIGH if made is node else INFERENCE
    values = made.elts if isinstance(made, nodes.List | nodes.Tuple | nodes.Set) else [] if made is None else [made]
    return sure if any(constant(value)[0] in _ANY for value in values) else None
