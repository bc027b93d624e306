"""What Prometheus and Grafana are given to watch by says only what the program says, and leaves nothing of it out."""

import json
import re
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Gauge

from bot.domain.messages.message import MessageStatus
from bot.processes import gauges

DOCS = Path(__file__).parents[2] / "docs"
NAME = re.compile(r"\bnightporter_[a-z_]+")
LABELS = re.compile(r"\{\{ ?\$labels\.(\w+) ?\}\}|by \(([^)]*)\)")
KNOWN = {
    (one._name + ("_total" if isinstance(one, Counter) else "")): set(one._labelnames)
    for one in vars(gauges).values()
    if isinstance(one, Counter | Gauge)
}


_RULE = re.compile(
    r"      - alert: (?P<alert>\w+)\n"
    r"        expr: (?P<expr>.+)\n"
    r"(?:        for: \d+[mh]\n)?"
    r"        labels: \{severity: (?P<severity>\w+)\}\n"
    r"        annotations:\n"
    r"          summary: (?P<summary>.+)\n"
)


def rules() -> list[dict[str, str]]:
    """YAML's few shapes that stand there, and no others: all of the file is read."""
    text = (DOCS / "alerts.yaml").read_text()
    body = text[text.index("    rules:\n") + len("    rules:\n") :]
    assert "".join(found.group() for found in _RULE.finditer(body)) == body
    return [found.groupdict() for found in _RULE.finditer(body)]


def panels() -> list[dict[str, Any]]:
    return list(json.loads((DOCS / "grafana.json").read_text())["panels"])


def test_every_name_is_one_of_ours() -> None:
    for text in (*(rule["expr"] for rule in rules()), *(panel["targets"][0]["expr"] for panel in panels())):
        assert set(NAME.findall(text)) <= set(KNOWN), text


def test_nothing_that_we_tell_is_left_unwatched() -> None:
    shown = {name for panel in panels() for name in NAME.findall(panel["targets"][0]["expr"])}
    assert shown == set(KNOWN)
    warned = {name for rule in rules() for name in NAME.findall(rule["expr"])}
    # The clock's own gauge is its process's; its sign of life is told by every web process.
    counts = {"nightporter_nudges_total", "nightporter_swept_total", "nightporter_deliveries_total"}
    assert set(KNOWN) - warned == counts | {"nightporter_last_sweep_timestamp_seconds"}


def test_labels_are_those_of_what_is_asked_for() -> None:
    for rule in rules():
        named = set().union(*(KNOWN[name] for name in NAME.findall(rule["expr"])), {"job"})
        said = [*LABELS.findall(rule["expr"]), *LABELS.findall(rule["summary"])]
        asked = {label.strip() for pair in said for one in pair for label in one.split(",") if label.strip()}
        assert asked <= named, rule["alert"]
        assert rule["severity"] in ("page", "ticket")
    for panel in panels():
        target = panel["targets"][0]
        named = set().union(*(KNOWN[name] for name in NAME.findall(target["expr"])))
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= named, panel["title"]


def test_states_of_texts_are_those_that_there_are() -> None:
    (states,) = re.findall(r'state=~"([\w|]+)"', (DOCS / "alerts.yaml").read_text())
    assert set(states.split("|")) <= {status.value for status in MessageStatus}
