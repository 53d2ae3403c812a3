"""MUNDI's OpenSearch, as recorded in 2023: Atom, 1-based, never more than 50 entries a page.

Its oddities: more than 50 are cut off without a word; ``georss:polygon`` has the latitude first;
``eo:orbitNumber`` is the relative orbit and ``DIAS:startOrbitNumber`` the absolute one; what is
offline has no enclosure, or one to "Not Available"; times have whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import shapely

from platform_services.common import Known, Reply, Request, by_start, moment, stamp

LARGEST_PAGE = 50
NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:DIAS="http://mundi/DIAS" '
    'xmlns:eo="http://a9.com/-/spec/opensearch/extensions/eo/1.0/" '
    'xmlns:georss="http://www.georss.org/georss" '
    'xmlns:os="http://a9.com/-/spec/opensearch/1.1/"'
)


def answer(request: Request, products: Sequence[Known]) -> Reply:
    asked = request.query
    assert asked["format"] == "atom"
    mission = request.path.split("/")[-2]
    first, last = moment(asked["timeStart"]), moment(asked["timeEnd"])
    place = None
    if "geometry" in asked:
        assert asked["relation"] == "intersects"
        place = shapely.from_wkt(asked["geometry"])
    found = by_start(
        one
        for one in products
        if one.mission == mission
        and _type(one) == asked["productType"]
        and one.name[7:10] == asked.get("processingLevel", one.name[7:10])
        and one.start >= first
        and one.end <= last
        and one.touches(place)
    )
    begin = int(asked["startIndex"]) - 1
    page = found[begin : begin + min(int(asked["maxRecords"]), LARGEST_PAGE)]
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><feed {NAMESPACES}>'
        f"<title>DIAS CWS OpenSearch Service - Search Results</title>"
        f"<os:totalResults>{len(found)}</os:totalResults><os:startIndex>{begin + 1}</os:startIndex>"
        f"{''.join(map(_entry, page))}</feed>"
    )
    return Reply(body.encode(), headers={"Content-Type": "application/atom+xml;charset=UTF-8"})


def _type(one: Known) -> str:
    return "IMAGE" if one.mission == "Sentinel2" else one.group


def _entry(one: Known) -> str:
    values = {
        "id": one.name,
        "title": one.name,
        "published": stamp(one.published, "seconds"),
        "eo:productType": _type(one),
        "eo:orbitNumber": one.told("relativeOrbitNumber"),
        "eo:orbitDirection": one.told("orbitDirection", "DESCENDING"),
        "DIAS:startOrbitNumber": one.told("orbitNumber"),
        "DIAS:sensingStartDate": stamp(one.start, "seconds"),
        "DIAS:sensingStopDate": stamp(one.end, "seconds"),
        "DIAS:datatakeId": one.datatake,
        "DIAS:tileIdentifier": one.told("tileId"),
        "DIAS:onlineStatus": "ONLINE" if one.entry["Online"] else "OFFLINE",
        "DIAS:checksum": one.md5.upper(),
        "DIAS:productDatapackSize": float(one.entry["ContentLength"]),
        "georss:polygon": _latitude_first(one.area),
    }
    texts = "".join(
        f"<{name}>{escape(str(value))}</{name}>"
        for name, value in values.items()
        if value is not None
    )
    href = f"https://obs.example/{one.name}.zip" if one.entry["Online"] else "Not Available"
    return f'<entry>{texts}<link rel="enclosure" href={quoteattr(href)}/></entry>'


def _latitude_first(area: shapely.Polygon | None) -> str | None:
    if area is None:
        return None
    return " ".join(f"{latitude} {longitude}" for longitude, latitude in area.exterior.coords)
