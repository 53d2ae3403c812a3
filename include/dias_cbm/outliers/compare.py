"""Comparison of two runs: who came onto the list, who went, who moved, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from dias_cbm.csv_cells import write_rows
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, SeasonError

#: A parcel that stays on the list has moved if its rank changed by this share of the list.
MOVED_SHARE = 0.1

# A reason for being inconclusive that follows from a limit, not from the signal.
_LIMITS = {"small_parcel", "rare_crop", "no_declaration"}
# One that follows from the number of observations.
_DATA = {"thin_data", "no_observations"}
# Inputs that a run keeps among its options, and their names for people.
_KEPT_BESIDE = {"groups": "groups of crops", "inspections": "decisions"}


class Move(StrEnum):
    """What happened to a parcel between two lists."""

    CAME = "came"
    WENT = "went"
    MOVED = "moved"


class Why(StrEnum):
    """Why a parcel came, went or moved; the first that applies, in this order."""

    PARCEL = "parcel"
    CROP = "crop"
    LIMITS = "limits"
    BUDGET = "budget"
    OBSERVATIONS = "observations"
    PROBABILITY = "probability"


@dataclass(frozen=True, slots=True)
class Change:
    """A parcel that came, went or moved.

    :param why_in_words: with the values that changed.
    """

    pid: str
    move: Move
    why: Why
    why_in_words: str
    declared: str | None
    predicted: str | None
    rank_before: int | None
    rank_after: int | None
    probability_before: float | None
    probability_after: float | None


@dataclass(frozen=True, slots=True)
class RunOf:
    """One of the two runs.

    :param model: hash of all that decides the list.
    :param labels: hash of the declared crops.
    :param means: hash of the feature matrix; None for a run of an early version.
    :param code: version that made the list.
    :param settings: settings and seeds, the groups of crops, and the hash of the decisions.
    :param listed: red parcels.
    :param last_rank: of the last of them; 0 without any.
    """

    run: int
    made_at: datetime
    model: str
    labels: str
    means: str | None
    code: str | None
    settings: Mapping[str, Any] | None
    listed: int
    last_rank: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of one season.

    :param stayed: parcels that are red in both.
    :param changes: by move, then by rank.
    """

    season: str
    before: RunOf
    after: RunOf
    stayed: int
    changes: list[Change]

    @property
    def same_input(self) -> bool:
        """Whether features, declarations, parameters and code are the same."""
        return self.before.model == self.after.model

    def different(self) -> list[str]:
        """Which of the inputs differ: declared crops, means, settings, groups, decisions, code."""
        before, after = self.before, self.after
        pairs = {
            "declared crops": (before.labels, after.labels),
            "means": (before.means, after.means),
            "settings": (_settings(before.settings), _settings(after.settings)),
            **{
                words: ((before.settings or {}).get(name), (after.settings or {}).get(name))
                for name, words in _KEPT_BESIDE.items()
            },
            "code": (before.code, after.code),
        }
        return [name for name, (one, other) in pairs.items() if one != other]

    def counts(self) -> dict[tuple[Move, Why], int]:
        """Parcels per move and reason."""
        return dict(Counter((change.move, change.why) for change in self.changes))


def compare(connection: Connection, before: int, after: int) -> Comparison:
    """Compare the red parcels of two runs.

    :raises NotEnoughData: there is no such run.
    :raises SeasonError: they are of two seasons.
    """
    found = connection.execute(query("outliers/run_pair"), {"runs": [before, after]}).fetchall()
    runs = {row.id: row for row in found}
    for run in (before, after):
        if run not in runs:
            raise NotEnoughData("there is no such outlier run", subject=f"run {run}")
    if runs[before].season != runs[after].season:
        names = f"{runs[before].season_name} and {runs[after].season_name}"
        raise SeasonError("are of two seasons", subject=f"runs of {names}")
    pair = _run_of(runs[before]), _run_of(runs[after])
    rows = connection.execute(
        query("outliers/list_changes"), {"before": before, "after": after}
    ).fetchall()
    return Comparison(runs[before].season_name, *pair, *changes_of(rows, *pair))


def changes_of(rows: Sequence[Any], before: RunOf, after: RunOf) -> tuple[int, list[Change]]:
    """Parcels that stayed, and the changes.

    :param rows: of the query ``outliers/list_changes``.
    """
    stayed, changes = 0, []
    least = max(1, MOVED_SHARE * max(before.listed, after.listed))
    for row in rows:
        was, now = row.status_before == "outlier", row.status_after == "outlier"
        stayed += was and now
        if was and now and abs(row.rank_after - row.rank_before) < least:
            continue
        move = Move.MOVED if was and now else Move.CAME if now else Move.WENT
        why, words = _why(row, move, before, after)
        changes.append(
            Change(
                pid=row.pid,
                move=move,
                why=why,
                why_in_words=words,
                declared=row.declared_after if row.is_there else row.declared_before,
                predicted=row.predicted_after if row.is_there else row.predicted_before,
                rank_before=row.rank_before,
                rank_after=row.rank_after,
                probability_before=row.probability_before,
                probability_after=row.probability_after,
            )
        )
    changes.sort(key=lambda change: list(Move).index(change.move))
    return stayed, changes


def _why(row: Any, move: Move, before: RunOf, after: RunOf) -> tuple[Why, str]:
    if not (row.was_there and row.is_there):
        return Why.PARCEL, "the parcel is new" if row.is_there else "the parcel is gone"
    if row.declared_before != row.declared_after:
        return Why.CROP, (
            f"declared {row.declared_before or 'nothing'} before,"
            f" {row.declared_after or 'nothing'} after"
        )
    reasons = row.reason_before, row.reason_after
    seen = row.observations_before, row.observations_after
    observed = Why.OBSERVATIONS, f"{seen[0]} observations before, {seen[1]} after"
    if move is not Move.MOVED:
        if reasons[0] in _LIMITS:
            return Why.LIMITS, f"{reasons[0]} before"
        if reasons[1] in _LIMITS:
            return Why.LIMITS, f"{reasons[1]} after"
        if _DATA.intersection(reasons):
            return observed
        rank, last = (
            (row.rank_before, after.last_rank)
            if move is Move.CAME
            else (row.rank_after, before.last_rank)
        )
        if before.listed != after.listed and rank is not None and rank <= last:
            return Why.BUDGET, f"the list had {before.listed} parcels, it has {after.listed}"
    if seen[0] != seen[1]:
        return observed
    values = row.probability_before, row.probability_after
    words = ["unknown" if value is None else f"{value:.3f}" for value in values]
    return Why.PROBABILITY, f"P(declared) was {words[0]}, it is {words[1]}"


def _settings(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (options or {}).items() if name not in _KEPT_BESIDE}


def _run_of(row: Any) -> RunOf:
    return RunOf(
        run=row.id,
        made_at=row.made_at,
        model=row.model,
        labels=row.labels,
        means=row.means,
        code=row.code,
        settings=row.options,
        listed=row.listed,
        last_rank=row.last_rank or 0,
    )


def write_csv(comparison: Comparison, path: Path) -> int:
    """Write the changes as CSV, complete or not at all; returns the rows written."""
    columns = [field.name for field in fields(Change)]
    return write_rows(path, columns, map(asdict, comparison.changes))
