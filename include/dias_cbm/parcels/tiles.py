"""The home tile of a parcel: the one Sentinel-2 tile whose product is sure to contain it whole.

It is the MGRS 100 km square that holds the north-west corner of the parcel's bounding box, because
a Sentinel-2 tile begins at the north-west corner of its square and reaches 9.8 km beyond the square
to the east and to the south. A parcel that crosses an edge of the square still lies in the product
of its home tile, as long as it is smaller than that overlap.

Sentinel-2's tiles differ from MGRS squares in two ways. A square that is cut by the edge of a
latitude band has one name, with the band of its centre, not two. And where the west edge of a UTM
zone leaves only a strip of a square, that square is not a tile: the last tile of the zone to the
west covers the strip, and is the home tile there.

MGRS: NGA.STND.0037, lettering scheme AA (WGS 84).
"""

from __future__ import annotations

import numpy as np

from dias_cbm.geometry import transform

_SQUARE_M = 100_000
_BANDS = np.array(list("CDEFGHJKLMNPQRSTUVWXX"))
_COLUMNS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ"))
_ROWS = np.array(list("ABCDEFGHJKLMNPQRSTUV"))

#: UTM is defined between these latitudes.
SOUTHMOST, NORTHMOST = -80.0, 84.0

# Svalbard: west edges of zones 31, 33, 35 and 37 in band X, where even zones are not used.
_SVALBARD_EDGES = np.array([0.0, 9.0, 21.0, 33.0, 42.0])
_SVALBARD_SOUTH = 72.0

# Narrower strips, measured at the middle of the square, are not tiles. In the actual grid, strips
# of 48.6 km (30TTM, 33TTG) are tiles and strips of 45.1 km (33TTH, 35TKH) are not.
_NARROWEST_STRIP_M = 47_000


def home_tiles(coordinates: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Home tiles of k parcels.

    The UTM zone is that of the north-west corner of the parcel's bounding box in degrees.

    :param coordinates: float64[n, 2], longitude and latitude of all vertices, within +-180 degrees
        and from 80 degrees south to 84 degrees north.
    :param offsets: int64[k + 1], where each parcel's vertices begin; none is empty.
    :returns: k names such as ``32VNH``.
    """
    if len(offsets) == 1:
        return np.empty(0, dtype="<U5")
    west = np.minimum.reduceat(coordinates[:, 0], offsets[:-1])
    north = np.maximum.reduceat(coordinates[:, 1], offsets[:-1])
    hemisphere = np.where(north >= 0, 32600, 32700)
    number = zone(west, north)
    corner = _corners(coordinates, offsets, hemisphere + number)
    strip = _on_strip(corner, hemisphere + number, north)
    if strip.any():
        number = np.where(strip, (number - 2) % 60 + 1, number)
        corner = _corners(coordinates, offsets, hemisphere + number)
    return squares(corner, hemisphere + number)


def zone(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """UTM zone numbers, with the wider zones of south-west Norway and Svalbard.

    :param longitude: float64[k], degrees east, -180 to 180.
    :param latitude: float64[k], degrees north.
    """
    number = (np.floor((longitude + 180) / 6).astype(int) % 60) + 1
    norway = (latitude >= 56) & (latitude < 64) & (longitude >= 3) & (longitude < 12)
    number = np.where(norway, 32, number)
    svalbard = (latitude >= _SVALBARD_SOUTH) & (longitude >= 0) & (longitude < 42)
    wide = 31 + 2 * (np.searchsorted(_SVALBARD_EDGES, longitude, side="right") - 1)
    return np.where(svalbard, wide, number)


def squares(points: np.ndarray, epsg: np.ndarray) -> np.ndarray:
    """Names of the 100 km squares that contain points, with the band of the square's centre.

    :param points: float64[k, 2], easting and northing in metres.
    :param epsg: int[k], 326zz or 327zz, of the zone that each point is given in.
    """
    number = epsg % 100
    column, row = np.floor(points / _SQUARE_M).astype(int).T
    latitude = _latitudes(_centres(points), epsg)
    band = np.clip(np.floor((latitude - SOUTHMOST) / 8), 0, len(_BANDS) - 1).astype(int)
    # Column letters repeat every three zones; row letters repeat every 2000 km, shifted by five in
    # even zones.
    letters = (
        _BANDS[band],
        _COLUMNS[(column - 1 + 8 * ((number - 1) % 3)) % len(_COLUMNS)],
        _ROWS[(row + 5 * (1 - number % 2)) % len(_ROWS)],
    )
    names = np.char.zfill(number.astype(str), 2)
    for letter in letters:
        names = np.char.add(names, letter)
    return names


def _corners(coordinates: np.ndarray, offsets: np.ndarray, epsg: np.ndarray) -> np.ndarray:
    """float64[k, 2]: easting and northing of each bounding box's north-west corner, in its zone."""
    sizes = np.diff(offsets)
    vertex_epsg = np.repeat(epsg, sizes)
    corners = np.empty((len(epsg), 2))
    for code in np.unique(epsg):
        parcels = epsg == code
        metres = transform(coordinates[vertex_epsg == code], 4326, int(code))
        starts = np.concatenate(([0], np.cumsum(sizes[parcels])[:-1]))
        corners[parcels, 0] = np.minimum.reduceat(metres[:, 0], starts)
        corners[parcels, 1] = np.maximum.reduceat(metres[:, 1], starts)
    return corners


def _on_strip(corner: np.ndarray, epsg: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """bool[k]: the zone's west edge cuts the corner's square, and what remains is not a tile."""
    number = epsg % 100
    edge = (number - 1) * 6.0 - 180
    edge[(number == 32) & (latitude >= 56) & (latitude < 64)] = 3.0
    middle = _latitudes(_centres(corner), epsg)
    edge_easting = np.empty(len(epsg))
    for code in np.unique(epsg):
        here = epsg == code
        points = np.column_stack((edge[here], middle[here]))
        edge_easting[here] = transform(points, 4326, int(code))[:, 0]
    east_side = (np.floor(corner[:, 0] / _SQUARE_M) + 1) * _SQUARE_M
    cut = edge_easting > east_side - _SQUARE_M
    narrow = east_side - edge_easting < _NARROWEST_STRIP_M
    return cut & narrow & (latitude < _SVALBARD_SOUTH)


def _centres(points: np.ndarray) -> np.ndarray:
    return (np.floor(points / _SQUARE_M) + 0.5) * _SQUARE_M


def _latitudes(points: np.ndarray, epsg: np.ndarray) -> np.ndarray:
    latitudes = np.empty(len(epsg))
    for code in np.unique(epsg):
        here = epsg == code
        latitudes[here] = transform(points[here], int(code), 4326)[:, 1]
    return latitudes
