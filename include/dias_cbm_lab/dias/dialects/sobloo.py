"""SOBLOO's REST service: times in milliseconds, at most 10,000 entries reachable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dias_cbm_lab.dias.dialects.common import (
    Answer,
    Asked,
    Product,
    Refused,
    area,
    by_time,
    geojson,
    number,
    reply,
    within,
)

_REACH = 10_000
_TYPES = {"IW_GRDH_1S": "GRD", "IW_SLC__1S": "SLC"}


def answer(asked: Asked, products: list[Product]) -> Answer:
    """Answer a search."""
    if asked.path != "/search":
        return reply({"message": "no such place"}, 404)
    try:
        size = number(asked.get("size", "10"), _REACH)
        offset = number(asked.get("from", "0"), _REACH)
        if size + offset > _REACH:
            raise Refused("from + size is beyond 10000")
        found = _found(asked, products)
    except Refused as error:
        return reply({"message": str(error)}, 400)
    page = found[offset : offset + size]
    hits = [_hit(one) for one in page]
    return reply({"hits": hits, "nbhits": len(page), "totalnb": len(found)})


def _found(asked: Asked, products: list[Product]) -> list[Product]:
    conditions: dict[str, str] = {}
    for key, value in asked.query:
        if key == "f":
            field, operator, text = value.split(":", 2)
            conditions[f"{field}:{operator}"] = text
    wanted = conditions["identification.type:eq"]
    first = int(conditions["acquisition.beginViewingDate:gte"])
    last = int(conditions["acquisition.beginViewingDate:lte"])
    place = area(asked.get("gintersect")) if asked.get("gintersect") else None
    return by_time(
        one
        for one in products
        if _TYPES.get(one.kind, one.kind) == wanted
        and first <= _milliseconds(one.start) <= last
        and within(one, place)
    )


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _hit(one: Product) -> dict[str, Any]:
    said = one.attributes
    return {
        "md": {"id": one.id, "geometry": geojson(one)},
        "data": {
            "uid": one.id,
            "identification": {
                "externalId": one.name,
                "type": _TYPES.get(one.kind, one.kind),
                "tileId": said.get("tileId"),
            },
            "acquisition": {
                "missionCode": one.name[:3],
                "beginViewingDate": _milliseconds(one.start),
                "endViewingDate": _milliseconds(one.end),
            },
            "orbit": {
                "number": said.get("orbitNumber"),
                "relativeNumber": said.get("relativeOrbitNumber"),
                "direction": said.get("orbitDirection"),
            },
            "archive": {"filename": one.location, "size": one.size // 10**6},
            "state": {
                "insertionDate": _milliseconds(one.published),
                "services": {"download": "internal" if one.online else "external"},
            },
        },
    }
