"""Report of the results: one row per claim, a table on stdout, JSON in a file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Sample, ratios


@dataclass(frozen=True, slots=True)
class Row:
    """One measured claim.

    :param what: what was measured, and against what.
    :param value: the number that ``must`` and ``aim`` refer to.
    :param unit: of the value: ``x`` for a ratio, ``records/s``, ``B``, ``MB``.
    :param must: bound to keep; None where only the number is of interest.
    :param least: the bounds are lower ones; otherwise upper ones.
    :param note: how it was measured, in a few words.
    :param details: everything that the value was computed from.
    """

    name: str
    what: str
    value: float
    unit: str
    must: float | None = None
    aim: float | None = None
    least: bool = True
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def meets(self, bound: float | None) -> bool | None:
        """Whether a bound is kept; None if there is none."""
        if bound is None:
            return None
        return self.value >= bound if self.least else self.value <= bound


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers against a size, for the scaling."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def ratio_row(
    name: str,
    what: str,
    ours: Sequence[Sample],
    theirs: Sequence[Sample],
    must: float | None = None,
    aim: float | None = None,
    note: str = "",
) -> Row:
    """A row of CPU time per record, theirs over ours: the median of the rounds."""
    every = ratios(ours, theirs)
    details = {
        "ratio_by_round": [round(one, 2) for one in every],
        "ours": [_sample(one) for one in ours],
        "theirs": [_sample(one) for one in theirs],
    }
    return Row(name, what, statistics.median(every), "x", must, aim, True, note, details)


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "records": sample.records,
        "us_per_record": round(sample.microseconds, 3),
        "cpu_client_s": round(sample.cost.client, 4),
        "cpu_server_s": round(sample.cost.server, 4),
        "wall_s": round(sample.cost.wall, 4),
    }


def rate_of(samples: Sequence[Sample]) -> dict[str, Any]:
    """The rounds of one contestant, for the details of a row."""
    return {"rounds": [_sample(one) for one in samples]}


def text(rows: Iterable[Row], tables: Iterable[Table], conditions: dict[str, Any]) -> str:
    """All results as Markdown."""
    header = ("what", "measured", "must", "met", "aim", "met", "how")
    body = [
        (
            row.what,
            _with_unit(row.value, row.unit),
            _bound(row, row.must),
            _yes(row.meets(row.must)),
            _bound(row, row.aim),
            _yes(row.meets(row.aim)),
            row.note,
        )
        for row in rows
    ]
    load = " ".join(f"{one:.2f}" for one in conditions["load_average"])
    parts = [
        f"{conditions['date']}, {conditions['commit']}, {conditions['cpu']},"
        f" {conditions['cores']} cores, {conditions['memory_gb_per_s']} GB/s of memory (triad),"
        f" load average {load},"
        f" {conditions['postgresql']}, GDAL {conditions['gdal']}",
        "",
        *_table(header, body),
    ]
    for table in tables:
        cells = [[_cell(one) for one in row] for row in table.rows]
        parts += ["", f"**{table.title}**", "", *_table(table.columns, cells)]
    return "\n".join(parts)


def as_json(rows: Iterable[Row], tables: Iterable[Table], conditions: dict[str, Any]) -> str:
    """All results as JSON, with everything that they were computed from."""
    described = [
        asdict(row) | {"met": row.meets(row.must), "aim_met": row.meets(row.aim)} for row in rows
    ]
    whole = {
        "conditions": conditions,
        "rows": described,
        "tables": [asdict(table) for table in tables],
    }
    return json.dumps(whole, indent=2)


def write(path: Path, content: str) -> None:
    """Write a file aside, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(content + "\n")
    aside.replace(path)


def _table(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in (header, *body)) for i in range(len(header))]
    lines = [[cell.ljust(width) for cell, width in zip(r, widths, strict=True)] for r in body]
    head = [cell.ljust(width) for cell, width in zip(header, widths, strict=True)]
    rule = ["-" * width for width in widths]
    return [f"| {' | '.join(line)} |" for line in (head, rule, *lines)]


def _with_unit(value: float, unit: str) -> str:
    return f"{_cell(value)} {unit}".strip()


def _bound(row: Row, bound: float | None) -> str:
    return "" if bound is None else f"{'>=' if row.least else '<='} {_cell(bound)}"


def _yes(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "NO"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
