"""YAML that makes any object."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, constant, is_call_of, named, origin, source

_LOAD = re.compile(r"yaml\.(?:.*\.)?(?:load|load_all)")
_UNSAFE_LOAD = re.compile(r"yaml\.(?:.*\.)?unsafe_load(?:_all)?")
_SAFE = re.compile(r"yaml\.(?:.*\.)?(?:C?SafeLoader|C?BaseLoader)")
_UNSAFE = re.compile(r"yaml\.(?:.*\.)?C?(?:UnsafeLoader|FullLoader|Loader)")
_RUAMEL = re.compile(r"ruamel\.yaml\.(?:.*\.)?YAML")


class Check(Checker):
    """Looks at calls of PyYAML and ruamel.yaml."""

    rule = Rule(
        number=12,
        symbol="unsafe-yaml-load",
        message="%s can make any object: what is loaded can run code",
        summary="YAML is loaded with a loader that makes arbitrary Python objects.",
        explanation=(
            "A document can name a class or function and its arguments (`!!python/object/apply:os.system`), and the loader calls"
            " it. `FullLoader` was meant to be safe and was not (CVE-2020-14343). A loader that is a class of the project is"
            " not judged."
        ),
        fix="Use `yaml.safe_load`, or `yaml.load` with `SafeLoader`.",
        severity="high",
        cwe=(502,),
        bad="import yaml\n\n\ndef read(text):\n    return yaml.load(text, Loader=yaml.Loader)\n",
        good="import yaml\n\n\ndef read(text):\n    return yaml.safe_load(text)\n",
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`yaml.load(…)`, `YAML(typ="unsafe")`."""
        if is_call_of(node, _UNSAFE_LOAD):
            self.tell(node, named(node.func))
        elif is_call_of(node, _LOAD):
            self._loading(node)
        elif is_call_of(node, _RUAMEL) and constant(argument(node, 0, "typ"))[0] == "unsafe":
            self.tell(node, "YAML(typ='unsafe')")

    def _loading(self, node: nodes.Call) -> None:
        loader = argument(node, 1, "Loader")
        if loader is None:
            self.tell(node, "load without a Loader")
            return
        name = origin(source(loader))
        if not _SAFE.fullmatch(name) and _UNSAFE.fullmatch(name):
            self.tell(node, name.rpartition(".")[2], confidence=HIGH if source(loader) is loader else INFERENCE)
