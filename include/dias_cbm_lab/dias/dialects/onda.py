"""ONDA's OData service: a ``$search`` text, and errors under HTTP 200."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import shapely

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

_LARGEST_PAGE = 2000
_TERM = re.compile(r'footprint:\\"Intersects\((?P<area>.*)\)\\"|(?P<field>\w+):(?P<value>.*)', re.S)
_RANGE = re.compile(r"\[(\S+) TO (\S+)\]")


def answer(asked: Asked, products: list[Product]) -> Answer:
    """Answer a search."""
    if asked.path != "/Products":
        return reply({"error": {"message": "no such place"}}, 404)
    try:
        size = number(asked.get("$top", "50"), _LARGEST_PAGE)
        skip = number(asked.get("$skip", "0"), 10**9)
        found = _found(asked.get("$search"), products)
    except Refused as error:
        return reply({"error": {"code": None, "message": str(error)}})
    return reply({"value": [_entry(one) for one in found[skip : skip + size]]})


def _found(search: str, products: list[Product]) -> list[Product]:
    found = products
    for term in search.strip('"').split(" AND "):
        match = _TERM.fullmatch(term)
        if match is None:
            raise Refused(f"not understood: {term}")
        if match["area"]:
            place = area(match["area"])
            found = [one for one in found if within(one, place)]
        elif match["field"] == "productType":
            found = [one for one in found if fnmatch.fnmatch(_type(one), match["value"])]
        elif match["field"] == "beginPosition" and (limits := _RANGE.fullmatch(match["value"])):
            first, last = moment(limits[1]), moment(limits[2])
            found = [one for one in found if first <= one.start <= last]
        else:
            raise Refused(f"not understood: {term}")
    return by_time(found)


def _type(one: Product) -> str:
    return {"IW_GRDH_1S": "GRD", "IW_SLC__1S": "SLC"}.get(one.kind, one.kind)


def _entry(one: Product) -> dict[str, Any]:
    said = one.attributes
    known = {
        "productType": _type(one),
        "endPosition": stamp(one.end),
        "orbitNumber": said.get("orbitNumber"),
        "relativeOrbitNumber": said.get("relativeOrbitNumber"),
        "orbitDirection": said.get("orbitDirection"),
        "sliceNumber": said.get("sliceNumber"),
        "timeliness": said.get("timeliness"),
    }
    folder = one.location.lstrip("/").rpartition("/")[0]
    return {
        "id": one.id,
        "name": one.file,
        "creationDate": stamp(one.published),
        "beginPosition": stamp(one.start),
        "offline": not one.online,
        "size": one.size,
        "pseudopath": f"{folder}, {one.kind}",
        "footprint": None if one.footprint is None else shapely.to_wkt(one.footprint, -1),
        "Metadata": [{"id": key, "value": str(v)} for key, v in known.items() if v is not None],
    }
