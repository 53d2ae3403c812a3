"""The report of a parcel load, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Rejection(StrEnum):
    """The reason why a feature was rejected; each has a row in ``parcel_rejected``."""

    NULL_ID = "null_id"
    NULL_GEOMETRY = "null_geometry"
    UNREADABLE_GEOMETRY = "unreadable_geometry"
    EMPTY_GEOMETRY = "empty_geometry"
    NOT_A_POLYGON = "not_a_polygon"
    INVALID_COORDINATES = "invalid_coordinates"
    NO_AREA = "no_area"
    TANGLED = "tangled"
    OUTSIDE_AREA = "outside_area"
    DUPLICATE_IDENTICAL = "duplicate_identical"
    DUPLICATE_DIFFERING = "duplicate_differing"


_MEANING = {
    Rejection.NULL_ID: "no identifier",
    Rejection.NULL_GEOMETRY: "no geometry",
    Rejection.UNREADABLE_GEOMETRY: "geometry that cannot be decoded",
    Rejection.EMPTY_GEOMETRY: "empty geometry",
    Rejection.NOT_A_POLYGON: "points or lines only",
    Rejection.INVALID_COORDINATES: "coordinates that are not numbers, or outside UTM",
    Rejection.NO_AREA: "no area left after repair",
    Rejection.TANGLED: "an outline that crosses itself too often to be repaired",
    Rejection.OUTSIDE_AREA: "outside the season's area",
    Rejection.DUPLICATE_IDENTICAL: "identifier seen before, with the same geometry",
    Rejection.DUPLICATE_DIFFERING: "identifier seen before, with another geometry",
}

BELOW_PIXEL = "below_pixel"
#: Percentage of a file's features that may be rejected.
MAX_REJECTED = 5.0
_TILES_NAMED = 10


@dataclass(slots=True)
class Repair:
    """Number of parcels repaired for one reason, and the total change of their area in m2."""

    parcels: int = 0
    area_change_m2: float = 0.0


@dataclass(slots=True)
class LoadReport:
    """The report of a load: ``features == loaded + sum(rejected.values())``.

    :param crs: the file's; ``srid`` is the EPSG code that the season keeps geometries in.
    :param reprojected: the file's CRS is not the season's, and geometries were converted.
    :param rejected: features by reason.
    :param repaired: loaded parcels by what was wrong; all are repaired by make_valid (structure).
    :param below_pixel: loaded parcels smaller than a pixel of 10 m; their note says so.
    :param without_crop: loaded parcels that declare no crop; no verdict is possible for them.
    :param z_dropped: loaded parcels whose heights or measures were dropped.
    :param curves_linearised: features whose curves were converted to lines.
    :param parts_dropped: points and lines dropped from collections.
    :param invalid_dates: by column, values that are not dates; they become null.
    :param cut_texts: by column, texts with the character NUL; what follows it is not loaded.
    :param replaced: rows removed with the old parcels, by table; None if there were none.
    :param scenes_reopened: scenes that are ready to be extracted (again) for the new parcels.
    :param tiles: loaded parcels by home tile.
    :param extent: west, south, east and north of the loaded parcels, in degrees.
    :param country: of the parcel in the middle of those loaded.
    """

    file: str
    layer: str
    season: str
    crs: str
    srid: int = 0
    season_created: bool = False
    reprojected: bool = False
    features: int = 0
    loaded: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    repaired: dict[str, Repair] = field(default_factory=dict)
    below_pixel: int = 0
    without_crop: int = 0
    z_dropped: int = 0
    curves_linearised: int = 0
    parts_dropped: int = 0
    invalid_dates: dict[str, int] = field(default_factory=dict)
    cut_texts: dict[str, int] = field(default_factory=dict)
    blocks: int = 0
    tiles: dict[str, int] = field(default_factory=dict)
    extent: list[float] = field(default_factory=list)
    country: str = ""
    replaced: dict[str, int] | None = None
    scenes_reopened: int = 0
    messages: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def repair(self, reason: str, area_change_m2: float) -> None:
        """Count a repaired parcel."""
        entry = self.repaired.setdefault(reason, Repair())
        entry.parcels += 1
        entry.area_change_m2 += area_change_m2

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"rejected": dict(self.rejected)}

    def json(self) -> str:
        """The report as one JSON object."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=2)

    def text(self) -> str:
        """The report for people."""
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        created = " (created now)" if self.season_created else ""
        lines = [
            f"{self.file}, layer {self.layer}",
            f"season {self.season}{created}, CRS EPSG:{self.srid}"
            + (f", converted from {self.crs}" if self.reprojected else ""),
            f"{self.features:9,} features",
            f"{self.loaded:9,} loaded, in {self.blocks:,} blocks of {len(self.tiles)} tiles",
            *self._place(),
        ]
        lines += [
            f"{number:9,} rejected: {reason} ({_MEANING[Rejection(reason)]})"
            for reason, number in sorted(self.rejected.items())
        ]
        lines += [
            f"{entry.parcels:9,} repaired: {reason}"
            f" (make_valid, area {entry.area_change_m2:+,.1f} m2)"
            for reason, entry in sorted(self.repaired.items())
        ]
        noted = {
            "smaller than a pixel: loaded with the note below_pixel": self.below_pixel,
            "without a declared crop": self.without_crop,
            "heights or measures dropped": self.z_dropped,
            "curves converted to lines": self.curves_linearised,
            "points and lines dropped from collections": self.parts_dropped,
        }
        lines += [f"{number:9,} {what}" for what, number in noted.items() if number]
        lines += [
            f"{number:9,} values of {column} that are not dates: loaded as null"
            for column, number in self.invalid_dates.items()
        ]
        lines += [
            f"{number:9,} texts of {column} with the character NUL: loaded up to it"
            for column, number in self.cut_texts.items()
        ]
        if self.replaced:
            lines += [
                f"{number:9,} {what} replaced" for what, number in self.replaced.items() if number
            ]
        if self.scenes_reopened:
            lines.append(
                f"{self.scenes_reopened:9,} scenes ready to be extracted for these parcels"
            )
        lines += self.messages
        return [*lines, f"{self.seconds:.1f} s"]

    def _place(self) -> list[str]:
        """The extent, the country and the tiles, by which a wrong place is noticed."""
        if not self.extent:
            return []
        west, south, east, north = self.extent
        names = sorted(self.tiles, key=lambda name: -self.tiles[name])
        tiles = ", ".join(names[:_TILES_NAMED]) + (", ..." if len(names) > _TILES_NAMED else "")
        return [
            f"they lie between {west:.3f} E {south:.3f} N and {east:.3f} E {north:.3f} N"
            f" ({self.country}), in {tiles}"
        ]
