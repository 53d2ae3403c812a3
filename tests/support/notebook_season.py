"""A season as JRC's clients see one: three parcels, three series, classes, and an image."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from affine import Affine
from blocks import add_scene, add_season, add_signatures
from card_products import l2a_xml, write_l2a

from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Kind

#: Easting and northing of the lower left corners, in EPSG:25832; 100 m wide.
CORNERS = {"4711": (500_000, 6_200_000), "4712": (500_300, 6_200_000), "4713": (500_900, 6_200_000)}
#: The bands of the image of 3 May, in digital numbers.
IMAGE = {
    name: np.arange(110 * 110, dtype="u2").reshape(110, 110) + 1000 * number
    for number, name in enumerate(("B02", "B03", "B04", "B08"), 1)
}
#: Its scene classes, in pixels of 20 m.
SCL = (np.arange(55 * 55) % 12).reshape(55, 55).astype("u1")
CORNER = (499_500, 6_200_600)
OPTICAL = ("B02", "B03", "B04", "B05", "B08", "B11")


def build(connection: Connection, store: Path) -> int:
    """Fill ``dk-2018``: 4711 and 4712 are barley, 4713 is wheat; its number.

    The image lies in ``store``, for the platform ``local``.
    """
    season = add_season(connection, "dk-2018")
    connection.execute(
        "insert into parcel_block values (%s, 1, '32VNH', 3, st_makeenvelope(9, 55, 10, 57, 4326))",
        (season,),
    )
    for number, (pid, (x, y)) in enumerate(CORNERS.items(), 1):
        connection.execute(
            "insert into parcel (season, pid, crop, area_m2, geom, centre)"
            " select %s, %s, %s, 10000, st_multi(shape), st_transform(st_centroid(shape), 4326)"
            " from (select st_makeenvelope(%s, %s, %s, %s, 25832) as shape) as one",
            (season, pid, "wheat" if pid == "4713" else "barley", x, y, x + 100, y + 100),
        )
        connection.execute(
            "insert into parcel_slot values (%s, %s, '32VNH', 1, %s)", (season, pid, number)
        )
    place = Affine(10, 0, CORNER[0], 0, -10, CORNER[1])
    product = write_l2a(store, IMAGE, SCL, xml=l2a_xml(), transform=place)
    _optical(connection, season, product.name, 3, {4: 90, 5: 10})
    _optical(connection, season, "S2B_MSIL2A_20180513T103021", 13, {4: 20, 9: 80})
    for day in (2, 8, 14):
        for kind, low in ((Kind.CARD_BS, 0.05), (Kind.CARD_COH6, 0.3)):
            at = datetime(2018, 5, day, 5, 40, tzinfo=UTC)
            scene = add_scene(
                connection, f"{kind}_{day}", at, kind, rel_orbit=139, direction="D", location=None
            )
            for band, factor in (("VV", 1.0), ("VH", 0.25)):
                mean = np.array([low, 2 * low, np.nan]) * factor + day / 1000
                add_signatures(connection, season, scene, 1, band, [100, 100, np.nan], mean)
    connection.execute(
        "insert into weather_cell values (%s, 'c', st_point(9, 55.9, 4326))", (season,)
    )
    connection.execute(
        "insert into weather_day values (%s, 'c', '2018-05-01', 11.5, 5, 18, 2.5)", (season,)
    )
    connection.commit()
    return season


def _optical(
    connection: Connection, season: int, name: str, day: int, classes: dict[int, int]
) -> None:
    at = datetime(2018, 5, day, 10, 30, 21, tzinfo=UTC)
    scene = add_scene(connection, name, at, Kind.S2_L2A, rel_orbit=108, location=f"/eodata/{name}")
    for number, band in enumerate(OPTICAL, 1):
        mean = np.array([0.05, 0.06, 0.07]) * number
        add_signatures(connection, season, scene, 1, band, [100] * 3, mean)
    add_signatures(connection, season, scene, 1, "NDVI", [100] * 3, [0.66] * 3)
    for number, pixels in classes.items():
        connection.execute(
            "insert into histogram_block values (%s, %s, 1, %s, %s::real[])",
            (season, scene.id, number, [float(pixels), 0.0, 0.0]),
        )
