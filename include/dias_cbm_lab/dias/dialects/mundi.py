"""MUNDI's OpenSearch service: 50 entries at most, polygons with latitude first."""

from __future__ import annotations

import shapely
from lxml import etree
from lxml.builder import ElementMaker

from dias_cbm_lab.dias.dialects.common import (
    Answer,
    Asked,
    Product,
    Refused,
    area,
    by_time,
    moment,
    number,
    reply,
    stamp,
    within,
)
from dias_cbm_lab.dias.dialects.xml import ATOM, DIAS, EO, GEORSS, OPENSEARCH, document

_LARGEST_PAGE = 50
_TYPES = {"IW_GRDH_1S": "GRD", "IW_SLC__1S": "SLC", "S2MSI1C": "IMAGE", "S2MSI2A": "IMAGE"}
_LEVELS = {"S2MSI1C": "L1C", "S2MSI2A": "L2A"}


def answer(asked: Asked, products: list[Product]) -> Answer:
    """Answer a search."""
    try:
        # A page size beyond the limit is silently reduced.
        size = min(number(asked.get("maxRecords", "10"), 10_000), _LARGEST_PAGE)
        first = number(asked.get("startIndex", "1"), 1_000_000) - 1
        found = _found(asked, products)
    except Refused as error:
        return reply({"message": str(error)}, 400)
    atom, search = ElementMaker(namespace=ATOM), ElementMaker(namespace=OPENSEARCH)
    feed = atom.feed(atom.title("search"), search.totalResults(str(len(found))))
    feed.extend(_entry(one) for one in found[first : first + size])
    return Answer(document(feed), media="application/atom+xml")


def _found(asked: Asked, products: list[Product]) -> list[Product]:
    first, last = moment(asked.get("timeStart")), moment(asked.get("timeEnd"))
    place = area(asked.get("geometry")) if asked.get("geometry") else None
    level = asked.get("processingLevel")
    return by_time(
        one
        for one in products
        if _TYPES.get(one.kind, one.kind) == asked.get("productType")
        and _LEVELS.get(one.kind, "") == level
        and one.start >= first
        and one.end <= last
        and within(one, place)
    )


def _entry(one: Product) -> etree._Element:
    atom, dias = ElementMaker(namespace=ATOM), ElementMaker(namespace=DIAS)
    eo, georss = ElementMaker(namespace=EO), ElementMaker(namespace=GEORSS)
    said = one.attributes
    parts = [
        atom.id(one.name),
        atom.title(one.name),
        atom.published(stamp(one.published)),
        atom.link(rel="enclosure", href=one.location, length=str(one.size)),
        dias.sensingStartDate(stamp(one.start)),
        dias.sensingStopDate(stamp(one.end)),
        dias.onlineStatus("ONLINE" if one.online else "OFFLINE"),
        eo.productType(_TYPES.get(one.kind, one.kind)),
        # MUNDI gives the relative orbit under the name of the orbit number.
        eo.orbitNumber(str(said.get("relativeOrbitNumber", ""))),
        dias.startOrbitNumber(str(said.get("orbitNumber", ""))),
        eo.orbitDirection(str(said.get("orbitDirection", "DESCENDING"))),
    ]
    if one.md5:
        parts.append(dias.checksum(one.md5.upper()))
    if "timeliness" in said:
        parts.append(dias.productTimeliness(str(said["timeliness"])))
    if one.footprint is not None:
        ring = shapely.get_parts(one.footprint)[0].exterior.coords
        parts.append(georss.polygon(" ".join(f"{y!r} {x!r}" for x, y in ring)))
    return atom.entry(*parts)
