"""Ledger rows: read one, and the only way to change its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from psycopg import sql
from psycopg.types.json import Jsonb
from shapely import MultiPolygon

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.scenes import Card, Cause, Kind, Status

# Columns that may change together with the state; upsert() writes identity and listing.
_CHANGEABLE = frozenset(
    {"attempts", "checksum", "claimed_at", "claimed_by", "engine", "location", "online", "size"}
)
# Causes after which the product is fetched or made again.
_UNUSABLE = (
    Cause.CORRUPT,
    Cause.FETCH_FAILED,
    Cause.CARD_FAILED,
    Cause.ORBIT_UNREADABLE,
    Cause.KNOWN_BAD,
)


@dataclass(frozen=True, slots=True)
class LedgerScene:
    """One row of ``dias_catalogue``; ``id`` is the ``obsid`` of its signatures.

    :param reference: the product's name.
    :param obstime: sensing start; all times are aware UTC.
    :param sensor: the satellite, e.g. ``S1A``.
    :param card: None for a level-1 acquisition.
    :param footprint: in EPSG:4326, longitude first; None if the platform gave none.
    :param size: bytes.
    :param checksum: ``algorithm:hex``.
    :param cause: why it has failed, waits or has no parcels; None otherwise.
    :param reason: the cause in words, or why the scene was reopened; for people only.
    :param engine: provenance of the CARD product.
    """

    id: int
    platform: str
    product_id: str
    reference: str
    obstime: datetime
    endtime: datetime
    published: datetime | None
    sensor: str
    card: Card | None
    kind: Kind
    rel_orbit: int | None
    abs_orbit: int | None
    direction: str | None
    datatake: str | None
    slice: int | None
    tile: str | None
    baseline: str | None
    timeliness: str | None
    footprint: MultiPolygon | None
    location: str | None
    online: bool | None
    size: int | None
    checksum: str | None
    status: Status
    attempts: int
    cause: Cause | None
    reason: str | None
    claimed_by: str | None
    claimed_at: datetime | None
    engine: Mapping[str, Any] | None
    superseded_by: int | None
    registered_at: datetime
    changed_at: datetime


def get(connection: Connection, scene_id: int) -> LedgerScene:
    """Read a scene's row.

    :raises StateConflict: there is no such row.
    """
    row = connection.execute(query("ledger/get"), {"scene": scene_id}).fetchone()
    if row is None:
        raise StateConflict("is not in the ledger", subject=f"scene {scene_id}")
    values = row._asdict()
    footprint = values.pop("footprint")
    return LedgerScene(
        **values
        | {
            "card": None if row.card is None else Card(row.card),
            "kind": Kind(row.kind),
            "status": Status(row.status),
            "cause": None if row.cause is None else Cause(row.cause),
            "footprint": None if footprint is None else shapely.from_wkb(footprint),
        }
    )


def change(
    connection: Connection,
    scene_id: int,
    *,
    expected: Status | Iterable[Status],
    to: Status,
    cause: Cause | None = None,
    reason: str | None = None,
    **columns: Any,
) -> None:
    """Change a scene's state; apart from superseding, the only way to do it.

    :param expected: the state, or states, that the row must be in now.
    :param cause: replaces the row's cause, also when None; a failed scene has one.
    :param reason: replaces the row's reason, also when None.
    :param columns: other columns to write: attempts, engine, location, size, checksum, online,
        claimed_by, claimed_at.
    :raises StateConflict: the row is in another state, or missing.
    """
    unknown = sorted(set(columns) - _CHANGEABLE)
    if unknown:
        raise TypeError(f"not a column to change with the state: {', '.join(unknown)}")
    states = [expected] if isinstance(expected, Status) else list(expected)
    values = {name: Jsonb(value) if name == "engine" else value for name, value in columns.items()}
    assignments = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values
    ]
    statement = sql.SQL(
        "update dias_catalogue set {}, status = %(_to)s, cause = %(_cause)s, reason = %(_reason)s,"
        " changed_at = now()"
        " where id = %(_scene)s and status = any(%(_expected)s::scene_status[])"
    ).format(sql.SQL(", ").join([*assignments, sql.SQL("superseded_by = null")]))
    result = connection.execute(
        statement,
        values
        | {
            "_to": to,
            "_cause": cause,
            "_reason": reason,
            "_scene": scene_id,
            "_expected": [str(s) for s in states],
        },
    )
    if result.rowcount != 1:
        raise StateConflict(
            f"expected to be {' or '.join(states)} before it becomes {to},"
            f" is {_status(connection, scene_id)}",
            subject=f"scene {scene_id}",
            hint="another task changed it; run again",
        )


def supersede(connection: Connection, loser_id: int, winner_id: int, why: str = "") -> None:
    """Let a better product take a scene's place; the loser's open units are closed.

    Signatures of the loser stay until the winner's replace them. Scenes that the loser had
    superseded point to the winner, so that every pointer leads to the product in force. Repeating
    the call changes nothing.

    :param why: added to the loser's reason.
    :raises StateConflict: the loser is superseded by another, or the winner by the loser.
    """
    rows = connection.execute(query("ledger/lock_pair"), {"ids": [loser_id, winner_id]}).fetchall()
    found = {row.id: row.superseded_by for row in rows}
    if loser_id == winner_id or len(found) != 2:
        raise StateConflict(
            f"cannot be superseded by scene {winner_id}", subject=f"scene {loser_id}"
        )
    winner_id = found[winner_id] or winner_id
    if found[loser_id] == winner_id:
        return
    if found[loser_id] is not None or winner_id == loser_id:
        raise StateConflict(
            f"is already superseded by scene {found[loser_id] or loser_id}",
            subject=f"scene {loser_id}",
        )
    reason = f"superseded by scene {winner_id}" + (f": {why}" if why else "")
    values = {"loser": loser_id, "winner": winner_id, "reason": reason}
    connection.execute(query("ledger/supersede"), values)
    connection.execute(query("ledger/unit_supersede"), {"scene": loser_id})


def restore(connection: Connection, scene_id: int, reason: str) -> Status:
    """Restore a superseded scene; all of its units are extracted again.

    Its signatures may have been replaced by those of the winner, so none of them counts.

    :param reason: why it is restored; kept in the row.
    :returns: ``ready`` when its product was validated before, else ``ingested``.
    :raises StateConflict: it is not superseded.
    """
    scene = get(connection, scene_id)
    status = Status.INGESTED if scene.engine is None else Status.READY
    change(connection, scene_id, expected=Status.SUPERSEDED, to=status, reason=reason, attempts=0)
    connection.execute(query("ledger/unit_restore"), {"scene": scene_id})
    return status


def reopen(connection: Connection, scene_id: int, reason: str) -> Status:
    """Reopen a failed scene; its failed units start again with no attempts counted.

    :param reason: why it is tried again; kept in the row.
    :returns: ``ready`` when its product is still valid, ``ingested`` when it must be fetched and
        validated again.
    :raises StateConflict: it has not failed, has no footprint, or was deleted.
    """
    scene = get(connection, scene_id)
    if scene.footprint is None:
        raise StateConflict(
            "has no footprint",
            subject=f"scene {scene_id}",
            hint="it reopens automatically when the catalogue lists one",
        )
    if scene.cause is Cause.DELETED:
        raise StateConflict(
            "was deleted by its platform",
            subject=f"scene {scene_id}",
            hint="it reopens automatically when the catalogue lists it again",
        )
    unusable = scene.cause in _UNUSABLE or scene.engine is None
    status = Status.INGESTED if unusable else Status.READY
    change(connection, scene_id, expected=Status.FAILED, to=status, reason=reason)
    connection.execute(query("ledger/unit_reopen"), {"scene": scene_id})
    return status


def _status(connection: Connection, scene_id: int) -> str:
    row = connection.execute(query("ledger/status"), {"scene": scene_id}).fetchone()
    return "not in the ledger" if row is None else str(row.status)
