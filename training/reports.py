"""Tables of an evaluation's results, for a terminal or for a Markdown file.

What is read here is what ``training.evaluate`` writes as JSON: model → result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Style = Literal["plain", "markdown"]
PLAIN: Style = "plain"
MARKDOWN: Style = "markdown"
METRICS = {"icc31": "ICC", "mae": "MAE", "pearson": "r", "f1": "F1"}
Results = Mapping[str, Mapping[str, Any]]


def report(title: str, results: Results, style: Style = PLAIN, *, brief: bool = False) -> str:
    """Tables of one set's results: averages, a row a model; then AUs, a column a model.

    Args:
        title: the set's name.
        results: model → what its result says as JSON.
        style: of the tables.
        brief: averages alone.
    """
    films = any("films" in result for result in results.values())
    parts = [_film_averages(title, results, style) if films else _averages(title, results, style)]
    if not brief:
        parts += _film_details(title, results, style) if films else _details(title, results, style)
    return "\n\n".join(parts)


def table(rows: Sequence[Sequence[str]], style: Style = PLAIN) -> str:
    """Rows of cells, the first row the heading; numbers flush right in a terminal."""
    if style == MARKDOWN:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    )


def number(value: float | None, digits: int = 2) -> str:
    """Two digits, no zero before the point; a point alone for what is not known."""
    if value is None or math.isnan(value):
        return "."
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and text.lstrip("-")[0] == "0" else text


def _averages(title: str, results: Results, style: Style) -> str:
    """A row a model and group of AUs."""
    heading = (title, "over", *METRICS.values(), "AUs", "yaw, pitch off", "found")
    rows: list[Sequence[str]] = [heading]
    for model, result in results.items():
        pose = f"{number(math.degrees(_float(result['pose_error_rad'])), 1)}°"
        found = f"{100 * result['found']:.1f} %"
        for group, score in result["averages"].items():
            cells = [number(score[metric]) for metric in METRICS]
            rows.append((model, group, *cells, str(score["count"]), pose, found))
    return table(rows, style)


def _details(title: str, results: Results, style: Style) -> list[str]:
    """One model: all metrics of each AU. Several: ICC and MAE of each, side by side."""
    aus = list(dict.fromkeys(au for result in results.values() for au in result["aus"]))
    if len(results) == 1:
        (scores,) = (result["aus"] for result in results.values())
        rows = [
            [au, *(number(scores[au][m]) for m in METRICS), str(scores[au]["count"])] for au in aus
        ]
        return [table([[title, *METRICS.values(), "n"], *rows], style)]
    return [_side_by_side(title, results, aus, metric, style) for metric in ("icc31", "mae")]


def _side_by_side(title: str, results: Results, aus: list[str], metric: str, style: Style) -> str:
    rows = [
        [au, *(number(result["aus"].get(au, {}).get(metric)) for result in results.values())]
        for au in aus
    ]
    return table([[f"{title}, {METRICS[metric]}", *results], *rows], style)


def _film_averages(title: str, results: Results, style: Style) -> str:
    groups = list(dict.fromkeys(g for result in results.values() for g in result["averages"]))
    rows = []
    for model, result in results.items():
        values = [_count(result["averages"].get(group), group) for group in groups]
        rows.append([model, *values, f"{number(100 * _float(result['found']), 1)} %"])
    return table([[title, *groups, "found"], *rows], style)


def _count(value: float | None, group: str) -> str:
    return number(value, 0 if group.endswith("vary") else 2)


def _film_details(title: str, results: Results, style: Style) -> list[str]:
    """Medians of each AU, a column a model; of one model, each film too."""
    columns = list(dict.fromkeys(c for result in results.values() for c in result["medians"]))
    films: dict[str, Mapping[str, float]] = {m: r["medians"] for m, r in results.items()}
    if len(results) == 1:
        (result,) = results.values()
        films = {**result["films"], "median": result["medians"]}
    rows = [[c, *(number(values.get(c)) for values in films.values())] for c in columns]
    return [table([[f"{title}, r", *films], *rows], style)]


def _float(value: float | None) -> float:
    return math.nan if value is None else value
