"""SOBLOO's REST search, as recorded in 2020: filters ``f=field:operator:value``, milliseconds UTC.

Its oddities: times are numbers, in requests too; the outline is in ``md`` and all else in ``data``;
whoever reaches beyond 10 000 entries gets HTTP 400.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import shapely

from platform_services.common import Known, Reply, Request, by_start, reply

REACH = 10_000
_OPERATORS = {"gte": operator.ge, "lte": operator.le, "eq": operator.eq}


def answer(request: Request, products: Sequence[Known]) -> Reply:
    if not request.path.endswith("/search"):
        return reply({"error": "not found"}, 404)
    asked = request.values
    size, begin = int(asked["size"][0]), int(asked["from"][0])
    if begin + size > REACH:
        return reply({"status": 400, "error": "Result window is too large"}, 400)
    place = shapely.from_wkt(asked["gintersect"][0]) if "gintersect" in asked else None
    found = by_start(
        one
        for one in products
        if all(_holds(one, text) for text in asked["f"]) and one.touches(place)
    )
    hits = [_hit(one) for one in found[begin : begin + size]]
    return reply(
        {"collection": "catalog", "hits": hits, "nbhits": len(hits), "totalnb": len(found)}
    )


def _holds(one: Known, text: str) -> bool:
    field, compared, value = text.split(":")
    have: Any = _hit(one)["data"]
    for part in field.split("."):
        have = have[part]
    return bool(_OPERATORS[compared](have, int(value) if isinstance(have, int) else value))


def _milliseconds(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def _hit(one: Known) -> dict[str, Any]:
    begin, end = _milliseconds(one.start), _milliseconds(one.end)
    data = {
        "uid": one.id,
        "identification": {
            "externalId": one.name,
            "type": one.group if one.group in ("GRD", "SLC") else one.type,
            "collection": f"Sentinel-{one.name[1]}",
            "tileId": one.told("tileId"),
        },
        "acquisition": {
            "missionCode": one.name[:3],
            "beginViewingDate": begin,
            "endViewingDate": end,
        },
        "orbit": {
            "number": one.told("orbitNumber"),
            "relativeNumber": one.told("relativeOrbitNumber"),
            "direction": one.told("orbitDirection", "DESCENDING"),
        },
        "archive": {"filename": f"{one.name}.SAFE", "format": "SAFE"},
        "state": {
            "insertionDate": _milliseconds(one.published),
            "services": {"download": "internal" if one.entry["Online"] else "external"},
        },
    }
    return {"md": {"id": one.id, "timestamp": begin, "geometry": one.outline}, "data": data}
