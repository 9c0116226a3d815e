"""Data that runs code when it is read."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, called, constant, is_call_of, is_fixed, origin

_LOADS = re.compile(
    r"_?pickle\.(?:loads?|_?Unpickler|_loads?)|(?:cloudpickle|dill|cPickle|jsonpickle)\.(?:loads?|decode)|marshal\.loads?"
    r"|shelve\.open|joblib\.load|pandas\.read_pickle"
)
_MARSHAL = re.compile(r"marshal\.loads?")
_CODE = "runs whatever code the data names"
_DUMPED = r"(?:_?pickle|cloudpickle|dill|cPickle|marshal)\.dumps"
_TORCH = re.compile(r"torch\.load")
_NUMPY = re.compile(r"numpy\.load")


class Check(Checker):
    """Looks at what reads pickles and the like."""

    rule = Rule(
        number=13,
        symbol="unsafe-deserialisation",
        message="%s %s",
        summary="A pickle, or data of a like format, is read.",
        explanation=(
            "A pickle is a program, and reading it runs it: who can write the data can run code. That is right only for data that"
            " nobody else can have written. Not told are constants, what was pickled in the same expression, `torch.load` with"
            " `weights_only` not switched off, and `numpy.load` without `allow_pickle=True`."
        ),
        fix="Use JSON, MessagePack or a format with a schema; or verify an HMAC over the data before it is read.",
        severity="medium",
        cwe=(502,),
        bad="import pickle\n\n\ndef read(request):\n    return pickle.loads(request.body)\n",
        good="import json\n\n\ndef read(request):\n    return json.loads(request.body)\n",
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`pickle.loads(data)`."""
        data = argument(node, 0, "file", "data", "filename", "f", "filepath_or_buffer")
        if is_call_of(node, _LOADS):
            if not called(data, _DUMPED) and not _is_literal(data):
                what = "crashes on crafted data, or makes code of it" if is_call_of(node, _MARSHAL) else _CODE
                self.tell(node, origin(node) or node.func.as_string(), what, confidence=HIGH)
        elif constant(argument(node, None, "weights_only"))[0] is False and is_call_of(node, _TORCH):
            self.tell(node, "torch.load with weights_only=False", _CODE, confidence=INFERENCE)
        elif constant(argument(node, None, "allow_pickle"))[0] is True and is_call_of(node, _NUMPY):
            self.tell(node, "numpy.load with allow_pickle=True", _CODE, confidence=INFERENCE)


def _is_literal(data: nodes.NodeNG | None) -> bool:
    """Whether data is written in the code, and no name of a file."""
    return data is not None and is_fixed(data) and isinstance(constant(data)[0], bytes)
