"""A secret's name with a literal for a value."""

from __future__ import annotations

import re
from itertools import zip_longest

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, is_environment, named, parameters
from lockgate.lint.words import is_ambiguous, is_secret_name, looks_random, may_be_secret

_FIELD = re.compile(
    r"(?:pydantic\.(?:.*\.)?Field|dataclasses\.field|attrs?\.(?:field|ib)|(?:pydantic\.(?:.*\.)?|)Secret(?:Str|Bytes)"
    r"|(?:django\.db\.models|environ|decouple)\.\w+|typer\.(?:.*\.)?(?:Option|Argument))"
)
_OPTION = re.compile(r"(?:argparse\..*\.add_argument|click\.(?:.*\.)?option|typer\.(?:.*\.)?Option)")
_WRAPPED = re.compile(r"pydantic\.(?:.*\.)?Secret(?:Str|Bytes)")
_DEFAULT = ("default",)
# A user and a password, and a header that begins with the name of a scheme.
_PAIR = re.compile(r"(?:\w+_)?auth", re.IGNORECASE)
_PAIR_TYPE = re.compile(
    r"(?:requests\.auth|requests_\w+|httpx2?|aiohttp)\.(?:.*\.)?\w*Auth|paho\.mqtt\..*\.username_pw_set"
)
_HEADER = re.compile(r"(?:proxy[-_])?authorization", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z]{1,20} +(\S+)")
_KEYS = re.compile(r"(?:.*_)?(?:api|secret|signing|encryption)_key(?:s|_fallbacks)", re.IGNORECASE)


