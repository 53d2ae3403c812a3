"""Raw catalogue entries: a platform's attributes joined with the fields of the product name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.errors import ShapelyError
from shapely.geometry import shape

from dias_cbm.cards import BY_KIND, LONGEST_PAIR, PAIR_KINDS
from dias_cbm.catalogue.area import unwrapped, wrapped
from dias_cbm.catalogue.base import Quarantined, Skipped
from dias_cbm.crossings import MOST_CROSSINGS, crosses_too_often
from dias_cbm.scenes import (
    Kind,
    Scene,
    direction_by_sun,
    kind_of_name,
    parse_name,
    parse_time,
    relative_orbit,
)

PRODUCT_TYPES: Mapping[Kind, str] = {
    Kind.S1_GRD: "IW_GRDH_1S",
    Kind.S1_SLC: "IW_SLC__1S",
    Kind.S2_L1C: "S2MSI1C",
    **{kind: row.product_type for kind, row in BY_KIND.items()},
}
KIND_OF_TYPE = {product_type: kind for kind, product_type in PRODUCT_TYPES.items()}
#: Degrees of longitude that no scene covers, below this latitude and beyond it.
_WIDEST, _POLAR, _WIDEST_POLAR = 90.0, 75.0, 180.0
#: No datatake is longer, nor further from the time in the names of its products.
_LONGEST = _HOUR = timedelta(hours=1)
_NONE = timedelta(0)
_DIRECTIONS = {"ASCENDING": "A", "DESCENDING": "D"}
_WKT = re.compile(r"(?:geography')?(?:SRID=4326;)?\s*((?:MULTI)?POLYGON\s*\(.*\))'?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Listed:
    """One product as its platform lists it; what is None is taken from the product name.

    :param kind: None for a product type that we do not process.
    :param product_type: the platform's term for it.
    :param direction: ``ASCENDING`` or ``DESCENDING``, in any case.
    :param datatake: of Sentinel-1 in decimal.
    :param geometry: in EPSG:4326, longitude first.
    """

    product_id: str
    name: str
    kind: Kind | None
    product_type: str | None
    start: datetime
    end: datetime
    satellite: str | None = None
    published: datetime | None = None
    abs_orbit: int | None = None
    rel_orbit: int | None = None
    direction: str | None = None
    datatake: str | None = None
    slice: int | None = None
    tile: str | None = None
    baseline: str | None = None
    timeliness: str | None = None
    geometry: shapely.Geometry | None = None
    location: str | None = None
    online: bool | None = None
    size: int | None = None
    checksum: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def kind_of(name: str, product_type: str | None) -> Kind | None:
    """The kind of a product, from its name if possible, else from the platform's product type."""
    return kind_of_name(name) if parse_name(name) else KIND_OF_TYPE.get(product_type or "")


def foreign(
    product_id: str, name: str, product_type: str | None, kinds: Collection[Kind]
) -> Skipped | None:
    """A :class:`Skipped` for an entry we do not process; None of its other fields is checked."""
    if kind_of(name, product_type) in kinds:
        return None
    return Skipped(product_id, name, f"product type {product_type or 'unknown'}")


def read(listed: Listed, platform: str, kinds: Collection[Kind]) -> Scene | Quarantined | Skipped:
    """The scene of a listed product, or the reason why there is none.

    :param kinds: what was asked for; anything else is skipped.
    """
    if listed.kind is None or listed.kind not in kinds:
        reason = f"product type {listed.product_type or 'unknown'}"
        return Skipped(listed.product_id, listed.name, reason)
    scene = _scene(listed, platform, listed.kind)
    if not _is_file_name(scene.name):
        return Quarantined(scene.name, "its name is not that of a file", scene)
    if odd := _odd_times(scene):
        return Quarantined(scene.name, odd, scene)
    footprint, reason = footprint_of(listed.geometry)
    if footprint is None:
        return Quarantined(scene.name, reason, scene)
    return replace(
        scene, footprint=footprint, direction=scene.direction or _by_sun(scene, footprint)
    )


def _scene(listed: Listed, platform: str, kind: Kind) -> Scene:
    """The scene without its footprint.

    What the name says counts: it is the product's own on all platforms, and their attributes have
    been wrong. What the platform does not list comes from the name too.
    """
    fields = parse_name(listed.name)
    satellite = fields.get("satellite") or listed.satellite or kind.sensor
    abs_orbit = _int(fields, "abs_orbit") or listed.abs_orbit
    return Scene(
        platform=platform,
        product_id=listed.product_id,
        name=listed.name,
        kind=kind,
        satellite=satellite,
        start=listed.start,
        end=listed.end,
        published=listed.published,
        abs_orbit=abs_orbit,
        rel_orbit=_int(fields, "rel_orbit")
        or listed.rel_orbit
        or (relative_orbit(satellite, abs_orbit) if abs_orbit else None),
        direction=_direction(listed.direction, kind),
        datatake=_datatake(fields) if listed.datatake is None else listed.datatake,
        slice=listed.slice,
        tile=(fields.get("tile") or listed.tile or "").removeprefix("T") or None,
        baseline=_baseline(listed.baseline, fields),
        timeliness=listed.timeliness,
        location=listed.location,
        online=listed.online,
        size=listed.size or None,
        checksum=listed.checksum,
        attributes=listed.attributes,
    )


