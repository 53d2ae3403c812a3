"""The passes of a season as features: each card, orbit and day with its state and footprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.notices.calendar import Cell
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.data.calendar import Square, squares
from dias_cbm.window.data.memory import Memory
from dias_cbm.window.data.passes_of_season import Passes
from dias_cbm.window.data.remembered import Remembered
from dias_cbm.window.ogc.collection import Collection, Feature, Page, Property, extent_of
from dias_cbm.window.ogc.feature_request import Box, FeatureRequest, place_after, whole_number

_NUMBER = "rel_orbit"
_PROPERTIES = (
    Property("card", "card", filtered=True, values=[str(one) for one in Card]),
    Property("satellite", "satellite", filtered=True),
    Property(_NUMBER, "relative orbit", "integer", filtered=True),
    Property("direction", "A: ascending, D: descending", filtered=True),
    Property("date", "day in UTC", filtered=True, form="date"),
    Property("expected_at", "when it was or should have been sensed", form="date-time"),
    Property("state", "of its tiles the worst", filtered=True, values=[str(one) for one in Cell]),
    Property("tiles", "tiles that it should cover", "integer"),
    Property("tiles_processed", "of these, processed", "integer"),
    Property("acquisition", "number of its scene", "integer"),
)
_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class _Pass:
    """A pass with its place; ``shape`` is None for one that nobody has seen."""

    feature: Feature
    at: datetime
    shape: BaseGeometry | None


class PassFeatures:
    """The passes of seasons as features, kept as long as the passes themselves."""

    def __init__(self, memory: Memory) -> None:
        self._memory, self._made = memory, Remembered[Sequence[_Pass]](_SECONDS)

    def collection(self, season: Season) -> Collection:
        """What there is to ask of the passes."""
        days = (season.starts.isoformat(), season.ends.isoformat())
        title = f"Passes of {season.name}, with their state"
        extent = extent_of(season.area)
        return Collection(season.name, "passes", title, extent, _PROPERTIES, days)

    def page(self, connection: Connection, season: Season, asked: FeatureRequest) -> Page:
        """A page of passes in order of time."""
        place = place_after(asked.after, (datetime, str))
        wanted: dict[str, Any] = dict(asked.equal)
        if _NUMBER in wanted:
            wanted[_NUMBER] = whole_number(wanted[_NUMBER], _NUMBER)
        boxes = _boxes(asked.box)
        found = [
            one
            for one in self._every(connection, season)
            if (place is None or (one.at, str(one.feature.id)) > (place[0], place[1]))
            and (asked.since is None or one.at >= asked.since)
            and (asked.before is None or one.at < asked.before)
            and all(one.feature.properties[name] == value for name, value in wanted.items())
            and (boxes is None or (one.shape is not None and shapely.intersects(one.shape, boxes)))
        ]
        features = [one.feature for one in found[: asked.limit]]
        if len(found) <= asked.limit:
            return Page(features)
        last = found[asked.limit - 1]
        return Page(features, tables.key([last.at, last.feature.id]))

    def one(self, connection: Connection, season: Season, name: str) -> Feature | None:
        """One pass; None if the season has none of that name."""
        every = self._every(connection, season)
        return next((one.feature for one in every if one.feature.id == name), None)

    def _every(self, connection: Connection, season: Season) -> Sequence[_Pass]:
        def make() -> list[_Pass]:
            return _passes(connection, self._memory.passes(connection, season))

        return self._made.get(season, make)


def _passes(connection: Connection, found: Passes) -> list[_Pass]:
    made = [(square, _scenes(square, found)) for square in squares(found)]
    shapes = _footprints(connection, sorted({scene for _, scenes in made for scene in scenes}))
    every = [
        _of(square, [shapes[scene] for scene in scenes if scene in shapes])
        for square, scenes in made
    ]
    return sorted(every, key=lambda one: (one.at, str(one.feature.id)))


def _scenes(square: Square, found: Passes) -> set[int]:
    """Scenes of a pass: those of its card, or else of any."""
    sightings = found.assessment.sightings
    near = [
        one
        for tile in square.tiles
        for one in sightings.near(square.rel_orbit, tile.tile, square.expected_at, square.satellite)
    ]
    return {one.obsid for one in near if one.card is square.card} or {one.obsid for one in near}


def _footprints(connection: Connection, scenes: list[int]) -> Mapping[int, BaseGeometry]:
    rows = connection.execute(query("window/ogc_footprints"), {"scenes": scenes})
    return {row.id: shapely.from_wkb(row.footprint) for row in rows}


def _of(square: Square, shapes: Sequence[BaseGeometry]) -> _Pass:
    shape = shapely.union_all(shapes) if shapes else None
    values = {
        "card": str(square.card),
        "satellite": square.satellite,
        _NUMBER: square.rel_orbit,
        "direction": square.direction or None,
        "date": square.date.isoformat(),
        "expected_at": square.expected_at,
        "state": str(square.state),
        "tiles": len(square.tiles),
        "tiles_processed": square.counts.get(Cell.FOUND, 0),
        "acquisition": square.acquisition,
    }
    parts = (square.card, square.satellite, square.rel_orbit, square.direction or "-", square.date)
    name = "_".join(str(one) for one in parts)
    geometry = None if shape is None else shapely.to_geojson(shape)
    return _Pass(Feature(name, geometry, values), square.expected_at, shape)


def _boxes(box: Box | None) -> BaseGeometry | None:
    if box is None:
        return None
    west, south, east, north = box
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union_all(
        [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
    )
