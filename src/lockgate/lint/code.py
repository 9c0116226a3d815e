"""What expressions are: by the imports of their module, and where these don't tell by inference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from astroid import bases, nodes
from pylint.checkers.utils import safe_infer
from pylint.interfaces import HIGH, INFERENCE, Confidence

from lockgate.lint.words import is_secret_name

_DEEPEST = 8  # steps from a name to what it was assigned
_MOST_PARTS = 100  # of a text whose value is asked for
_ENVIRONMENT = re.compile(r"os\.(?:environ\.(?:get|setdefault|pop)|getenv)")
_HEADERS = frozenset({"authorization", "proxy-authorization"})
# What gives a text that still holds what it is given or called on.
_PASSES_ON = frozenset({"str", "repr", "format", "bytes", "join", "strip", "encode", "decode", "get_secret_value"})


@lru_cache(maxsize=4096)
def origin(node: nodes.NodeNG | None, depth: int = 0) -> str:
    """The dotted name that an expression has at its source; a call has that of what is called, empty if it is not known.

    A call of what another call gave has none. After `import requests as r; s = r.Session()` that of `s.get` is `requests.Session.get`. Nothing need be installed.
    """
    if depth > _DEEPEST:
        return ""
    match node:
        case nodes.Call():
            return "" if _is_result(node.func) else origin(node.func, depth + 1)
        case nodes.Await():
            return origin(node.value, depth + 1)
        case nodes.Attribute():
            set_in_class = _attribute(node)
            if set_in_class is not None:
                return origin(set_in_class, depth + 1)
            before = origin(node.expr, depth + 1)
            return f"{before}.{node.attrname}" if before else ""
        case nodes.Name():
            return _bound(node, depth + 1)
    return ""


def _is_result(node: nodes.NodeNG) -> bool:
    """Whether an expression is, or is a name for, what a call gave."""
    if isinstance(node, nodes.Name):
        assigned = [each for each in node.lookup(node.name)[1] if isinstance(each, nodes.AssignName)]
        return bool(assigned) and isinstance(_assigned(assigned[-1]), nodes.Call | nodes.Await)
    return isinstance(node, nodes.Call | nodes.Await)


def _attribute(node: nodes.Attribute) -> nodes.NodeNG | None:
    """What a method's class assigns to an attribute of `self`."""
    method = node.scope()
    owner = method.parent.scope() if method.parent else None
    if isinstance(owner, nodes.ClassDef) and isinstance(node.expr, nodes.Name) and node.expr.name == "self":
        for assigned in owner.instance_attrs.get(node.attrname, []):
            if isinstance(assigned.parent, nodes.Assign | nodes.AnnAssign):
                value: nodes.NodeNG | None = assigned.parent.value
                return value
    return None


def _bound(node: nodes.Name, depth: int) -> str:
    _, statements = node.lookup(node.name)
    for statement in reversed(statements):
        match statement:
            case nodes.Import():
                return str(statement.real_name(node.name))
            case nodes.ImportFrom() if not statement.level:
                return f"{statement.modname}.{statement.real_name(node.name)}"
            case nodes.FunctionDef() | nodes.ClassDef():
                return str(statement.qname())
            case nodes.AssignName():
                return origin(_assigned(statement), depth)
    return ""


def _assigned(name: nodes.AssignName) -> nodes.NodeNG | None:
    """What a name is bound to: a value, what is entered with `with`, or what an argument is annotated as."""
    within = name.parent
    match within:
        case nodes.Assign() | nodes.AnnAssign() | nodes.NamedExpr():
            value: nodes.NodeNG | None = within.value
            return value
        case nodes.With():
            return next((item for item, target in within.items if target is name), None)
        case nodes.Arguments():
            typed = zip(within.arguments, [*within.posonlyargs_annotations, *within.annotations], strict=False)
            keyword_only = zip(within.kwonlyargs, within.kwonlyargs_annotations, strict=False)
            return next((annotation for argument, annotation in [*typed, *keyword_only] if argument is name), None)
    return None


