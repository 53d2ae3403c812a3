"""WEkEO's Harmonised Data Access, version 2: POST with a box, 200 a page, and little in return.

Its oddities: it knows boxes only, so that more is found than was meant; a feature tells times,
place and size, but neither orbit nor tile nor publication.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import shapely

from platform_services.common import Known, Reply, Request, by_start, moment, reply, stamp

LARGEST_PAGE = 200
_DATASETS = {"Sentinel1": "EO:ESA:DAT:SENTINEL-1", "Sentinel2": "EO:ESA:DAT:SENTINEL-2"}


def answer(request: Request, products: Sequence[Known]) -> Reply:
    if not request.path.endswith("/dataaccess/search"):
        return reply({"detail": "Not Found"}, 404)
    asked = json.loads(request.body)
    size, begin = asked["itemsPerPage"], asked["startIndex"]
    if not 0 < size <= LARGEST_PAGE:
        return reply({"detail": [{"loc": ["body", "itemsPerPage"], "msg": "at most 200"}]}, 422)
    first, last = moment(asked["startdate"]), moment(asked["enddate"])
    place = shapely.box(*asked["bbox"]) if "bbox" in asked else None
    found = by_start(
        one
        for one in products
        if _DATASETS[one.mission] == asked["dataset_id"]
        and one.type == asked["productType"]
        and one.start >= first
        and one.end <= last
        and one.touches(place)
    )
    about = {"totalResults": len(found), "itemsPerPage": size, "startIndex": begin}
    features = [_feature(one) for one in found[begin : begin + size]]
    return reply({"type": "FeatureCollection", "properties": about, "features": features})


def _feature(one: Known) -> dict[str, Any]:
    return {
        "id": one.entry["Name"],
        "type": "Feature",
        "geometry": one.outline,
        "properties": {
            "startdate": stamp(one.start),
            "enddate": stamp(one.end),
            "location": one.entry["S3Path"],
            "size": one.entry["ContentLength"],
        },
    }
