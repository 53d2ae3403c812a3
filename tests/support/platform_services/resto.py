"""The resto services of CREODIAS and CDSE, as recorded: JSON and Atom from one question.

Their oddities: ``totalResults`` is null and ``itemsPerPage`` only repeats the request, so that a
link to the next page is all that tells of more; an offset beyond 10 000 and an unknown parameter
are HTTP 400; a geometry is a Polygon or a MultiPolygon, and null where there is none; Atom knows
neither orbits nor the place in the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

import shapely

from platform_services.common import Known, Reply, Request, by_start, moment, reply, stamp

LARGEST_PAGE = 1000
LARGEST_OFFSET = 10_000
_KNOWN = {
    "productType",
    "startDate",
    "completionDate",
    "publishedAfter",
    "geometry",
    "sortParam",
    "sortOrder",
    "maxRecords",
    "index",
    "page",
}
_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:eo="http://a9.com/-/spec/opensearch/extensions/eo/1.0/"'
)


def answer(request: Request, products: Sequence[Known]) -> Reply:
    asked = request.query
    size, begin = int(asked["maxRecords"]), int(asked["index"]) - 1
    if unknown := set(asked) - _KNOWN:
        return _refused(f"Unknown parameter {sorted(unknown)}")
    if size > LARGEST_PAGE or begin > LARGEST_OFFSET:
        return _refused("Maximum allowed offset is 10000")
    assert (asked["sortParam"], asked["sortOrder"]) == ("startDate", "ascending")
    *_, collection, form = request.path.split("/")
    found = _found(asked, collection, products)
    page, more = found[begin : begin + size], len(found) > begin + size
    following = f"{request.address}?{urlencode(asked | {'index': str(begin + 1 + size)})}"
    links = [{"rel": "self", "href": request.url}]
    links += [{"rel": "next", "href": following}] if more else []
    if form == "search.atom":
        return _feed(page, links)
    about = {
        "totalResults": None,
        "exactCount": 0,
        "startIndex": begin + 1,
        "itemsPerPage": size,
        "links": links,
    }
    features = [_feature(one) for one in page]
    return reply({"type": "FeatureCollection", "properties": about, "features": features})


def _found(asked: dict[str, str], collection: str, products: Sequence[Known]) -> list[Known]:
    first, last = moment(asked["startDate"]), moment(asked["completionDate"])
    after = moment(asked["publishedAfter"]) if "publishedAfter" in asked else None
    place = shapely.from_wkt(asked["geometry"]) if "geometry" in asked else None
    return by_start(
        one
        for one in products
        if one.mission == collection
        and one.group == asked["productType"]
        and one.start >= first
        and one.end <= last
        and (after is None or one.published > after)
        and one.touches(place)
    )


def _refused(message: str) -> Reply:
    return reply({"detail": {"ErrorMessage": message, "ErrorCode": 400, "ErrorDetail": []}}, 400)


def _feature(one: Known) -> dict[str, Any]:
    take = one.datatake or ""
    properties = {
        "collection": f"SENTINEL-{one.name[1]}",
        "status": "ONLINE" if one.entry["Online"] else "OFFLINE",
        "productIdentifier": one.entry["S3Path"],
        "title": one.entry["Name"],
        "startDate": stamp(one.start),
        "completionDate": stamp(one.end),
        "productType": one.type,
        "published": stamp(one.published),
        "orbitNumber": one.told("orbitNumber", 0),
        "relativeOrbitNumber": one.told("relativeOrbitNumber", 0),
        "orbitDirection": one.told("orbitDirection", "DESCENDING"),
        "timeliness": one.told("timeliness"),
        "services": {"download": {"size": one.entry["ContentLength"]}},
    } | ({"missionTakeId": take} if take.startswith("G") else {})
    geometry = one.outline
    # Every other one as a MultiPolygon: both have been seen of the same kind of product.
    if geometry and one.entry["ContentLength"] % 2:
        geometry = {"type": "MultiPolygon", "coordinates": [geometry["coordinates"]]}
    return {"type": "Feature", "id": one.id, "geometry": geometry, "properties": properties}


def _feed(page: Sequence[Known], links: list[dict[str, str]]) -> Reply:
    written = "".join(
        f"<link rel={quoteattr(one['rel'])} href={quoteattr(one['href'])}/>" for one in links
    )
    body = f"<feed {_NAMESPACES}>{written}{''.join(map(_entry, page))}</feed>"
    return Reply(body.encode(), headers={"Content-Type": "application/atom+xml"})


def _entry(one: Known) -> str:
    outline = ""
    if one.area is not None:
        ring = " ".join(f"{x},{y}" for x, y in one.area.exterior.coords)
        outline = (
            "<gml:Polygon><gml:outerBoundaryIs><gml:LinearRing>"
            f"<gml:coordinates>{ring}</gml:coordinates>"
            "</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>"
        )
    return (
        f"<entry><id>{escape(one.id)}</id><title>{escape(one.name)}</title>"
        f"<published>{stamp(one.published)}</published>"
        f"<eo:productType>{escape(one.type)}</eo:productType>"
        f"<gml:validTime><gml:TimePeriod><gml:beginPosition>{stamp(one.start)}</gml:beginPosition>"
        f"<gml:endPosition>{stamp(one.end)}</gml:endPosition></gml:TimePeriod></gml:validTime>"
        f"{outline}</entry>"
    )