def source(node: nodes.NodeNG | None) -> nodes.NodeNG | None:
    """The expression that a name stands for where it is assigned once, or else the expression itself."""
    for _ in range(_DEEPEST):
        if not isinstance(node, nodes.Name):
            break
        _, statements = node.lookup(node.name)
        value = (
            _assigned(statements[0]) if len(statements) == 1 and isinstance(statements[0], nodes.AssignName) else None
        )
        if value is None or isinstance(statements[0].parent, nodes.With | nodes.Arguments):
            break
        node = value
    return node


def parts(made: nodes.NodeNG) -> list[nodes.NodeNG]:
    """What a text, a sum or a sequence is put together of."""
    match made:
        case nodes.JoinedStr():
            return list(made.values)
        case nodes.FormattedValue():
            return [made.value]
        case nodes.BinOp() if made.op in ("+", "%"):
            return [made.left, made.right]
        case nodes.List() | nodes.Tuple():
            return list(made.elts)
    return []


def leaves(
    node: nodes.NodeNG | None, inside: Callable[[nodes.NodeNG], list[nodes.NodeNG]] = parts
) -> Iterator[nodes.NodeNG]:
    """What a value is made of in the end, through names, and `inside` of what is put together; each expression once."""
    seen: set[nodes.NodeNG] = set()
    waiting = [node]
    while waiting:
        made = source(waiting.pop())
        if made is None or made in seen:
            continue
        seen.add(made)
        within = inside(made)
        if not within:
            yield made
        waiting += within


def is_call_of(call: nodes.Call, pattern: re.Pattern[str]) -> bool:
    """Whether what is called has such a dotted name, as imported or as inferred."""
    return any(map(pattern.fullmatch, _names(call)))


@lru_cache(maxsize=64)
def _names(call: nodes.Call) -> tuple[str, ...]:
    """What is called, as imported and as inferred; kept for the rules that ask of one call in turn."""
    inferred = safe_infer(call.func)
    if isinstance(inferred, bases.BoundMethod | bases.UnboundMethod | nodes.FunctionDef | nodes.ClassDef):
        return origin(call), str(inferred.qname())
    return (origin(call),)


def called(node: nodes.NodeNG | None, pattern: str) -> nodes.Call | None:
    """The call that an expression is, or stands for, where what it calls has such a dotted name."""
    call = source(node)
    return call if isinstance(call, nodes.Call) and re.fullmatch(pattern, origin(call)) else None


def is_environment(call: nodes.Call) -> bool:
    """Whether a variable of the environment is looked up with a default."""
    return is_call_of(call, _ENVIRONMENT)


def fallback(value: nodes.NodeNG) -> nodes.NodeNG:
    """What stands for a setting that is not there: after `or`, or as a default; or else the value itself."""
    match value:
        case nodes.BoolOp() if value.op == "or":
            last: nodes.NodeNG = value.values[-1]
            return last
        case nodes.Call() if is_environment(value):
            return argument(value, 1, "default") or value
    return value


def argument(call: nodes.Call, position: int | None, *keywords: str) -> nodes.NodeNG | None:
    """The argument of a call that has one of these keywords or this position."""
    for keyword in call.keywords:
        if keyword.arg in keywords:
            value: nodes.NodeNG = keyword.value
            return value
    before = call.args[: None if position is None else position + 1]
    if position is None or len(before) <= position or any(isinstance(each, nodes.Starred) for each in before):
        return None
    return call.args[position]


def parameters(call: nodes.Call) -> list[str]:
    """The names of the positional parameters of what is called, as far as it is known."""
    function = safe_infer(call.func)
    if isinstance(function, nodes.ClassDef):
        function = next(iter(function.local_attr("__init__")), None) if "__init__" in function.locals else None
        bound = True
    else:
        bound = isinstance(function, bases.BoundMethod)
    defined = getattr(function, "args", None)
    names = [each.name for each in getattr(defined, "arguments", ())] if isinstance(defined, nodes.Arguments) else []
    return names[1:] if bound else names