def _is_file_name(name: str) -> bool:
    """Whether a name can be that of a folder here: products that are made of it get its name."""
    return not name.startswith(".") and not {"/", "\\"}.intersection(name)


def _odd_times(scene: Scene) -> str | None:
    """Why the times of an entry cannot be those of its product; None if they can."""
    if scene.end < scene.start:
        return "ends before it starts"
    if scene.end - scene.start > _LONGEST + (LONGEST_PAIR if scene.kind in PAIR_KINDS else _NONE):
        return f"lasts {(scene.end - scene.start) / _HOUR:,.0f} hours"
    named = parse_name(scene.name).get("start")
    if named and abs(scene.start - parse_time(named)) > _LONGEST:
        return f"starts at {scene.start:%F %T}, by its name at {parse_time(named):%F %T}"
    return None


def _int(fields: Mapping[str, str], key: str) -> int | None:
    return int(fields[key]) if key in fields else None


def _direction(text: str | None, kind: Kind) -> str | None:
    if text is None and kind.sensor == "S2":
        # Sentinel-2 observes by daylight, on the descending half of its orbit.
        return "D"
    return _DIRECTIONS.get((text or "").upper())


def _by_sun(scene: Scene, footprint: MultiPolygon) -> str | None:
    """The orbit direction of a radar scene from its local hour."""
    if scene.kind.sensor != "S1":
        return None
    middle = footprint.representative_point()
    return direction_by_sun(scene.start, middle.x, middle.y)


def _datatake(fields: Mapping[str, str]) -> str | None:
    return str(int(fields["datatake"], 16)) if "datatake" in fields else None


def _baseline(version: str | None, fields: Mapping[str, str]) -> str | None:
    """The baseline of Sentinel-2 from the name, the same everywhere: ``N0509`` is ``05.09``."""
    if "baseline" in fields:
        return f"{fields['baseline'][:2]}.{fields['baseline'][2:]}"
    return version


def footprint_of(geometry: shapely.Geometry | None) -> tuple[MultiPolygon | None, str]:
    """A footprint with its rings repaired, within +-180 degrees; or None and the reason.

    One across the antimeridian may be written with or without +360, or as two parts.
    """
    if geometry is None:
        return None, "no footprint"
    geometry = shapely.force_2d(geometry)
    coordinates = shapely.get_coordinates(geometry)
    if not np.isfinite(coordinates).all() or (np.abs(coordinates) > (360.0, 90.0)).any():
        return None, "footprint is not on the globe"
    outlines = []
    for part in _polygons(geometry):
        outline = unwrapped(part)
        if outline is None:
            return None, "footprint goes round a pole"
        if _too_wide(outline):
            return None, "footprint goes half round the world"
        if not outline.is_valid and crosses_too_often(outline):
            return None, f"footprint crosses itself more than {MOST_CROSSINGS:,} times"
        outlines.append(wrapped(shapely.make_valid(outline)))
    repaired = shapely.union_all(outlines)
    parts = shapely.get_parts(shapely.get_parts(repaired))
    polygons = [part for part in parts if isinstance(part, Polygon) and part.area > 0]
    if not polygons:
        return None, "footprint has no area"
    return MultiPolygon(polygons), ""


def _polygons(geometry: shapely.Geometry) -> list[Polygon]:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in parts if isinstance(part, Polygon) and not part.is_empty]


def _too_wide(outline: Polygon) -> bool:
    """Whether an outline is wider than any scene; near the poles meridians are close together."""
    west, south, east, north = outline.bounds
    return east - west > (_WIDEST_POLAR if max(north, -south) > _POLAR else _WIDEST)


def geojson(value: Any) -> shapely.Geometry | None:
    """Polygons from GeoJSON; None if it has none or cannot be read, such as ``[]`` and null."""
    if isinstance(value, dict) and value.get("type") in ("Polygon", "MultiPolygon"):
        # shapely raises different errors for different kinds of invalid coordinates.
        with suppress(
            ShapelyError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError
        ):
            return shape(value)
    return None


def well_known(text: str | None) -> shapely.Geometry | None:
    """Polygons from well-known text, with or without an SRID; None if it cannot be read."""
    if match := _WKT.fullmatch((text or "").strip()):
        with suppress(ShapelyError):
            return shapely.from_wkt(match[1])
    return None
