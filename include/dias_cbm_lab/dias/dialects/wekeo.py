"""WEkEO's Harmonised Data Access, version 2: POST, boxes, few properties."""

from __future__ import annotations

from typing import Any

import shapely

from dias_cbm_lab.dias.dialects.common import (
    Answer,
    Asked,
    Product,
    by_time,
    geojson,
    moment,
    reply,
    stamp,
    within,
)

_LARGEST_PAGE = 200


def answer(asked: Asked, products: list[Product]) -> Answer:
    """Answer a search."""
    if asked.path != "/dataaccess/search" or not isinstance(asked.body, dict):
        return reply({"detail": "Not Found"}, 404)
    body = asked.body
    size, offset = int(body["itemsPerPage"]), int(body["startIndex"])
    if not 0 < size <= _LARGEST_PAGE:
        return reply({"detail": [{"loc": ["itemsPerPage"], "msg": "at most 200"}]}, 422)
    first, last = moment(body["startdate"]), moment(body["enddate"])
    place = shapely.box(*body["bbox"]) if "bbox" in body else None
    found = by_time(
        one
        for one in products
        if one.kind == body["productType"]
        and body["dataset_id"].endswith(one.collection[-1])
        and one.start >= first
        and one.end <= last
        and within(one, place)
    )
    features = [_feature(one) for one in found[offset : offset + size]]
    about = {"totalResults": len(found), "itemsPerPage": size, "startIndex": offset}
    return reply({"type": "FeatureCollection", "properties": about, "features": features})


def _feature(one: Product) -> dict[str, Any]:
    return {
        "id": one.file,
        "geometry": geojson(one),
        "properties": {
            "startdate": stamp(one.start),
            "enddate": stamp(one.end),
            "location": one.location,
            "size": one.size,
        },
    }
