"""The state of a season in numbers: passes, gaps, list, verdicts, markers, and what runs now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dias_cbm.completeness.proof import Check, Month, Proof
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.notices.content import simulated
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.data import answer_counts
from dias_cbm.window.data.memory import Memory
from dias_cbm.window.data.passes_of_season import Passes

#: Items of a check that a page shows; all of them come from ``cbm season status``.
MOST_ITEMS = 5
_COUNTS = ("expected", "found", "cloudy", "confirmed", "open", "not_planned", "not_run")


@dataclass(frozen=True, slots=True)
class Failing:
    """A check that does not hold yet.

    :param items: the first of what fails it.
    """

    check: str
    count: int
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Summary:
    """A season at a moment.

    :param simulated: some of its scenes are simulated.
    :param sentence: whether it is finished, in words.
    :param cards: passes per tile, for each card over all months.
    :param months: the same for each card and month, with scenes.
    :param gaps: open gaps by card, cause and state.
    :param work: the latest list and how much of it is decided; None: no list yet.
    :param markers: parcels by marker, status and reason, newest answers.
    :param schemes: parcels by scheme and colour, newest run.
    :param running: scenes and units of extraction in hand or waiting, by card; of all units of
        these scenes ``done`` and ``total``, and ``begun``, when the first was worked on.
    """

    name: str
    starts: Any
    ends: Any
    srid: int
    at: datetime
    parcels: int
    simulated: bool
    sentence: str
    failing: Sequence[Failing]
    cards: Sequence[Mapping[str, Any]]
    months: Sequence[Month]
    gaps: Sequence[Mapping[str, Any]]
    work: Mapping[str, Any] | None
    markers: Sequence[Mapping[str, Any]]
    schemes: Sequence[Mapping[str, Any]]
    running: Sequence[Mapping[str, Any]]


def summary(connection: Connection, season: Season, memory: Memory) -> Summary:
    """The state of a season; its passes are some seconds old at most."""
    found = memory.passes(connection, season)
    values = {"season": season.id}
    parcels = connection.execute(query("window/parcels"), values).fetchone()
    return Summary(
        season.name,
        season.starts,
        season.ends,
        season.srid,
        found.at,
        parcels.parcels if parcels else 0,
        simulated(connection, season),
        sentence(found.progress),
        [
            Failing(check, len(items), items[:MOST_ITEMS])
            for check, items in found.progress.failing.items()
            if items
        ],
        _cards(found.progress.months),
        found.progress.months,
        _open_gaps(found),
        _work(connection, season, memory),
        _markers(connection, season, memory),
        _schemes(connection, season, memory),
        _rows(connection, "window/running", values),
    )


def lines(connection: Connection) -> list[dict[str, Any]]:
    """Every season with its gaps and its list in one line, from stored counts alone."""
    rows = _rows(connection, "window/seasons", {})
    return [row | {"line": _line(row)} for row in rows]


def sentence(found: Proof) -> str:
    """Whether a season is finished, as far as is known without reading all signatures."""
    failing = {check: len(items) for check, items in found.failing.items() if items}
    if not any(month.expected or month.not_run for month in found.months):
        return "No pass has been seen yet."
    if not failing:
        return (
            "Every expected pass and every scene has an end state;"
            " cbm season status compares the records too."
        )
    parts = []
    if open_passes := failing.get(Check.PASSES_ENDED):
        parts.append(f"{open_passes} passes over tiles have no end state")
    if open_scenes := failing.get(Check.SCENES_ENDED):
        parts.append(f"{open_scenes} scenes are not processed to the end")
    if Check.SEASON_OVER in failing:
        parts.append(found.failing[Check.SEASON_OVER][0])
    return f"Not finished: {'; '.join(parts)}."


def _cards(months: Sequence[Month]) -> list[dict[str, Any]]:
    totals: dict[Card, Counter[str]] = {}
    for month in months:
        total = totals.setdefault(month.card, Counter())
        for name in _COUNTS:
            total[name] += getattr(month, name)
    return [
        {"card": card} | {name: total[name] for name in _COUNTS} for card, total in totals.items()
    ]


def _open_gaps(found: Passes) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    oldest: dict[tuple[str, str, str], datetime] = {}
    for gap in found.gaps:
        if gap.state.is_open:
            key = (str(gap.card), str(gap.cause), str(gap.state))
            counts[key] += 1
            oldest[key] = min(oldest.get(key, gap.expected_at), gap.expected_at)
    names = ("card", "cause", "state")
    return [
        dict(zip(names, key, strict=True)) | {"gaps": number, "oldest": oldest[key]}
        for key, number in counts.most_common()
    ]


def _work(connection: Connection, season: Season, memory: Memory) -> dict[str, Any] | None:
    values = {"season": season.id}
    run = connection.execute(query("window/latest_list"), values).fetchone()
    if run is None:
        return None
    counted = memory.of_run(
        "list", run.id, lambda: _rows(connection, "window/list_counts", {"run": run.id})
    )
    decided = _rows(connection, "window/list_decided", values | {"run": run.id})
    return {
        "run": run.id,
        "made_at": run.made_at,
        **{row["status"]: row["parcels"] for row in counted},
        "decided": {row["status"]: row["decided"] for row in decided},
    }


def _markers(connection: Connection, season: Season, memory: Memory) -> list[dict[str, Any]]:
    values = {"season": season.id}
    newest = connection.execute(query("window/latest_marker_run"), values).fetchone()
    if newest is None or newest.id is None:
        return []
    return memory.of_run("markers", newest.id, lambda: answer_counts.markers(connection, season.id))


def _schemes(connection: Connection, season: Season, memory: Memory) -> list[dict[str, Any]]:
    run = connection.execute(query("rules/latest"), {"season": season.id}).fetchone()
    if run is None:
        return []
    counts = memory.of_run("schemes", run.id, lambda: answer_counts.schemes(connection, run.id))
    return [{"run": run.id, "made_at": run.made_at, **row} for row in counts]


def _rows(connection: Connection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in connection.execute(query(name), values)]


def _line(row: Mapping[str, Any]) -> str:
    gaps = row["gaps_open"]
    parts = [f"{gaps} {'gap' if gaps == 1 else 'gaps'} open" if gaps else "no gaps open"]
    if row["gaps_late"]:
        parts.append(f"{row['gaps_late']} of them late")
    if row["last_day"] is not None:
        parts.append(f"processed up to {row['last_day']}")
    if row["list_made_at"] is not None:
        parts.append(f"list of {row['list_made_at']:%Y-%m-%d}")
    return f"{row['name']}: {', '.join(parts)}"


def as_json(found: Summary) -> dict[str, Any]:
    """The summary as plain values."""
    return asdict(found)
