"""Products of Sentinel-2 for the window's season: one image stands for three bands and all dates.

It is JPEG 2000 in tiles of 1,024 pixels without loss, as in the platforms' products, and half as
wide as theirs. Each band and date is a hard link of its own: nothing decoded serves another.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from benchmarks import window_ledger
from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season

_SIDE, _QUICK_SIDE, _PIXEL_M = 5_120, 1_024, 10.0
_BANDS = ("B02", "B03", "B04")
# In EPSG:25832; its parcels begin at 450,150 and 6,100,150.
_WEST, _SOUTH = 450_000.0, 6_100_000.0
# A product holds its own tile only: the one that has most of the parcels in the image.
_PARCELS = """
select slot.tile, array_agg(parcel.pid order by parcel.pid) as pids
from parcel
join parcel_slot as slot using (season, pid)
where parcel.season = %(season)s
    and st_within(
        parcel.geom, st_makeenvelope(%(west)s, %(south)s, %(east)s, %(north)s, 25832)
    )
group by slot.tile
order by count(*) desc
limit 1
"""
_SCENES = """
select id, reference
from dias_catalogue
where card = 's2' and status = 'extracted' and tile = %(tile)s
order by obstime
"""


@dataclass(frozen=True, slots=True)
class Images:
    """What chips can be cut from.

    :param scenes: ids of the scenes whose products are there.
    :param pids: parcels that lie on all of them.
    """

    scenes: list[int]
    pids: list[str]


def make(connection: Connection, season: Season, store: Path, *, quick: bool) -> Images:
    """Write the products of all clear dates of a tile.

    :param store: the folder that stands for the platform's store.
    """
    side = _QUICK_SIDE if quick else _SIDE
    image = store / f"window-{side}.jp2"
    if not image.exists():
        _write(image, side)
    values = {
        "season": season.id, "west": _WEST + 700, "south": _SOUTH + 700,
        "east": _WEST + side * _PIXEL_M - 700, "north": _SOUTH + side * _PIXEL_M - 700,
    }  # fmt: skip
    found = connection.execute(_PARCELS, values).fetchone()
    if found is None:
        raise RuntimeError("no parcel lies in the image")
    scenes = connection.execute(_SCENES, {"tile": found.tile}).fetchall()
    for scene in scenes:
        folder = store / window_ledger.location(scene.reference).removeprefix("/eodata/")
        images = folder / "GRANULE" / "L2A" / "IMG_DATA" / "R10m"
        images.mkdir(parents=True, exist_ok=True)
        for band in _BANDS:
            link = images / f"T32VNH_20180101T103000_{band}_10m.jp2"
            link.unlink(missing_ok=True)
            link.hardlink_to(image)
    return Images([scene.id for scene in scenes], found.pids)


def _write(path: Path, side: int) -> None:
    """Fields of some hundred metres with noise, of which a pixel takes some nine bits."""
    generator = np.random.default_rng(1)
    fields = generator.integers(300, 2_500, (side // 32 + 1, side // 32 + 1))
    pixels = fields.repeat(32, axis=0).repeat(32, axis=1)[:side, :side].astype(np.float32)
    pixels += generator.normal(0, 40, pixels.shape)
    transform = Affine(_PIXEL_M, 0, _WEST, 0, -_PIXEL_M, _SOUTH + side * _PIXEL_M)
    aside = path.with_name(f"aside-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        aside, "w", driver="JP2OpenJPEG", width=side, height=side, count=1, dtype="uint16",
        crs="EPSG:25832", transform=transform, QUALITY="100", REVERSIBLE="YES",
        BLOCKXSIZE=1024, BLOCKYSIZE=1024,
    ) as dataset:  # fmt: skip
        dataset.write(pixels.clip(1, 10_000).astype(np.uint16), 1)
    aside.replace(path)
