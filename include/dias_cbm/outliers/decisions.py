"""Decisions: what people found on parcels, recorded once and never changed.

A decision is about the latest list of its season, unless it names another, and takes along what
that list said of the parcel: lists may be removed, decisions stay. Of several on one parcel the
latest is in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import DecisionError
from dias_cbm.outliers.calibration import Findings
from dias_cbm.outliers.finding import Finding, Source
from dias_cbm.outliers.precision import Inspected

#: Somewhere on Earth a day has begun this long before it does in UTC.
_EARLIEST_ZONE = timedelta(hours=14)

# Winter crops are sown, and may be inspected, in the year before.
_BEFORE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person found on a parcel.

    :param finding: about the declared crop.
    :param by: the person.
    :param true_crop: if it was seen.
    :param run: the list that the decision is about; None for the latest.
    :param made_at: when it was found; None for now.
    :param user_id: of the person, as the window's host knows the user.
    :param photo: reference to a photo.
    :param request: key of the request that brought it; one user's key is used once in a season.
    :param withdraws: id of the decision that this one takes back: ``finding`` is then a copy of
        that one's, and says nothing of the parcel.
    """

    pid: str
    finding: Finding
    by: str
    true_crop: str | None = None
    run: int | None = None
    made_at: datetime | None = None
    note: str | None = None
    user_id: str | None = None
    photo: str | None = None
    request: str | None = None
    withdraws: int | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """The decision in force on a parcel.

    :param declared: the crop that was declared when it was made.
    :param status: outlier, inconclusive or confirmed; None if no list had the parcel, and then
        ``rank``, ``ranked`` and the odds are None too.
    :param rank_odds: of :func:`dias_cbm.outliers.calibration.rank_odds`, in that list.
    """

    id: int
    pid: str
    run: int | None
    finding: Finding
    true_crop: str | None
    by: str
    made_at: datetime
    note: str | None
    source: Source
    declared: str | None
    status: str | None
    rank: int | None
    ranked: int | None
    swap_odds: float | None
    rank_odds: float | None
    area_ha: float | None


def record(connection: Connection, season: int, decision: Decision, source: Source) -> int:
    """Record one decision; does not commit.

    :param season: id of the season.
    :returns: its id.
    :raises DecisionError: the decision cannot be true; see :func:`problems`.
    """
    texts = (decision.pid, decision.by, decision.true_crop, decision.note, decision.photo)
    if any("\0" in text for text in texts if text is not None):
        raise DecisionError("a text contains a zero byte", subject=f"parcel {decision.pid!r}")
    if found := problems(connection, season, [decision])[0]:
        raise DecisionError(found, subject=f"parcel {decision.pid}")
    number = insert(connection, season, decision, source)
    if number is None:
        raise AssertionError("a decision that comes from no file is always added")
    return number


def insert(
    connection: Connection,
    season: int,
    decision: Decision,
    source: Source,
    file_hash: str | None = None,
    file_line: int | None = None,
) -> int | None:
    """Add a checked decision; does not commit.

    :returns: its id; None if this line of a file, or the same words of a file about the same
        moment, are known.
    """
    values = {
        "season": season,
        "pid": decision.pid,
        "run": decision.run,
        "finding": decision.finding.value,
        "true_crop": decision.true_crop,
        "by": decision.by,
        "made_at": decision.made_at,
        "note": decision.note,
        "user_id": decision.user_id,
        "photo": decision.photo,
        "request": decision.request,
        "withdraws": decision.withdraws,
        "source": source.value,
        "file_hash": file_hash,
        "file_line": file_line,
    }
    row = connection.execute(query("decisions/record"), values).fetchone()
    return None if row is None else int(row.id)


def problems(connection: Connection, season: int, decisions: Sequence[Decision]) -> list[str]:
    """For each decision why it cannot be recorded; empty where it can.

    :param season: id of the season.
    """
    values = {
        "season": season,
        "pids": [one.pid for one in decisions],
        "runs": [one.run for one in decisions],
    }
    known = connection.execute(query("decisions/known"), values).fetchall()
    latest = datetime.now(UTC) + _EARLIEST_ZONE
    return [_problem(one, row, latest) for one, row in zip(decisions, known, strict=True)]


def _problem(decision: Decision, known: Any, latest: datetime) -> str:
    if decision.run is not None and not known.in_run:
        return f"is not in run {decision.run} of this season"
    if not (known.in_season or known.in_run):
        return "is not a parcel of this season"
    if not decision.by.strip():
        return "it is not said who decided"
    if decision.made_at is not None and decision.made_at > latest:
        return f"{decision.made_at:%Y-%m-%d} lies in the future"
    if decision.made_at is not None and decision.made_at.date() < known.epoch - _BEFORE:
        return f"{decision.made_at:%Y-%m-%d} lies before the season"
    declared, seen = known.declared, decision.true_crop
    if seen is None or declared is None:
        return ""
    if decision.finding is Finding.WRONG and seen == declared:
        return f"found wrong, but {seen!r} is the declared crop"
    if decision.finding is Finding.RIGHT and seen != declared:
        return f"found right, but {seen!r} is not the declared crop, {declared!r}"
    return ""


def in_force(connection: Connection, season: int) -> list[InForce]:
    """The decision in force on each parcel of a season.

    :param season: id of the season.
    """
    return [
        InForce(**row._asdict() | {"finding": Finding(row.finding), "source": Source(row.source)})
        for row in connection.execute(query("decisions/in_force"), {"season": season})
    ]


def findings(decisions: Sequence[InForce], groups: Mapping[str, str] | None = None) -> Findings:
    """Clear findings that can calibrate P(wrong): those whose list ranked the parcel.

    :param groups: name of the group of each crop; a crop of the declared crop's group is not wrong.
    """
    used = [
        (one.rank_odds, wrong)
        for one in decisions
        if one.rank_odds is not None and (wrong := is_wrong(one, groups)) is not None
    ]
    return Findings(
        np.array([odds for odds, _ in used], np.float64),
        np.array([wrong for _, wrong in used], np.bool_),
    )


def inspected(
    decisions: Sequence[InForce], groups: Mapping[str, str] | None = None
) -> list[Inspected]:
    """Decisions as the report on the list counts them.

    :param groups: as for :func:`findings`.
    """
    return [
        Inspected(
            pid=one.pid,
            crop=one.declared or "",
            wrong=is_wrong(one, groups),
            status=one.status,
            rank=one.rank,
            ranked=one.ranked,
            area_ha=one.area_ha,
        )
        for one in decisions
    ]


def is_wrong(decision: InForce, groups: Mapping[str, str] | None = None) -> bool | None:
    """Whether a declaration was found wrong; None if unclear.

    :param groups: as for :func:`findings`.
    """
    if decision.finding is Finding.UNCLEAR:
        return None
    if decision.finding is Finding.WRONG and groups and decision.declared and decision.true_crop:
        declared = groups.get(decision.declared)
        return declared is None or declared != groups.get(decision.true_crop)
    return decision.finding is Finding.WRONG
