"""The resto service that CREODIAS and CDSE had: JSON and Atom."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import shapely
from lxml.builder import ElementMaker

from dias_cbm_lab.dias.dialects.common import (
    Answer,
    Asked,
    Product,
    Refused,
    area,
    by_time,
    geojson,
    moment,
    number,
    reply,
    stamp,
    within,
)
from dias_cbm_lab.dias.dialects.xml import ATOM, GML, document

_LARGEST_PAGE, _LARGEST_OFFSET = 1000, 10_000
_GROUPS = {"GRD": "IW_GRDH_1S", "SLC": "IW_SLC__1S", "L1C": "S2MSI1C", "L2A": "S2MSI2A"}
_COLLECTIONS = {"Sentinel1": "S1", "Sentinel2": "S2"}


def answer(asked: Asked, products: list[Product]) -> Answer:
    """Answer a search."""
    parts = asked.path.strip("/").split("/")
    if len(parts) != 4 or parts[2] not in _COLLECTIONS:
        return reply({"detail": {"ErrorMessage": "no such collection"}}, 404)
    try:
        size = number(asked.get("maxRecords", "20"), _LARGEST_PAGE)
        offset = number(asked.get("index", "1"), _LARGEST_OFFSET + 1) - 1
        found = _found(asked, _COLLECTIONS[parts[2]], products)
    except Refused as error:
        return reply({"detail": {"ErrorMessage": str(error), "ErrorCode": "BadRequest"}}, 400)
    page = found[offset : offset + size]
    following = ""
    if offset + size < len(found) and offset + size <= _LARGEST_OFFSET:
        parameters = {**dict(asked.query), "index": str(offset + size + 1)}
        following = f"{asked.url}?{urlencode(parameters)}"
    if parts[3] == "search.atom":
        return Answer(_atom(page, following), media="application/atom+xml")
    links = [{"rel": "self", "href": asked.url}]
    if following:
        links.append({"rel": "next", "href": following})
    features = [_feature(one) for one in page]
    # It repeats the requested page number and has no count of results.
    about = {"totalResults": None, "exactCount": 0, "itemsPerPage": size, "links": links}
    return reply({"type": "FeatureCollection", "properties": about, "features": features})


def _found(asked: Asked, collection: str, products: list[Product]) -> list[Product]:
    first, last = moment(asked.get("startDate")), moment(asked.get("completionDate"))
    place = area(asked.get("geometry")) if asked.get("geometry") else None
    wanted = asked.get("productType")
    after = moment(asked.get("publishedAfter")) if asked.get("publishedAfter") else None
    return by_time(
        one
        for one in products
        if one.collection == collection
        and one.kind == _GROUPS.get(wanted, wanted)
        and one.start >= first
        and one.end <= last
        and (after is None or one.published > after)
        and within(one, place)
    )


def _feature(one: Product) -> dict[str, Any]:
    said = one.attributes
    return {
        "type": "Feature",
        "id": one.id,
        "geometry": geojson(one) or [],
        "properties": {
            "title": one.file,
            "productType": one.kind,
            "status": "ONLINE" if one.online else "OFFLINE",
            "startDate": stamp(one.start),
            "completionDate": stamp(one.end),
            "published": stamp(one.published),
            "productIdentifier": one.location,
            "orbitNumber": said.get("orbitNumber", 0),
            "relativeOrbitNumber": said.get("relativeOrbitNumber", 0),
            "orbitDirection": said.get("orbitDirection"),
            "timeliness": said.get("timeliness"),
            "services": {"download": {"size": one.size}},
        },
    }


def _atom(page: list[Product], following: str) -> bytes:
    atom, gml = ElementMaker(namespace=ATOM), ElementMaker(namespace=GML)
    feed = atom.feed(atom.title("search"))
    if following:
        feed.append(atom.link(rel="next", href=following))
    for one in page:
        rings = [
            gml.coordinates(" ".join(f"{x!r},{y!r}" for x, y in part.exterior.coords))
            for part in ([] if one.footprint is None else shapely.get_parts(one.footprint))
        ]
        times = gml.TimePeriod(gml.beginPosition(stamp(one.start)), gml.endPosition(stamp(one.end)))
        feed.append(
            atom.entry(
                atom.id(one.id),
                atom.title(one.file),
                atom.published(stamp(one.published)),
                gml.validTime(times),
                *rings,
            )
        )
    return document(feed)
