"""Makers of tiny products, and of every kind of trouble; run in the process of the real ones."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from dias_cbm.errors import CorruptProduct, Unsynchronised
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.products.writers import DimapWriter, GeoTiffWriter
from dias_cbm.scenes import Kind, stem

GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 500_000, 0, -10, 6_300_000), 64, 64)

#: Which trouble to make.
TROUBLE = "STAND_IN_TROUBLE"


def make_backscatter(
    source: Path,
    *,
    dem: Path | None,
    datum: str,
    orbit: Path | None,
    target: Path,
    cog: bool = False,
    progress: Progress | None = None,
) -> MadeProduct:
    trouble = os.environ.get(TROUBLE, "")
    for share in (0.25, 0.5):
        if progress:
            progress(share)
    if trouble:
        _make_trouble(trouble, source, target)
    name = f"{stem(source.name)}_CARD_BS"
    make = GeoTiffWriter if cog else DimapWriter
    values = np.full((64, 64), 5e7 if trouble == "impossible values" else 0.1, np.float32)
    with make(target / name, GRID, ("VV", "VH")) as writer:
        if trouble != "no data":
            for band in ("VV", "VH"):
                writer.write(band, 0, 0, values)
    sys.stdout.write("a library's chatter\n")
    used = {"dem": str(dem), "datum": datum, "orbit": str(orbit), "graph": "sha256:1"}
    return MadeProduct(target / name, Kind.CARD_BS, used)


def make_coherence(
    reference: Path,
    secondary: Path,
    *,
    dem: Path | None,
    datum: str,
    orbits: tuple[Path | None, Path | None],
    esd: bool,
    common_band: float,
    target: Path,
    cog: bool = False,
    progress: Progress | None = None,
) -> MadeProduct:
    name = f"{stem(reference.name)}_{stem(secondary.name)[17:25]}_CARD-COH6"
    with GeoTiffWriter(target / name, GRID, ("VV", "VH"), cog=cog) as writer:
        for band in ("VV", "VH"):
            writer.write(band, 0, 0, np.full((64, 64), 0.5, np.float32))
    used = {"orbits": [str(one) for one in orbits], "datum": datum, "esd": esd, "band": common_band}
    return MadeProduct(target / name, Kind.CARD_COH6, used)


def _make_trouble(trouble: str, source: Path, target: Path) -> None:
    if trouble == "corrupt":
        raise CorruptProduct("has no IW2", subject=source, hint="fetch it again")
    if trouble == "unsynchronised":
        raise Unsynchronised("begins its bursts 104 ms later: 43% in common", subject=source)
    if trouble == "crash":
        sys.stderr.write("first line\nlast words\n")
        os._exit(3)
    if trouble == "defect":
        raise ZeroDivisionError("a defect")
    if trouble == "hog":
        np.ones(10**9)
    if trouble == "hang":
        (target / "pid").write_text(str(os.getpid()))
        (target.parent / "pid").write_text(str(os.getpid()))
        time.sleep(600)