class Check(Checker):
    """Looks at assignments, defaults, keywords, items of dicts and comparisons."""

    rule = Rule(
        number=1,
        symbol="hardcoded-credential",
        message="%r is %s a literal: a credential in the code",
        summary="A variable, attribute, argument, option or field that is named like a secret has a literal as its value.",
        explanation=(
            "Whoever can read the code, or a copy of it, has the credential, and it can't be changed without a release. That"
            " holds for a default as well: it is what runs where the setting was forgotten. Judged are values of four and"
            " more characters that are no placeholder (`changeme`, `<token>`, `your-token`, `example`), template, path,"
            ' sentence or name of a field (`PASSWORD = "password"`). A bare `token` or `secret` may be something else, and needs a'
            " value of both letters and digits."
        ),
        fix="Read it from the environment or a secret store, without a default, and revoke the one in the code.",
        severity="high",
        cwe=(798, 259),
        bad='import os\n\nDATABASE_PASSWORD = os.environ.get("DATABASE_PASSWORD", "…")\n',
        good='import os\n\nDATABASE_PASSWORD = os.environ["DATABASE_PASSWORD"]\n',
        sure=False,
    )

    def visit_assign(self, node: nodes.Assign) -> None:
        """`password = "…"`, `self.password = "…"`, `settings["password"] = "…"`."""
        for target in node.targets:
            self._judge(named(target), node.value)
            if _KEYS.fullmatch(named(target)) and isinstance(node.value, nodes.List | nodes.Tuple | nodes.Set):
                for each in node.value.elts:
                    self._judge_random(named(target), each)

    def visit_annassign(self, node: nodes.AnnAssign) -> None:
        """`password: str = "…"`, also as a field of a class."""
        if node.value is not None:
            self._judge(named(node.target), node.value)

    def visit_namedexpr(self, node: nodes.NamedExpr) -> None:
        """`(password := "…")`."""
        self._judge(named(node.target), node.value)

    def visit_functiondef(self, node: nodes.FunctionDef) -> None:
        """`def connect(password="…")`."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *(arguments.args or [])]
        defaults = arguments.defaults or []
        pairs = [
            *zip(positional[len(positional) - len(defaults) :], defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults or [], strict=False),
        ]
        for name, default in pairs:
            if default is not None:
                self._judge(name.name, default)

    visit_asyncfunctiondef = visit_functiondef

    def visit_dict(self, node: nodes.Dict) -> None:
        """`{"password": "…"}`."""
        for key, value in node.items:
            name = constant(key)[0] if isinstance(key, nodes.Const) else ...
            if isinstance(name, str):
                self._judge(name, value)

    def visit_compare(self, node: nodes.Compare) -> None:
        """`if password == "…"`, which any reader of the code can answer."""
        for operator, right in node.ops:
            if operator in ("==", "!="):
                self._judge(named(node.left), right, how="compared with")
                self._judge(named(right), node.left, how="compared with")

    def visit_call(self, node: nodes.Call) -> None:
        """`connect(password="…")`, `SecretStr("…")`, options of a command line, and defaults of the environment."""
        for keyword in node.keywords:
            self._judge(keyword.arg or "", keyword.value)
        self._judge_positional(node)
        if is_environment(node):
            self._judge(named(node), argument(node, 1, *_DEFAULT))
        elif is_call_of(node, _WRAPPED):
            self._judge("secret", argument(node, 0, "secret_value"), told=named(node.func))
        elif is_call_of(node, _OPTION):
            flags = [constant(each)[0] for each in node.args]
            for flag in flags:
                if isinstance(flag, str) and is_secret_name(flag.lstrip("-")):
                    self._judge(flag.lstrip("-").replace("-", "_"), argument(node, None, *_DEFAULT))
                    break

    def visit_list(self, node: nodes.List) -> None:
        """`["login", "--password", "…"]`, `["login", "--password=…"]`."""
        for option, following in zip_longest(node.elts, node.elts[1:]):
            text = option.value if isinstance(option, nodes.Const) else None
            if not isinstance(text, str) or not text.startswith("--"):
                continue
            name, equals, value = text.lstrip("-").partition("=")
            if not equals and isinstance(following, nodes.Const) and not str(following.value).startswith("-"):
                self._judge(name, following)
            elif is_secret_name(name) and may_be_secret(value):
                self.tell(option, name, "given", confidence=INFERENCE)

    visit_tuple = visit_list

    def _judge_positional(self, call: nodes.Call) -> None:
        """Judge what is given to a parameter that is named like a secret, where the function is known."""
        if not any(isinstance(each, nodes.Const) and isinstance(each.value, str | bytes) for each in call.args):
            return
        if is_call_of(call, _PAIR_TYPE):
            self._judge("password", argument(call, 1), told=named(call.func))
            return
        for name, value in zip(parameters(call), call.args, strict=False):
            if isinstance(value, nodes.Const):
                self._judge(name, value)

    def _judge_random(self, name: str, value: nodes.NodeNG, scheme: re.Pattern[str] | None = None) -> None:
        """Judge a literal whose name alone does not tell enough, or the part of it behind a scheme."""
        text = value.value if isinstance(value, nodes.Const) else None
        found = scheme.fullmatch(text) if scheme and isinstance(text, str) else None
        text = found.group(1) if found else text
        if isinstance(text, str) and may_be_secret(text) and looks_random(text):
            self.tell(value, name, "given", confidence=INFERENCE)

    def _judge(self, name: str, value: nodes.NodeNG | None, told: str = "", how: str = "given") -> None:
        if isinstance(value, nodes.Tuple) and len(value.elts) == 2 and _PAIR.fullmatch(name):  # noqa: PLR2004
            name, value = "password", value.elts[1]
        if value is not None and _HEADER.fullmatch(name):
            self._judge_random(name, value, _SCHEME)
        if value is None or not is_secret_name(name):
            return
        literal = _literal(value)
        if literal is None:
            return
        text, confidence = constant(literal)
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        if not isinstance(text, str) or not may_be_secret(text):
            return
        if told or not is_ambiguous(name):
            self.tell(literal, told or name, how, confidence=HIGH if told else confidence)
        elif looks_random(text):
            self.tell(literal, name, how, confidence=INFERENCE)


def _literal(value: nodes.NodeNG) -> nodes.NodeNG | None:
    """The part of a value that the code itself gives: all of it, the default of a field, or what stands after `or`."""
    match value:
        case nodes.Const():
            return value
        case nodes.BinOp() if value.op == "+":
            return value
        case nodes.BoolOp() if value.op == "or":
            return next((each for each in value.values if isinstance(each, nodes.Const)), None)
        case nodes.IfExp():
            return next((each for each in (value.body, value.orelse) if isinstance(each, nodes.Const)), None)
        case nodes.Name() | nodes.Attribute() | nodes.Subscript():
            # What has a secret's name itself is told where that is assigned.
            return None if is_secret_name(named(value)) else value
        case nodes.Call() if is_environment(value):
            return None if is_secret_name(named(value)) else argument(value, 1, *_DEFAULT)
        case nodes.Call() if is_call_of(value, _FIELD) and not is_call_of(value, _WRAPPED):
            default = argument(value, 0, *_DEFAULT)
            return default if isinstance(default, nodes.Const) else None
        case nodes.Call() if isinstance(value.func, nodes.Attribute) and value.func.attrname in ("encode", "strip"):
            return _literal(value.func.expr)
    return None
