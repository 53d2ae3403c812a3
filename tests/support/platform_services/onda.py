"""ONDA's OData, as recorded in 2020: a ``$search`` text, no count and no link to the next page.

Its oddities: more than 2000 a page get an error under HTTP 200; types of Sentinel-1 are asked for
with wildcards; the name is that of a zip file; footprints are multipolygons in well-known text;
the pseudopath is a list with commas; orbits are in ``Metadata``, as texts, when that is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import shapely

from platform_services.common import Known, Reply, Request, by_start, moment, reply, stamp

LARGEST_PAGE = 2000
_SEARCH = re.compile(
    r'"(?:footprint:\\"Intersects\((?P<area>POLYGON ?\(.*\))\)\\" AND )?'
    r"productType:(?P<type>\S+) AND beginPosition:\[(?P<first>\S+) TO (?P<last>\S+)\]\""
)


def answer(request: Request, products: Sequence[Known]) -> Reply:
    if not request.path.endswith("/Products"):
        return reply({"error": {"code": None, "message": "Not found"}}, 404)
    asked = request.query
    assert (asked["$orderby"], asked["$format"]) == ("beginPosition asc", "json")
    top, skip = int(asked["$top"]), int(asked["$skip"])
    if top > LARGEST_PAGE:
        message = f"The maximum number of results is {LARGEST_PAGE}"
        return reply({"error": {"code": None, "message": message}})
    terms = _SEARCH.fullmatch(asked["$search"])
    assert terms, f"not understood: {asked['$search']}"
    first, last = moment(terms["first"]), moment(terms["last"])
    place = shapely.from_wkt(terms["area"]) if terms["area"] else None
    found = by_start(
        one
        for one in products
        if fnmatchcase(_type(one), terms["type"])
        and first <= one.start <= last
        and one.touches(place)
    )
    expanded = asked.get("$expand") == "Metadata"
    page = [_product(one, expanded) for one in found[skip : skip + top]]
    return reply({"@odata.context": "$metadata#Products", "value": page})


def _type(one: Known) -> str:
    return one.group if one.group in ("GRD", "SLC") else one.type


def _product(one: Known, expanded: bool) -> dict[str, Any]:
    level = "RADAR/LEVEL-1" if one.mission == "Sentinel1" else "OPTICAL/LEVEL-2A"
    area = None if one.area is None else shapely.to_wkt(shapely.MultiPolygon([one.area]), -1)
    product = {
        "@odata.mediaContentType": "application/zip",
        "id": one.id,
        "name": f"{one.name}.zip",
        "creationDate": stamp(one.published),
        "beginPosition": stamp(one.start),
        "offline": not one.entry["Online"],
        "size": one.entry["ContentLength"],
        "pseudopath": f"{level}/{one.start:%Y/%m/%d}, {one.name[:2]}/{one.name[1:3]}/{level}",
        "footprint": area,
        "downloadable": False,
        "evictionDate": None,
    }
    return product | ({"Metadata": _metadata(one)} if expanded else {})


def _metadata(one: Known) -> list[dict[str, str]]:
    values = {
        "productType": _type(one),
        "endPosition": stamp(one.end),
        **{
            name: one.told(name)
            for name in ("orbitNumber", "relativeOrbitNumber", "orbitDirection", "timeliness")
        },
    }
    return [{"id": name, "value": str(value)} for name, value in values.items() if value]
