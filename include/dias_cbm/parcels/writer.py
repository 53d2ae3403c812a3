"""Writing of validated parcels, chunk by chunk, and of their blocks at the end."""

from __future__ import annotations

import numpy as np
import pyproj
import shapely
from psycopg.types.json import Jsonb
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelFileError
from dias_cbm.geometry import arc, transform
from dias_cbm.parcels import blocks
from dias_cbm.parcels.check import Features
from dias_cbm.parcels.place import country
from dias_cbm.parcels.report import BELOW_PIXEL, LoadReport, Rejection
from dias_cbm.parcels.source import Chunk
from dias_cbm.parcels.tiles import home_tiles
from dias_cbm.seasons import Season

_PIXEL_M2 = 100.0
#: Parcels of one kind that the report names.
_NAMED = 10
#: Zones of UTM, counted from the antimeridian to the east; a tile's name begins with its zone.
_ZONES = 60
# Distance from its area of use, in degrees, at which a CRS is still accepted as intended.
_CRS_MARGIN = 10.0


class Loading:
    """One load in progress; keeps only what the blocks need of every parcel.

    :param repeated: identifiers that occur more than once in the file.
    """

    def __init__(
        self,
        connection: Connection,
        season: Season,
        report: LoadReport,
        *,
        repeated: frozenset[str],
    ) -> None:
        self._connection = connection
        self._season = season
        self._report = report
        self._repeated = repeated
        self._first: dict[str, tuple[int, bytes]] = {}
        self._rejected: list[tuple[int, str | None, str, str | None]] = []
        self._pid: list[str] = []
        self._tiles: list[np.ndarray] = []
        self._centres: list[np.ndarray] = []
        self._bounds: list[np.ndarray] = []

    def take(self, chunk: Chunk, features: Features) -> None:
        """Write the parcels of a chunk, and count its features in the report."""
        features.reject(np.array([pid is None for pid in chunk.pid]), Rejection.NULL_ID)
        self._reject_duplicates(chunk, features)
        kept = np.flatnonzero(features.alive)
        self._count(chunk, features, kept)
        if not len(kept):
            return
        geometry = features.geometry[kept]
        rings = features.lonlat_of(kept)
        offsets = rings.vertex_offsets
        self._pid += [pid for number in kept if (pid := chunk.pid[number]) is not None]
        self._tiles.append(home_tiles(rings.coordinates, offsets))
        low = np.minimum.reduceat(rings.coordinates, offsets[:-1])
        high = np.maximum.reduceat(rings.coordinates, offsets[:-1])
        inside = shapely.get_coordinates(shapely.point_on_surface(geometry))
        centres = transform(inside, self._season.srid, 4326)
        self._centres.append(centres)
        bounds = np.hstack((low, high))
        self._bounds.append(_one_sided(bounds, rings.coordinates, offsets, self._tiles[-1]))
        self._copy_parcels(chunk, features, kept, centres)

    def check_rejected(self, limit: float) -> None:
        """Check that enough of the features can be loaded.

        :param limit: percentage that may be rejected; features outside the area do not count.
        :raises ParcelFileError: none can be loaded, or more than that are rejected.
        """
        report = self._report
        counted = report.rejected.total() - report.rejected[Rejection.OUTSIDE_AREA]
        reasons = ", ".join(
            f"{number} {reason} (feature {self._example(reason)})"
            for reason, number in report.rejected.items()
            if number
        )
        if report.rejected[Rejection.NOT_A_POLYGON] == report.features:
            raise ParcelFileError(
                f"none of its {report.features} features can be loaded: they are points or lines,"
                f" not polygons: {reasons}",
                subject=report.file,
                hint="load the layer of the parcels' outlines",
            )
        if not self._pid:
            raise ParcelFileError(
                f"none of its {report.features} features can be loaded: {reasons}",
                subject=report.file,
                hint="check the CRS, the order of axes and the area",
            )
        if counted * 100 > limit * report.features:
            raise ParcelFileError(
                f"{counted} of its {report.features} features are rejected, more than {limit:g} %,"
                f" so nothing is loaded: {reasons}",
                subject=report.file,
                hint="mend the file; or load the others with a higher --max-rejected",
            )

    def _example(self, reason: str) -> int:
        return next(feature for feature, _, why, _ in self._rejected if why == reason)

    def finish(self, crs: pyproj.CRS) -> None:
        """Cut and write the blocks; fit the season's area to its parcels if it follows them.

        :param crs: of the file.
        :raises ParcelFileError: all of it is far from where the CRS is used.
        """
        bounds = np.concatenate(self._bounds)
        self._check_crs(crs, bounds)
        west, east = arc(bounds[:, 0], bounds[:, 2])
        south, north = float(bounds[:, 1].min()), float(bounds[:, 3].max())
        self._report.extent = [west, south, east, north]
        self._report.country = country(*_middle(np.concatenate(self._centres)))
        if self._season.area_from_parcels:
            spans = [(west, east)] if east <= 180 else [(west, 180.0), (-180.0, east - 360.0)]
            area = MultiPolygon([shapely.box(one, south, other, north) for one, other in spans])
            seasons.set_area(self._connection, self._season, area, from_parcels=True)
        tiles = np.concatenate(self._tiles)
        slots = blocks.cut(tiles, np.concatenate(self._centres))
        blocks.write(self._connection, self._season.id, self._pid, tiles, slots, bounds)
        names, numbers = np.unique(tiles, return_counts=True)
        self._report.tiles = dict(zip(names.tolist(), numbers.tolist(), strict=True))
        self._report.blocks = int(slots.blk.max())
        self._connection.execute(query("parcels/analyze"))
        for name in ("parcels/outlines", "parcels/outlines_across"):
            self._connection.execute(query(name), {"season": self._season.id})
        self._connection.execute(query("parcels/analyze_outlines"))

    def record(self) -> None:
        """Store the report, and a row for every feature that was not loaded."""
        row = self._connection.execute(
            query("parcels/record_load"),
            {
                "season": self._season.id,
                "file": self._report.file,
                "report": Jsonb(self._report.as_dict()),
            },
        ).fetchone()
        if row is None:
            raise RuntimeError("an insert returned no row")
        with (
            self._connection.cursor() as cursor,
            cursor.copy(
                "copy parcel_rejected (load, feature, pid, reason, detail) from stdin"
            ) as copy,
        ):
            for feature in self._rejected:
                copy.write_row((row.id, *feature))

    def _reject_duplicates(self, chunk: Chunk, features: Features) -> None:
        alive = features.alive
        numbers = [n for n, pid in enumerate(chunk.pid) if pid in self._repeated and alive[n]]
        contents = shapely.to_wkb(shapely.normalize(features.geometry[numbers]))
        identical, differing = np.zeros(len(alive), bool), np.zeros(len(alive), bool)
        details = np.full(len(alive), None)
        for number, content in zip(numbers, contents, strict=True):
            pid = str(chunk.pid[number])
            if pid not in self._first:
                self._first[pid] = (chunk.first + number, content)
                continue
            first, same = self._first[pid]
            (identical if content == same else differing)[number] = True
            details[number] = f"feature {first} was loaded"
        features.reject(identical, Rejection.DUPLICATE_IDENTICAL, details)
        features.reject(differing, Rejection.DUPLICATE_DIFFERING, details)

    def _count(self, chunk: Chunk, features: Features, kept: np.ndarray) -> None:
        report = self._report
        report.features += len(chunk.pid)
        report.loaded += len(kept)
        for number in np.flatnonzero(~features.alive):
            reason = str(features.rejected[number])
            report.rejected[reason] += 1
            if reason == Rejection.TANGLED and report.rejected[reason] <= _NAMED:
                name = f"parcel {chunk.pid[number]} (feature {chunk.first + number})"
                report.messages.append(f"{name} crosses itself {features.detail[number]}")
            self._rejected.append(
                (chunk.first + int(number), chunk.pid[number], reason, features.detail[number])
            )
        for number in np.flatnonzero(features.was_repaired):
            report.repair(features.repaired[number], float(features.area_change_m2[number]))
        report.below_pixel += int((features.area_m2[kept] < _PIXEL_M2).sum())
        report.without_crop += sum(not (chunk.crop[number] or "").strip() for number in kept)
        report.z_dropped += int(features.z[kept].sum())
        report.parts_dropped += int(features.parts_dropped[kept].sum())

    def _copy_parcels(
        self, chunk: Chunk, features: Features, kept: np.ndarray, centres: np.ndarray
    ) -> None:
        geometry = shapely.set_srid(features.geometry[kept], self._season.srid)
        columns = zip(
            kept.tolist(),
            shapely.to_wkb(geometry, hex=True, include_srid=True),
            shapely.to_wkb(
                shapely.set_srid(shapely.points(centres), 4326), hex=True, include_srid=True
            ),
            features.area_m2[kept].tolist(),
            strict=True,
        )
        with (
            self._connection.cursor() as cursor,
            cursor.copy(
                "copy parcel (season, pid, crop, area_m2, geom, centre, repaired, note, attributes)"
                " from stdin"
            ) as copy,
        ):
            for number, shape, centre, area in columns:
                copy.write_row(
                    (
                        self._season.id,
                        chunk.pid[number],
                        chunk.crop[number],
                        area,
                        shape,
                        centre,
                        self._repair_note(features, number),
                        BELOW_PIXEL if area < _PIXEL_M2 else None,
                        chunk.attributes[number],
                    )
                )

    def _repair_note(self, features: Features, number: int) -> str | None:
        if features.repaired[number] is None:
            return None
        change = features.area_change_m2[number]
        return f"make_valid structure: {features.repaired[number]}, area {change:+.1f} m2"

    def _check_crs(self, crs: pyproj.CRS, bounds: np.ndarray) -> None:
        """Refuse coordinates that are implausible in the file's CRS, such as swapped axes."""
        use = crs.area_of_use
        if use is None or use.west > use.east:
            return
        west, south, east, north = bounds.T
        near = (east >= use.west - _CRS_MARGIN) & (west <= use.east + _CRS_MARGIN)
        near &= (north >= use.south - _CRS_MARGIN) & (south <= use.north + _CRS_MARGIN)
        if not near.any():
            middle = bounds.mean(axis=0).reshape(2, 2).mean(axis=0)
            raise ParcelFileError(
                f"its parcels would be at {middle[0]:.1f} E {middle[1]:.1f} N,"
                f" far from where {crs.name} is used ({use.name})",
                subject=self._report.file,
                hint="the CRS is wrong, or the axes are swapped",
            )


def _one_sided(
    bounds: np.ndarray, coordinates: np.ndarray, offsets: np.ndarray, tiles: np.ndarray
) -> np.ndarray:
    """The bounds of parcels across the antimeridian end there, on the side of their home tile.

    :param bounds: float64[k, 4], degrees.
    :param coordinates: of all vertices; those of parcel j from ``offsets[j]`` to ``[j + 1]``.
    """
    for number in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180.0):
        longitude = coordinates[offsets[number] : offsets[number + 1], 0]
        if int(str(tiles[number])[:2]) > _ZONES // 2:
            bounds[number, [0, 2]] = longitude[longitude > 0].min(), 180.0
        else:
            bounds[number, [0, 2]] = -180.0, longitude[longitude <= 0].max()
    return bounds


def _middle(centres: np.ndarray) -> list[float]:
    """The centre next to the median of all, where there is a parcel, as there may be none at it.

    :param centres: (k, 2) degrees.
    """
    nearest = np.abs(centres - np.median(centres, axis=0)).sum(axis=1).argmin()
    middle: list[float] = centres[nearest].tolist()
    return middle
