"""Secrets that end up in metrics and traces."""

from __future__ import annotations

import re

from astroid import nodes
from pylint.interfaces import HIGH, INFERENCE, INFERENCE_FAILURE, Confidence

from lockgate.lint.checker import Checker, Rule
from lockgate.lint.code import argument, is_call_of, named, secrets_in, source
from lockgate.lint.words import is_ambiguous

_ALL = re.compile(
    r"prometheus_client\.(?:.*\.)?(?:labels|info|state|inc|observe)"
    r"|(?:statsd|datadog|ddtrace|aiodogstatsd)\.(?:.*\.)?(?:incr|decr|increment|decrement|gauge|histogram|distribution|timing|timed|set|event|set_tags?|set_metric)"
    r"|opentelemetry\.(?:.*\.)?(?:set_attributes?|add_event|start_(?:as_current_)?span|add|record|set_status|update_name|set_baggage)"
    r"|newrelic\.agent\.(?:add_custom_(?:attributes?|parameters?)|record_custom_(?:event|metric))"
    r"|sentry_sdk\.(?:.*\.)?(?:set_tags?|set_context|set_data|add_breadcrumb|start_span|start_transaction)"
)
# Methods that are telling by themselves where the object comes from elsewhere.
_LABELS = re.compile(r"labels|set_attributes?|set_tags?|add_custom_attributes?")
_OWNER = re.compile(r"(?:.*_)?(?:span|tracer|transaction|scope|metrics?|statsd|dogstatsd)", re.IGNORECASE)
_TAGS = ("tags", "attributes", "labels")


class Check(Checker):
    """Looks at labels, tags and attributes."""

    rule = Rule(
        number=21,
        symbol="secret-in-telemetry",
        message="%r is a label, tag or attribute of telemetry: whoever sees the dashboards has it",
        summary="A secret becomes a label of a metric, a tag, or an attribute of a span.",
        explanation=(
            "Metrics and traces are sent to other systems, shown on dashboards, kept for long, and often served without a"
            " password (`/metrics`). A secret as a label also makes one time series for each value. Known are"
            " prometheus_client, statsd, datadog, OpenTelemetry, New Relic and Sentry; objects that come from elsewhere are"
            " judged by their methods (`labels`, `set_attribute`)."
        ),
        fix="Use what identifies the secret: a user, a key's id, a plan.",
        severity="medium",
        cwe=(532, 200),
        bad=(
            "from prometheus_client import Counter\n\n"
            'CALLS = Counter("calls", "Calls by key.", ["api_key"])\n\n\n'
            "def count(api_key):\n    CALLS.labels(api_key=api_key).inc()\n"
        ),
        good=(
            "from prometheus_client import Counter\n\n"
            'CALLS = Counter("calls", "Calls by customer.", ["customer"])\n\n\n'
            "def count(customer):\n    CALLS.labels(customer=customer.id).inc()\n"
        ),
        sure=False,
    )

    def visit_call(self, node: nodes.Call) -> None:
        """`COUNTER.labels(token)`, `span.set_attribute("token", token)`, `statsd.incr("a", tags=[token])`."""
        if is_call_of(node, _ALL):
            self._judge([*node.args, *(keyword.value for keyword in node.keywords)], HIGH)
        elif isinstance(node.func, nodes.Attribute):
            method, owner = node.func.attrname, named(node.func.expr)
            if method == "labels" or (_LABELS.fullmatch(method) and _OWNER.fullmatch(owner)):
                self._judge([*node.args, *(keyword.value for keyword in node.keywords)], INFERENCE)
            elif _OWNER.fullmatch(owner):
                tags = argument(node, None, *_TAGS)
                self._judge([] if tags is None else [tags], INFERENCE)

    def _judge(self, given: list[nodes.NodeNG], confidence: Confidence) -> None:
        for each in given:
            for secret, name in secrets_in(source(each) or each):
                self.tell(secret, name, confidence=INFERENCE_FAILURE if is_ambiguous(name) else confidence)
