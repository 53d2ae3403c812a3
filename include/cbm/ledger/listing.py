"""Enter what a catalogue lists into the ledger, as often as it lists it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import shapely

from cbm.database import Connection, query
from cbm.ledger.rows import change
from cbm.scenes import Scene, Status

NO_FOOTPRINT = "quarantined: no footprint"


@dataclass(frozen=True, slots=True)
class Upsert:
    """Ids of the scenes listed, each in one of four lists.

    :param changed: published again: publication time, size or checksum is not what it was.
    :param quarantined: without footprint, now or already before.
    """

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    quarantined: list[int] = field(default_factory=list)


def upsert(connection: Connection, scenes: Iterable[Scene]) -> Upsert:
    """Enter scenes by platform and product id; a listed one has its metadata refreshed.

    A value that the platform no longer gives keeps its last one. A failed scene that was published
    again is ``ingested`` once more; one without footprint is ``failed`` until it gets one.

    :param scenes: as a catalogue lists them; of two with the same id the last one counts.
    """
    result = Upsert()
    # In one order, so that two polls of one catalogue cannot lock each other out.
    unique = {(scene.platform, scene.product_id): scene for scene in scenes}
    for _, scene in sorted(unique.items()):
        _upsert(connection, scene, result)
    return result


def _upsert(connection: Connection, scene: Scene, result: Upsert) -> None:
    values = _values(scene)
    row = connection.execute(query("ledger_refresh"), values).fetchone()
    if row is None:
        inserted = connection.execute(query("ledger_insert"), values).fetchone()
        if inserted is None:  # another poll entered it between the two statements
            _upsert(connection, scene, result)
        else:
            (result.quarantined if scene.footprint is None else result.new).append(inserted.id)
        return
    if not row.has_footprint:
        result.quarantined.append(row.id)
    elif row.changed:
        result.changed.append(row.id)
    else:
        result.known.append(row.id)
    freed = row.has_footprint and row.reason == NO_FOOTPRINT
    if row.status == Status.FAILED and row.has_footprint and (row.changed or freed):
        change(
            connection,
            row.id,
            expected=Status.FAILED,
            to=Status.INGESTED,
            reason="published again",
            attempts=0,
        )
        connection.execute(query("extraction_reopen"), {"scene": row.id})


def _values(scene: Scene) -> dict[str, Any]:
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
        "reason": NO_FOOTPRINT if quarantined else None,
    }
