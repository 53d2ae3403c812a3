"""The parcels of a season as features, with what lists, markers and rules say of them.

Classes come from the arrays of the map, so features and map agree, and a filter that few parcels
pass costs as much as one that all pass. Pages are in the order of the blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.parcels.blocks import BLOCK_PARCELS
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.map.places import HIDDEN, Places
from dias_cbm.window.map.season_map import Coloured, Filter, SeasonMaps
from dias_cbm.window.ogc.collection import Collection, Feature, Page, Property
from dias_cbm.window.ogc.feature_request import Box, FeatureRequest, place_after, refused

#: Kinds of colourings whose classes are properties.
KINDS = frozenset({"verdict", "marker", "scheme", "gaps"})
#: Web Mercator ends there.
_NORTH = 85.0
_PLAIN = (
    Property("pid", "identifier", filtered=True),
    Property("crop", "declared crop", filtered=True),
    Property("tile", "home tile (MGRS)", filtered=True),
    Property("holding", "holding", filtered=True),
    Property("area_m2", "area in square metres", "number"),
    Property("predicted", "crop that the signal looks like", filtered=False),
    Property("probability", "of the declared crop, 0 to 1", "number"),
    Property("rank", "1: least likely declaration", "integer"),
)


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of all parcels of a season.

    :param by_property: name of a property -> its classes by place.
    """

    places: Places
    by_property: Mapping[str, Coloured]
    version: str


def classes(connection: Connection, maps: SeasonMaps, season: Season) -> Classes:
    """The classes of the parcels as they are now."""
    places, found, version = maps.every(connection, season, KINDS)
    return Classes(places, {_name(one): one for one in found}, version)


def collection(season: Season, known: Classes) -> Collection:
    """What there is to ask of the parcels."""
    coloured = [
        Property(
            name, _title(one), filtered=True, values=[n for n in one.colouring.names if n != "none"]
        )
        for name, one in known.by_property.items()
    ]
    title = f"Parcels of {season.name}, with verdict, markers and colours of schemes"
    extent = known.places.extent
    return Collection(season.name, "parcels", title, extent, [*_PLAIN, *coloured])


def page(
    connection: Connection, maps: SeasonMaps, season: Season, known: Classes, asked: FeatureRequest
) -> Page:
    """A page of parcels.

    :raises HTTPException: 400: the place to go on from is of parcels that were replaced since.
    """
    version = f"{crc32(known.version.encode()):08x}"
    first = _first(asked.after, version)
    places = _places(connection, maps, season, known, asked, first)
    found = _features(connection, season, known, places[: asked.limit])
    more = len(places) > asked.limit
    last = tables.key([version, int(places[asked.limit - 1])]) if more else None
    return Page(found, last)


def one(connection: Connection, season: Season, known: Classes, pid: str) -> Feature | None:
    """One parcel; None if the season has none of that name."""
    place = _place_of(connection, season, pid)
    found = _features(connection, season, known, [] if place is None else [place])
    return found[0] if found else None


def _places(
    connection: Connection,
    maps: SeasonMaps,
    season: Season,
    known: Classes,
    asked: FeatureRequest,
    first: int,
) -> Sequence[int]:
    """The places of a page, and one more if there is a further one."""
    shown = known.places.there.copy()
    shown[:first] = False
    for name, value in asked.equal.items():
        if name in known.by_property:
            coloured = known.by_property[name]
            if value not in coloured.colouring.names:
                return []
            shown &= coloured.classes == coloured.colouring.names.index(value)
    wish = Filter(asked.equal.get("crop"), asked.equal.get("tile"), asked.equal.get("holding"))
    if wish != Filter():
        shown &= maps.matching(connection, season, wish)
    if "pid" in asked.equal:
        place = _place_of(connection, season, asked.equal["pid"])
        only = np.zeros(len(shown), bool)
        if place is not None and place < len(only):
            only[place] = True
        shown &= only
    if asked.box is None:
        found: list[int] = np.flatnonzero(shown)[: asked.limit + 1].tolist()
        return found
    if not shown.any():
        return []
    values = {
        "season": season.id,
        "first": first,
        "shown": shown.astype(np.uint8).tobytes(),
        "limit": asked.limit + 1,
        **_edges(asked.box),
    }
    return [row.place for row in connection.execute(query("window/ogc_places"), values)]


def _edges(box: Box) -> dict[str, float]:
    """The box as two that do not cross the antimeridian; they may be the same."""
    west, south, east, north = box
    if min(north, _NORTH) < max(south, -_NORTH):  # nothing but a pole
        south = north = _NORTH if south > 0 else -_NORTH
    return {
        "south": max(south, -_NORTH),
        "north": min(north, _NORTH),
        "west": west,
        "first_east": 180.0 if west > east else east,
        "second_west": -180.0 if west > east else west,
        "east": east,
    }


def _features(
    connection: Connection, season: Season, known: Classes, places: Sequence[int]
) -> list[Feature]:
    if not len(places):
        return []
    values = {
        "season": season.id,
        "blk": [place // BLOCK_PARCELS + 1 for place in places],
        "pos": [place % BLOCK_PARCELS + 1 for place in places],
        "block_parcels": BLOCK_PARCELS,
        "holding_column": settings().outliers.holding_attribute,
    }
    rows = connection.execute(query("window/ogc_parcels"), values)
    return [_feature(row, known) for row in rows]


def _feature(row: Any, known: Classes) -> Feature:
    place = row.place
    values = {one.name: getattr(row, one.name) for one in _PLAIN}
    for name, coloured in known.by_property.items():
        number = int(coloured.classes[place]) if place < len(coloured.classes) else HIDDEN
        word = None if number == HIDDEN else coloured.colouring.names[number]
        values[name] = None if word == "none" else word
    return Feature(row.pid, row.geometry, values)


def _place_of(connection: Connection, season: Season, pid: str) -> int | None:
    values = {"season": season.id, "pid": pid, "block_parcels": BLOCK_PARCELS}
    row = connection.execute(query("window/ogc_place"), values).fetchone()
    return None if row is None else int(row.place)


def _first(after: str | None, version: str) -> int:
    if after is None:
        return 0
    found = place_after(after, (str, int))
    if found is None or found[0] != version:
        raise refused("after: the parcels were loaded anew meanwhile; begin again")
    return min(max(0, int(found[1]) + 1), 1 << 40)


def _name(coloured: Coloured) -> str:
    return coloured.colouring.key.replace(":", "_")


def _title(coloured: Coloured) -> str:
    kind, of = coloured.colouring.kind, coloured.colouring.of
    titles = {
        "verdict": "status on the newest list, or what a person found since",
        "gaps": "whether a pass over it is still missing",
        "marker": f"answer of the marker {of}",
        "scheme": f"colour of the scheme {of}",
    }
    return titles[kind]
