"""Counters in Prometheus' text format, version 0.0.4. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One number, or one a label value.

    Attributes:
        name: without the prefix; counters end in _total, units stand in the name.
        help: one line.
        kind: what Prometheus calls its type.
        samples: (label value, number); the label value is "" for a metric without a label.
        label: name of the label, "" for none.
    """

    name: str
    help: str
    kind: Literal["counter", "gauge"]
    samples: tuple[tuple[str, float], ...]
    label: str = ""


def gauge(name: str, help: str, value: float) -> Metric:
    """A gauge without a label."""
    return Metric(name, help, "gauge", (("", value),))


def counter(name: str, help: str, value: float) -> Metric:
    """A counter without a label."""
    return Metric(name, help, "counter", (("", value),))


def exposition(metrics: Iterable[Metric]) -> str:
    """The text a scrape gets."""
    return "".join(_lines(metric) for metric in metrics)


def _lines(metric: Metric) -> str:
    name = f"geface_{metric.name}"
    lines = [f"# HELP {name} {_escaped(metric.help)}", f"# TYPE {name} {metric.kind}"]
    for value_of_label, value in metric.samples:
        quoted = _escaped(value_of_label).replace('"', '\\"')
        labels = f'{{{metric.label}="{quoted}"}}' if metric.label else ""
        lines.append(f"{name}{labels} {value:g}" if value % 1 else f"{name}{labels} {value:.0f}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
