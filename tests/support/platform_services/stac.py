"""CDSE's STAC, items as recorded in 2025: POST, continued by a token that names the last item.

Its oddities: an interval finds whatever it touches; the link to the next page is one to be posted,
with a body, or one to be got; the archive's checksum is a multihash; the place in the store is a
link to ``s3://eodata``; nothing tells how many items there are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from shapely.geometry import shape

from platform_services.common import Known, Reply, Request, by_start, moment, reply, stamp

LARGEST_PAGE = 1000
COLLECTIONS = {
    "GRD": "sentinel-1-grd",
    "SLC": "sentinel-1-slc",
    "L1C": "sentinel-2-l1c",
    "L2A": "sentinel-2-l2a",
    # A mirror's: CDSE itself has no collections of CARD.
    "CARD-BS": "card-bs",
    "CARD-COH6": "card-coh6",
    "CARD-COH12": "card-coh12",
}


def answer(request: Request, products: Sequence[Known], *, posted: bool = True) -> Reply:
    """:param posted: the next page is to be posted for; else its link is one to be got."""
    if not request.path.endswith("/search"):
        return reply({"code": "NotFoundError", "description": "Not Found"}, 404)
    asked = json.loads(request.body)
    limit = asked["limit"]
    if not 0 < limit <= LARGEST_PAGE:
        return reply({"code": "RequestValidationError", "description": "limit"}, 400)
    found = _found(asked, products)
    begin = 0
    if token := asked.get("token"):
        collection, _, last = token.removeprefix("next:").partition(":")
        assert collection in asked["collections"]
        begin = [one.name for one in found].index(last) + 1
    page = found[begin : begin + limit]
    links: list[dict[str, Any]] = [{"rel": "self", "method": "POST", "href": request.address}]
    if begin + limit < len(found):
        token = f"next:{COLLECTIONS[page[-1].group]}:{page[-1].name}"
        if posted:
            body = asked | {"token": token}
            links.append({"rel": "next", "method": "POST", "href": request.address, "body": body})
        else:
            links.append({"rel": "next", "href": f"{request.address}?token={token}"})
    features = [_item(one) for one in page]
    return reply({"type": "FeatureCollection", "features": features, "links": links})


def _found(asked: dict[str, Any], products: Sequence[Known]) -> list[Known]:
    assert [one["field"] for one in asked["sortby"]] == ["properties.datetime", "id"]
    first, last = (moment(text) for text in asked["datetime"].split("/"))
    after = None
    if "filter" in asked:
        assert asked["filter-lang"] == "cql2-json"
        assert asked["filter"]["op"] == ">"
        have, limit = asked["filter"]["args"]
        assert have == {"property": "published"}
        after = moment(limit["timestamp"])
    place = shape(asked["intersects"]) if "intersects" in asked else None
    return by_start(
        one
        for one in products
        if COLLECTIONS[one.group] in asked["collections"]
        and one.start <= last
        and one.end >= first
        and (after is None or one.published > after)
        and one.touches(place)
    )


def _item(one: Known) -> dict[str, Any]:
    properties = {
        "datetime": stamp(one.start, "microseconds"),
        "start_datetime": stamp(one.start, "microseconds"),
        "end_datetime": stamp(one.end, "microseconds"),
        "published": stamp(one.published, "microseconds"),
        "platform": f"sentinel-{one.name[1:3].lower()}",
        "product:type": one.type,
        "product:timeliness_category": one.told("timeliness"),
        "sat:orbit_state": one.told("orbitDirection", "DESCENDING").lower(),
        "sat:relative_orbit": one.told("relativeOrbitNumber"),
        "sat:absolute_orbit": one.told("orbitNumber"),
        "eopf:datatake_id": one.datatake,
    }
    if tile := one.told("tileId"):
        properties["grid:code"] = f"MGRS-{tile}"
    archive = {"file:size": one.entry["ContentLength"], "file:checksum": f"d50110{one.md5}"}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "collection": COLLECTIONS[one.group],
        "id": one.name,
        "geometry": one.outline,
        "properties": properties,
        "links": [{"rel": "enclosure", "href": f"s3:/{one.entry['S3Path']}"}],
        "assets": {"Product": archive},
    }
