"""Decisions made in the window: both of two inspectors are kept, and the later one learns of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.errors import DecisionError, StateConflict
from dias_cbm.outliers import decisions
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Finding, Source
from dias_cbm.seasons import Season
from dias_cbm.window.data import parcel
from dias_cbm.window.rights import User

COLUMNS = (
    "id", "pid", "run", "finding", "true_crop", "decided_by", "user_id", "made_at", "recorded_at",
    "note", "photo", "source", "declared", "status", "rank", "withdraws", "withdrawn_by",
)  # fmt: skip
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision as a user asks for it.

    :param finding: None to take back the decision ``withdraws``.
    :param seen: id of the newest decision on the parcel that the user has seen; None: of none.
    """

    pid: str
    finding: Finding | None = None
    true_crop: str | None = None
    note: str | None = None
    photo: str | None = None
    run: int | None = None
    made_at: datetime | None = None
    seen: int | None = None
    withdraws: int | None = None


def decide(
    connection: Connection, season: Season, wanted: Wanted, user: User, request: str | None = None
) -> dict[str, Any]:
    """Record a decision, and commit.

    :param request: key of the request; sent again by the same user, it adds nothing.
    :returns: the decision; ``newer``, those on the parcel that the user had not seen; ``told``,
        the same in words; ``repeated``, whether the request was recorded before.
    :raises DecisionError: it cannot be true.
    :raises StateConflict: the key was used for another decision, or what is to be taken back
        cannot be.
    """
    hold(connection, Lock.DECISIONS, season.id)
    number = None if request is None else _known(connection, season, wanted, user, request)
    repeated = number is not None
    if number is None:
        one = _decision(connection, season, wanted, user, request)
        source = Source.API if user.by_key else Source.WINDOW
        number = decisions.record(connection, season.id, one, source)
    rows = history(connection, season, wanted.pid)
    connection.commit()
    newer = [row for row in rows if (wanted.seen or 0) < row["id"] < number]
    return {
        "decision": next(row for row in rows if row["id"] == number),
        "newer": newer,
        "told": _told(newer),
        "repeated": repeated,
    }


def history(connection: Connection, season: Season, pid: str) -> list[dict[str, Any]]:
    """All decisions on a parcel, the newest first; those taken back are among them.

    :raises ParcelUnknown: there is none, and the season has no such parcel.
    """
    values = {"season": season.id, "pid": pid}
    rows = [
        row._asdict() for row in connection.execute(query("window/decisions_of_parcel"), values)
    ]
    if not rows:
        parcel.place(connection, season, pid)
    return rows


def page(
    connection: Connection, season: Season, *, before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Decisions of a season, the newest first.

    :param before: id of the last decision of the page before.
    """
    values = {"season": season.id, "before": _LAST if before is None else before, "limit": limit}
    return [row._asdict() for row in connection.execute(query("window/decisions"), values)]


def _known(
    connection: Connection, season: Season, wanted: Wanted, user: User, request: str
) -> int | None:
    """The decision that the same request has brought before."""
    values = {"season": season.id, "user_id": user.id, "request": request}
    row = connection.execute(query("window/decision_of_request"), values).fetchone()
    if row is None:
        return None
    names, filled = ["pid", "note", "photo", "withdraws"], ["made_at"]
    if wanted.withdraws is None:
        names += ["finding", "true_crop"]
        filled.append("run")
    # What was not asked for, the database has filled in.
    names += [name for name in filled if getattr(wanted, name) is not None]
    if any(getattr(wanted, name) != getattr(row, name) for name in names):
        raise StateConflict(
            "was used for another decision", subject=f"request {request}", hint="use a new key"
        )
    return int(row.id)


def _decision(
    connection: Connection, season: Season, wanted: Wanted, user: User, request: str | None
) -> Decision:
    finding, run = wanted.finding, wanted.run
    if wanted.withdraws is not None:
        if finding is not None or wanted.true_crop is not None:
            raise DecisionError("a decision that takes another back finds nothing itself")
        taken = _to_withdraw(connection, season, wanted.pid, wanted.withdraws)
        finding, run = Finding(taken["finding"]), taken["run"]
    if finding is None:
        raise DecisionError("says neither what was found nor what it takes back")
    return Decision(
        pid=wanted.pid,
        finding=finding,
        by=user.name,
        true_crop=wanted.true_crop,
        run=run,
        made_at=wanted.made_at,
        note=wanted.note,
        user_id=user.id,
        photo=wanted.photo,
        request=request,
        withdraws=wanted.withdraws,
    )


def _to_withdraw(connection: Connection, season: Season, pid: str, number: int) -> dict[str, Any]:
    subject = f"decision {number}"
    for row in history(connection, season, pid):
        if row["id"] != number:
            continue
        if row["withdraws"] is not None:
            raise StateConflict("takes back another one itself", subject=subject)
        if row["withdrawn_by"] is not None:
            raise StateConflict("was taken back already", subject=subject)
        return row
    raise StateConflict(f"is not about parcel {pid}", subject=subject)


def _told(newer: Sequence[dict[str, Any]]) -> str | None:
    if not newer:
        return None
    parts = [
        f"{row['decided_by']} "
        + ("took a decision back" if row["withdraws"] else f"found {row['finding']}")
        + f" on {row['recorded_at']:%Y-%m-%d %H:%M} UTC"
        for row in reversed(newer)
    ]
    return f"Since you looked, {'; '.join(parts)}. All of them are kept."
