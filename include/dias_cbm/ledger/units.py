"""Units of extraction: planned, claimed by one worker at a time, finished or failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.ledger.rows import change
from dias_cbm.scenes import Cause, Status

# Steps that only plan load no numerical library.
if TYPE_CHECKING:
    from dias_cbm.signature_counts import UnitCounts

_LOST = "is not in progress under this claim"
NO_PARCELS = "no parcels of any season lie under it"
# A failed scene is reopened before anything new is planned for it.
_PLANNABLE = (Status.READY, Status.INPROGRESS, Status.EXTRACTED, Status.NO_PARCELS)


@dataclass(frozen=True, slots=True)
class Unit:
    """One scene over one tile of one season.

    :param obsid: the scene's id.
    :param tile: home tile of the parcels, e.g. ``32VNH``.
    """

    season: int
    obsid: int
    tile: str

    def __str__(self) -> str:
        return f"scene {self.obsid} over {self.tile} of season {self.season}"


@dataclass(frozen=True, slots=True)
class Reset:
    """Result of :func:`reset_season`.

    :param units: units of extraction that were deleted.
    :param scenes: scenes that are ready to be planned again.
    """

    units: int
    scenes: int


def plan_extractions(connection: Connection, scene_id: int) -> list[Unit]:
    """Create a scene's units: one for each season of its day and each tile with parcels under it.

    A repeated call adds what is new, such as a season created since, and sets the scene back to
    ``ready`` for it. A scene without parcels under it becomes ``no_parcels``. Nothing is planned
    for a level-1 acquisition, nor for a scene that is not ready, has failed or is superseded.

    :returns: the units that are still to be done, also those of a lost or failed worker.
    :raises StateConflict: there is no such scene.
    """
    scene = connection.execute(query("ledger/lock"), {"scene": scene_id}).fetchone()
    if scene is None:
        raise StateConflict("is not in the ledger", subject=f"scene {scene_id}")
    planned = 0
    if scene.status in _PLANNABLE and scene.card is not None:
        planned = connection.execute(query("ledger/unit_plan"), {"scene": scene_id}).rowcount
    rows = connection.execute(query("ledger/unit_units"), {"scene": scene_id}).fetchall()
    if planned and scene.status in (Status.EXTRACTED, Status.NO_PARCELS):
        change(connection, scene_id, expected=Status(scene.status), to=Status.READY)
    elif not rows and scene.status == Status.READY and scene.card is not None:
        change(
            connection,
            scene_id,
            expected=Status.READY,
            to=Status.NO_PARCELS,
            cause=Cause.NO_PARCELS,
            reason=NO_PARCELS,
        )
    return [Unit(row.season, row.obsid, row.tile) for row in rows if row.open]


def claim(connection: Connection, unit: Unit, worker: str) -> str | None:
    """Take a unit for one worker, and commit.

    A unit can be claimed when it is ready, has failed, or has a worker whose lease has run out, as
    long as it has attempts left. A unit that loses its worker on its last attempt has failed.

    :param worker: kept in the row, e.g. the task's id.
    :returns: the claim, with which the unit is ended; None if it is not this worker's now.
    """
    limits = settings().extraction
    values = {
        **_key(unit),
        "worker": worker,
        "lease": timedelta(minutes=limits.lease_minutes),
        "max_attempts": limits.attempts,
    }
    taken = _claim(connection, unit, values)
    connection.commit()
    return taken


def _claim(connection: Connection, unit: Unit, values: dict[str, object]) -> str | None:
    scene = connection.execute(query("ledger/lock"), {"scene": unit.obsid}).fetchone()
    if scene is None or scene.status not in (Status.READY, Status.INPROGRESS, Status.FAILED):
        return None
    row = connection.execute(query("ledger/unit_claim"), values).fetchone()
    if row is None:
        return None
    if row.status == Status.FAILED:
        _settle(connection, unit.obsid)
        return None
    if scene.status != Status.INPROGRESS:
        expected = (Status.READY, Status.FAILED)
        change(connection, unit.obsid, expected=expected, to=Status.INPROGRESS)
    return str(row.claim)


def finish(
    connection: Connection,
    unit: Unit,
    records: int,
    seconds: float,
    *,
    claim: str | None = None,
    parcels: int | None = None,
    version: str | None = None,
    counts: UnitCounts | None = None,
) -> None:
    """Close a unit whose signatures are written; the last one closes its scene.

    Call it at the end of the transaction that writes the signatures; it does not commit.

    :param records: parcel x band values with at least one pixel.
    :param seconds: wall time of the extraction.
    :param claim: from :func:`claim`; if given, a unit that was since claimed again is refused.
    :param parcels: parcels that the product covers; 0 ends the unit as ``no_parcels``.
    :param version: of the season's parcels; if given, it must still be the last.
    :param counts: of the rows of blocks that were written; None: they are not kept.
    :raises StateConflict: the unit is no longer in progress, was claimed again, or its parcels were
        replaced.
    """
    status, cause, reason = Status.EXTRACTED, None, None
    if parcels == 0:
        status, cause = Status.NO_PARCELS, Cause.NO_PARCELS
        reason = "the product covers no parcel of the tile"
    _end(
        connection,
        unit,
        status,
        cause,
        reason,
        claim=claim,
        records=records,
        seconds=seconds,
        version=version,
        counts=counts,
    )


def put_back(connection: Connection, unit: Unit, reason: str, *, claim: str | None = None) -> None:
    """Undo the current transaction, free a unit without an attempt counted, and commit.

    For work that waits for its platform: the unit and its scene are ``ready`` again, and paused.

    :param reason: why it waits; kept in both rows.
    :param claim: from :func:`claim`; if given, a unit that was since claimed again is refused.
    :raises StateConflict: the unit is no longer in progress, or was claimed again.
    """
    connection.rollback()
    with connection.transaction():
        scene = connection.execute(query("ledger/lock"), {"scene": unit.obsid}).fetchone()
        values = {"reason": reason, "claim": claim} | _key(unit)
        row = connection.execute(query("ledger/unit_put_back"), values).fetchone()
        if row is None or scene is None:
            raise StateConflict(_LOST, subject=unit)
        if scene.status == Status.INPROGRESS and not row.others:
            change(
                connection,
                unit.obsid,
                expected=Status.INPROGRESS,
                to=Status.READY,
                cause=Cause.PAUSED,
                reason=reason,
            )
    connection.commit()


def fail(
    connection: Connection, unit: Unit, cause: Cause, reason: str, *, claim: str | None = None
) -> None:
    """Undo the current transaction, record why a unit failed, and commit.

    The scene has failed when this was its last open unit.

    :param reason: the cause in words.
    :param claim: from :func:`claim`; if given, a unit that was since claimed again is refused.
    :raises StateConflict: the unit is no longer in progress, or was claimed again.
    """
    connection.rollback()
    with connection.transaction():
        _end(connection, unit, Status.FAILED, cause, reason, claim=claim)


def parcels_version(connection: Connection, season: int) -> str | None:
    """The version of a season's parcels; None if no load brought them."""
    row = connection.execute(query("parcels/version"), {"season": season}).fetchone()
    return None if row is None else str(row.version)


