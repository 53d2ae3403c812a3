"""A comparison as rows for tables and files, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from dias_cbm.csv_cells import write_rows
from dias_cbm.series.compare import BandFacts, Comparison, Row
from dias_cbm.series.moments import Difference

_DAYS_SHOWN = 10
_COLUMNS = (
    "card", "band", "unit", "crop", "month", *(one.name for one in fields(Difference)), "only_a",
    "only_b", "lag_days",
)  # fmt: skip


def plain(comparison: Comparison) -> dict[str, Any]:
    """All of it, for JSON."""
    return {
        "season": comparison.season,
        "a": comparison.a,
        "b": comparison.b,
        "blocks": comparison.blocks,
        "lag_blocks": comparison.lag_blocks,
        "bands": [asdict(one) for one in comparison.bands],
        "rows": [values_of(row) for row in comparison.rows],
    }


def values_of(row: Row) -> dict[str, Any]:
    """A row with all its numbers."""
    return {
        "card": row.card,
        "band": row.band,
        "unit": row.unit,
        "crop": row.crop,
        "month": row.month,
        **asdict(row.difference),
    }


def write_csv(comparison: Comparison, path: Path) -> None:
    """Write all rows; an empty crop or month stands for all.

    :raises OutputError: it cannot be written.
    """
    write_rows(path, _COLUMNS, _file_rows(comparison))


def _file_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """All rows; those of a whole band also have what only one series has, and the lag in days."""
    facts = {(one.card, one.band): one for one in comparison.bands}
    for row in comparison.rows:
        values = values_of(row)
        if row.crop is None and row.month is None:
            of_band = facts[row.card, row.band]
            values |= {"only_a": of_band.only_a, "only_b": of_band.only_b}
            values["lag_days"] = None if of_band.lag is None else of_band.lag.days
        yield values


def table(comparison: Comparison) -> list[dict[str, Any]]:
    """A row for each band and unit, of all crops and months, with rounded numbers."""
    facts = {(one.card, one.band): one for one in comparison.bands}
    found = []
    for row in comparison.rows:
        if row.crop is not None or row.month is not None:
            continue
        lag = facts[row.card, row.band].lag
        one = row.difference
        found.append(
            {
                "card": row.card,
                "band": f"{row.band} {row.unit}".strip(),
                "pairs": f"{one.pairs:,}",
                "bias": _rounded(one.bias),
                "spread": _rounded(one.spread),
                "median": _rounded(one.median),
                "robust": _rounded(one.robust_spread),
                "correlation": "" if one.correlation is None else f"{one.correlation:.4f}",
                "lag": "" if lag is None or lag.days is None else f"{lag.days} d",
            }
        )
    return found


def _rounded(value: float) -> str:
    return f"{value:.4g}"


def lines(comparison: Comparison) -> Iterator[str]:
    """Sentences on what could not be compared."""
    names = comparison.a, comparison.b
    for one in comparison.bands:
        title = f"{one.card} {one.band}"
        if not one.both:
            yield f"{title}: no parcel has a value of both on one day"
        alone = ((names[0], one.only_a, one.days_only_a), (names[1], one.only_b, one.days_only_b))
        for name, values, days in alone:
            if values:
                where = f"; days that only it has: {_listed(days)}" if days else ""
                yield f"{title}: {values:,} values only in {name}{where}"
        yield from _left_out(title, one)


def _left_out(title: str, one: BandFacts) -> Iterator[str]:
    if one.ambiguous:
        yield (
            f"{title}: {one.ambiguous:,} values of days with passes of both directions were left"
            " out, since a source does not tell the direction"
        )
    if one.not_positive:
        yield f"{title}: {one.not_positive:,} pairs have no decibels, being 0 or less"


def _listed(days: list[Any]) -> str:
    shown = ", ".join(str(day) for day in days[:_DAYS_SHOWN])
    more = len(days) - _DAYS_SHOWN
    return shown if more <= 0 else f"{shown} and {more} more"
