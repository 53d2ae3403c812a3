"""Enter catalogue listings into the ledger, new scenes and known ones alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.ledger.rows import change, restore
from dias_cbm.scenes import Cause, Scene, Status

_NO_FOOTPRINT = "no footprint"
#: Prefix of the product id of a scene found in a store, where products have no id; also written in
#: ``ledger/adopt.sql`` and in the index that serves it.
FOUND = "found:"


@dataclass(frozen=True, slots=True)
class Upsert:
    """Ids of the scenes listed, each in one of four lists.

    :param changed: published again: publication time, size or checksum has changed.
    :param quarantined: without footprint, now or before.
    """

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    quarantined: list[int] = field(default_factory=list)


def upsert(
    connection: Connection,
    scenes: Iterable[Scene],
    reasons: Mapping[tuple[str, str], str] | None = None,
) -> Upsert:
    """Enter scenes by platform and product id; the metadata of known ones are refreshed.

    A value that the platform no longer lists is kept. A failed scene that was published again is
    ``ingested`` once more, and a superseded one competes again; one without footprint is
    ``failed`` until it gets one. A row for a product found in a store becomes the row of the
    catalogue entry of the same name.

    :param scenes: as a catalogue lists them; of two with the same id the last one counts.
    :param reasons: why those without footprint are quarantined, by platform and product id.
    """
    known = reasons or {}
    result = Upsert()
    # In one order, so that two polls of one catalogue cannot deadlock.
    unique = {(scene.platform, scene.product_id): scene for scene in scenes}
    for key, scene in sorted(unique.items()):
        _upsert(connection, scene, known.get(key, _NO_FOOTPRINT), result)
    return result


def _upsert(connection: Connection, scene: Scene, why: str, result: Upsert) -> None:
    values = _values(scene, why)
    row = connection.execute(query("ledger/refresh"), values).fetchone()
    if row is None:
        if connection.execute(query("ledger/adopt"), values).rowcount:
            _upsert(connection, scene, why, result)
            return
        inserted = connection.execute(query("ledger/insert"), values).fetchone()
        if inserted is None:  # another poll entered it between the two statements
            _upsert(connection, scene, why, result)
        else:
            (result.quarantined if scene.footprint is None else result.new).append(inserted.id)
        return
    if not row.has_footprint:
        result.quarantined.append(row.id)
    elif row.changed:
        result.changed.append(row.id)
    else:
        result.known.append(row.id)
    _react(connection, row, values)


def _react(connection: Connection, row: Any, values: dict[str, Any]) -> None:
    """Change the state of a known scene as its new listing requires."""
    held = row.cause == Cause.QUARANTINED
    if not row.has_footprint:
        if held and row.status == Status.FAILED and row.reason != values["reason"]:
            change(
                connection,
                row.id,
                expected=Status.FAILED,
                to=Status.FAILED,
                cause=Cause.QUARANTINED,
                reason=values["reason"],
            )
    elif row.status == Status.FAILED and (row.changed or held):
        change(
            connection,
            row.id,
            expected=Status.FAILED,
            to=Status.INGESTED,
            reason="published again",
            attempts=0,
        )
        connection.execute(query("ledger/unit_reopen"), {"scene": row.id})
    elif row.status == Status.SUPERSEDED and row.changed:
        restore(connection, row.id, "published again")


def _values(scene: Scene, why: str) -> dict[str, Any]:
    quarantined = scene.footprint is None
    return {
        "platform": scene.platform,
        "product_id": scene.product_id,
        "reference": scene.name,
        "obstime": scene.start,
        "endtime": scene.end,
        "published": scene.published,
        "sensor": scene.satellite,
        "card": scene.kind.card,
        "kind": scene.kind,
        "rel_orbit": scene.rel_orbit,
        "abs_orbit": scene.abs_orbit,
        "direction": scene.direction,
        "datatake": scene.datatake,
        "slice": scene.slice,
        "tile": scene.tile,
        "baseline": scene.baseline,
        "timeliness": scene.timeliness,
        "footprint": None if quarantined else shapely.to_wkb(scene.footprint, include_srid=False),
        "location": scene.location,
        "online": scene.online,
        "size": scene.size,
        "checksum": scene.checksum,
        "status": Status.FAILED if quarantined else Status.INGESTED,
        "cause": Cause.QUARANTINED if quarantined else None,
        "reason": why if quarantined else None,
    }