def constant(node: nodes.NodeNG | None) -> tuple[object, Confidence]:
    """The value of an expression that has only one, and how sure that is; an Ellipsis where it is not known."""
    if isinstance(node, nodes.Const):
        return node.value, HIGH
    made = source(node)
    if isinstance(made, nodes.Const):
        return made.value, INFERENCE
    if made is None or any(map(parts, _may_be(made))):
        # astroid would make the text of it, however long that is.
        return _text(made), INFERENCE
    inferred = safe_infer(made, compare_constants=True)
    return (inferred.value, INFERENCE) if isinstance(inferred, nodes.Const) else (..., INFERENCE)


def _may_be(made: nodes.NodeNG) -> Iterator[nodes.NodeNG]:
    """An expression, or what a name is bound to where it is bound more than once."""
    yield made
    if isinstance(made, nodes.Name):
        assigned = (each for each in made.lookup(made.name)[1] if isinstance(each, nodes.AssignName))
        yield from (value for each in assigned if (value := _assigned(each)) is not None)


def _text(made: nodes.NodeNG | None) -> object:
    """The text that `+` and f-strings put together of few constants; an Ellipsis for anything else."""
    pieces: list[object] = []
    waiting = [made]
    for _ in range(_MOST_PARTS):
        if not waiting:
            break
        each = source(waiting.pop())
        match each:
            case nodes.Const():
                pieces.append(each.value)
            case nodes.JoinedStr() | nodes.FormattedValue() | nodes.BinOp(op="+"):
                waiting += reversed(parts(each))
            case _:
                return ...
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return ... if waiting or len(texts) != len(pieces) else "".join(texts)


def is_fixed(node: nodes.NodeNG | None) -> bool:
    """Whether an expression holds nothing that comes from outside of the code."""
    empty = nodes.List | nodes.Tuple | nodes.JoinedStr
    return all(isinstance(leaf, empty) or constant(leaf)[0] is not ... for leaf in leaves(node, _choices))


def _choices(made: nodes.NodeNG) -> list[nodes.NodeNG]:
    return [made.body, made.orelse] if isinstance(made, nodes.IfExp) else parts(made)


def named(node: nodes.NodeNG) -> str:
    """What an expression or a target of an assignment is called: by its last name, or a constant key."""
    match node:
        case nodes.Name() | nodes.AssignName():
            return str(node.name)
        case nodes.Attribute() | nodes.AssignAttr():
            return str(node.attrname)
        case nodes.Subscript():
            key = constant(node.slice)[0]
            return key if isinstance(key, str) else ""
        case nodes.Call() if node.args and (is_environment(node) or named(node.func) == "get"):
            key = constant(node.args[0])[0]
            return key if isinstance(key, str) else ""
    return ""


def secrets_in(node: nodes.NodeNG) -> Iterator[tuple[nodes.NodeNG, str]]:
    """The parts of a text or data that are secrets by their names; not what is only counted, hashed or masked."""
    name = named(node)
    if is_secret_name(name) or (name.lower() in _HEADERS and not isinstance(node, nodes.Name | nodes.Attribute)):
        if _is_open(node):
            yield node, name
        return
    match node:
        case nodes.Call() if named(node.func) in _PASSES_ON:
            # str() of a SecretStr is masked; get_secret_value() of it is not.
            inside = [*node.args, *(keyword.value for keyword in node.keywords)]
            if isinstance(node.func, nodes.Attribute):
                if node.func.attrname == "get_secret_value":
                    name = named(node.func.expr)
                    if is_secret_name(name):
                        yield node, name
                    return
                inside.append(node.func.expr)
        case nodes.JoinedStr() | nodes.FormattedValue() | nodes.BinOp() | nodes.List() | nodes.Tuple() | nodes.Dict():
            inside = list(node.get_children())
        case _:
            return
    for each in inside:
        yield from secrets_in(each)


def _is_open(node: nodes.NodeNG) -> bool:
    """Whether a secret can be read in what an expression gives."""
    if re.search(r"Secret(?:Str|Bytes)$", origin(node)):
        return False
    inferred = safe_infer(node)
    value = inferred.value if isinstance(inferred, nodes.Const) else ""
    return isinstance(value, str | bytes) and not isinstance(inferred, nodes.ClassDef | nodes.FunctionDef)
