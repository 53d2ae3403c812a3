"""Collections: what each is, which properties its features have, and a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import MultiPolygon

from dias_cbm.geometry import arc


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the features of a collection.

    :param kind: type of JSON schema: ``string``, ``integer``, ``number`` or ``boolean``.
    :param filtered: whether a request can ask for one value of it.
    :param values: all that it can have, if they are few.
    """

    name: str
    title: str
    kind: str = "string"
    filtered: bool = False
    values: Sequence[str] = ()
    form: str | None = None

    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        found: dict[str, Any] = {"title": self.title, "type": self.kind}
        if self.values:
            found["enum"] = list(self.values)
        if self.form:
            found["format"] = self.form
        return found


@dataclass(frozen=True, slots=True)
class Collection:
    """The features of one kind in one season.

    :param kind: ``parcels``, ``passes`` or ``gaps``.
    :param extent: west, south, east, north in degrees; east is beyond 180 where it crosses the
        antimeridian.
    :param days: first and last day, of features that have a time.
    """

    season: str
    kind: str
    title: str
    extent: tuple[float, float, float, float]
    properties: Sequence[Property]
    days: tuple[str, str] | None = None

    @property
    def box(self) -> list[float]:
        """Its extent as the standard has it: at the antimeridian west is larger than east."""
        west, south, east, north = self.extent
        return [west, south, east - 360.0 if east > 180.0 else east, north]

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return f"{self.season}.{self.kind}"

    @property
    def filters(self) -> list[str]:
        """Names of the properties that a request can ask for."""
        return [one.name for one in self.properties if one.filtered]


def extent_of(area: MultiPolygon) -> tuple[float, float, float, float]:
    """West, south, east, north of an area, as :attr:`Collection.extent`."""
    west, south, east, north = shapely.bounds(shapely.get_parts(area)).T
    first, last = arc(west, east)
    return (first, float(south.min()), last, float(north.max()))


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature.

    :param geometry: GeoJSON as text, longitude first; None: it has no place.
    """

    id: str | int
    geometry: str | None
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some features.

    :param after: the parameter ``after`` of the next page; None: there is none.
    """

    features: Sequence[Feature]
    after: str | None = None
