"""CDSE's STAC service: POST ``search``, continued by a token in the next link's body."""

from __future__ import annotations

from typing import Any

import shapely

from dias_cbm_lab.dias.dialects.common import (
    Answer,
    Asked,
    Product,
    Refused,
    by_time,
    geojson,
    moment,
    reply,
    stamp,
    within,
)

_LARGEST_PAGE = 1000
_COLLECTIONS = {
    "IW_GRDH_1S": "sentinel-1-grd",
    "IW_SLC__1S": "sentinel-1-slc",
    "S2MSI1C": "sentinel-2-l1c",
    "S2MSI2A": "sentinel-2-l2a",
    "CARD-BS": "card-bs",
    "CARD-COH6": "card-coh6",
    "CARD-COH12": "card-coh12",
}


def answer(asked: Asked, products: list[Product]) -> Answer:
    """Answer a search."""
    if asked.path != "/search" or not isinstance(asked.body, dict):
        return reply({"code": "NotFoundError", "description": "no such place"}, 404)
    body = asked.body
    limit = int(body.get("limit", 10))
    if not 0 < limit <= _LARGEST_PAGE:
        return reply({"code": "RequestValidationError", "description": "limit"}, 400)
    first, last = (moment(text) for text in body["datetime"].split("/"))
    place = shapely.geometry.shape(body["intersects"]) if "intersects" in body else None
    after = _published_after(body.get("filter"))
    found = by_time(
        one
        for one in products
        if _COLLECTIONS[one.kind] in body["collections"]
        and one.start <= last
        and one.end >= first
        and (after is None or one.published > after)
        and within(one, place)
    )
    offset = int(str(body.get("token", "next:0")).partition(":")[2])
    page = found[offset : offset + limit]
    links = [{"rel": "root", "href": asked.url}]
    if offset + limit < len(found):
        token = {"token": f"next:{offset + limit}"}
        links.append(
            {"rel": "next", "href": asked.url, "method": "POST", "body": body | token}  # type: ignore[dict-item]
        )
    features = [_item(one) for one in page]
    return reply({"type": "FeatureCollection", "features": features, "links": links})


def _published_after(condition: Any) -> Any:
    if condition is None:
        return None
    left, right = condition["args"]
    if condition["op"] != ">" or left != {"property": "published"}:
        raise Refused("not understood")
    return moment(right["timestamp"])


def _item(one: Product) -> dict[str, Any]:
    said = one.attributes
    properties: dict[str, Any] = {
        "datetime": stamp(one.start),
        "start_datetime": stamp(one.start),
        "end_datetime": stamp(one.end),
        "published": stamp(one.published),
        "product:type": one.kind,
        "sat:absolute_orbit": said.get("orbitNumber"),
        "sat:relative_orbit": said.get("relativeOrbitNumber"),
        "sat:orbit_state": str(said.get("orbitDirection", "descending")).lower(),
        "product:timeliness_category": said.get("timeliness"),
        "order:status": "succeeded" if one.online else "orderable",
    }
    if "datatakeID" in said:
        properties["eopf:datatake_id"] = str(said["datatakeID"])
    if "tileId" in said:
        properties["grid:code"] = f"MGRS-{said['tileId']}"
    archive: dict[str, Any] = {"file:size": one.size}
    if one.md5:
        archive["file:checksum"] = f"d50110{one.md5}"
    return {
        "type": "Feature",
        "id": one.name,
        "collection": _COLLECTIONS[one.kind],
        "geometry": geojson(one),
        "properties": properties,
        "links": [{"rel": "enclosure", "href": f"s3:/{one.location}/"}],
        "assets": {"Product": archive},
    }