def reset_season(connection: Connection, season: int) -> Reset:
    """Delete every unit of a season, because its parcels are replaced.

    Its scenes are ``ready`` again, to be planned for the new parcels.
    """
    scenes = connection.execute(query("ledger/season_scenes"), {"season": season}).fetchall()
    deleted = connection.execute(query("ledger/unit_forget"), {"season": season})
    for scene in scenes:
        reason = "parcels of the season were replaced"
        change(connection, scene.id, expected=Status(scene.status), to=Status.READY, reason=reason)
    return Reset(units=deleted.rowcount, scenes=len(scenes))


def forget_season(connection: Connection, season: int) -> int:
    """Delete every unit of a season that is dropped; no scene stays in progress for it.

    :returns: units deleted.
    """
    scenes = connection.execute(query("ledger/season_unfinished"), {"season": season}).fetchall()
    deleted = connection.execute(query("ledger/unit_forget"), {"season": season}).rowcount
    for scene in scenes:
        _settle(connection, scene.id)
        row = connection.execute(query("ledger/lock"), {"scene": scene.id}).fetchone()
        others = connection.execute(query("ledger/unit_units"), {"scene": scene.id}).fetchall()
        if row is not None and row.status == Status.INPROGRESS and not others:
            reason = "its season was dropped"
            change(connection, scene.id, expected=Status.INPROGRESS, to=Status.READY, reason=reason)
    return deleted


def _end(
    connection: Connection,
    unit: Unit,
    status: Status,
    cause: Cause | None,
    reason: str | None,
    *,
    claim: str | None,
    records: int | None = None,
    seconds: float | None = None,
    version: str | None = None,
    counts: UnitCounts | None = None,
) -> None:
    connection.execute(query("ledger/lock"), {"scene": unit.obsid})
    parcels = None if counts is None else counts.parcels()
    values = {
        **_key(unit),
        "status": status,
        "cause": cause,
        "reason": reason,
        "records": records,
        "block_records": None if counts is None else counts.block_records(),
        "valued": parcels and parcels.valued,
        "blank": parcels and parcels.blank,
        "outside": parcels and parcels.outside,
        "seconds": seconds,
        "claim": claim,
        "parcels": version,
    }
    result = connection.execute(query("ledger/unit_end"), values)
    if result.rowcount != 1:
        raise StateConflict(
            _LOST,
            subject=unit,
            hint="its lease ran out, its scene was superseded or its parcels were replaced;"
            " the result is dropped",
        )
    _settle(connection, unit.obsid)


def _settle(connection: Connection, scene_id: int) -> None:
    """Close the scene once none of its units is open."""
    state = connection.execute(query("ledger/unit_state"), {"scene": scene_id}).fetchone()
    if state is None or state.open:
        return
    to = Status.EXTRACTED if state.extracted else Status.NO_PARCELS
    if state.failed:
        to = Status.FAILED
    change(
        connection,
        scene_id,
        expected=(Status.READY, Status.INPROGRESS, Status.FAILED),
        to=to,
        cause=None if state.cause is None else Cause(state.cause),
        reason=state.reason,
        attempts=state.attempts + (to == Status.FAILED),
    )


def _key(unit: Unit) -> dict[str, object]:
    return {"season": unit.season, "obsid": unit.obsid, "tile": unit.tile}
