"""Two radar products of one acquisition or pair, pixel by pixel; ``cbm evidence compare``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from dias_cbm.card.engines.snap.output import find_bands
from dias_cbm.cards import PAIR_KINDS
from dias_cbm.errors import CorruptProduct, GridError, InconsistentProduct
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.open import open_product
from dias_cbm.products.readers.raster import opened
from dias_cbm.scenes import Kind, kind_of_name
from dias_cbm_lab.evidence.figure import Figure

#: At most so many windows along each side of the product, and pixels along each side of one.
_WINDOWS, _SIDE = 5, 512
#: Pixels that both must have in a window for it to count.
_FEWEST = 1000
#: Pixels by which the one is tried against the other.
_FARTHEST = 2
#: What is expected after the comparison step by step, see docs/cards.md.
_CORRELATION, _COHERENCE, _DECIBELS = 0.95, 0.01, 0.1

Pixels = NDArray[np.float64]


class Part(NamedTuple):
    """One window of both products, on the grid of the first; NaN for no data.

    Coherence as it is, backscatter in dB.
    """

    ours: Pixels
    theirs: Pixels


def compare(ours: Path, theirs: Path) -> list[Figure]:
    """Compare every polarisation that both have.

    :param ours: CARD-BS, CARD-COH6 or CARD-COH12, whoever made it.
    :param theirs: the same, or the ``.dim`` file that SNAP's graphs wrote; it is resampled to the
        grid of the first.
    :raises InconsistentProduct: they are of different kinds, or have no polarisation or place in
        common.
    """
    one = open_product(ours)
    by_graph = theirs.suffix.lower() == ".dim" and kind_of_name(theirs.stem) is None
    other = _of_snap(theirs, one) if by_graph else open_product(theirs)
    radar = {Kind.CARD_BS, *PAIR_KINDS}
    if one.kind is not other.kind or one.kind not in radar:
        raise InconsistentProduct(
            f"is a {other.kind}, {ours.name} a {one.kind}", subject=theirs.name,
            hint="compare two CARD-BS, or two coherences of the same days",
        )  # fmt: skip
    shared = [name for name in one.bands if name in other.bands]
    if not shared:
        raise InconsistentProduct(f"has no polarisation of {ours.name}", subject=theirs.name)
    return [figure for name in shared for figure in _figures(name, one, other)]


def _of_snap(path: Path, ours: Product) -> Product:
    """What SNAP's graphs wrote, with the polarisations of a product of ours."""
    prefix = "Gamma0" if ours.kind is Kind.CARD_BS else "coh"
    bands = {}
    for name, file in find_bands(path.with_suffix(""), prefix, list(ours.bands)).items():
        with opened(file) as dataset:
            nodata = 0.0 if dataset.nodata is None else dataset.nodata
            bands[name] = Band(
                name, str(file), 1, dataset.dtypes[0], nodata, 1.0, 0.0, grid_of(dataset)
            )
    return Product(str(path), ours.kind, bands)


def _figures(name: str, one: Product, other: Product) -> list[Figure]:
    parts = list(_parts(one.bands[name], other.bands[name], decibels=one.kind is Kind.CARD_BS))
    if not parts:
        raise InconsistentProduct(
            f"has no place in common in {name}", subject=Path(other.path).name
        )
    ours, theirs = (np.concatenate([_both(part)[side] for part in parts]) for side in (0, 1))
    apart = ours - theirs
    row, column = best_shift(parts)
    what = f"{name}, {apart.size} pixels"
    found = [
        Figure(f"{what}: correlation", _correlation(ours, theirs), "", least=_CORRELATION),
        Figure(f"{what}: shift down", row, "pixel", 0.0),
        Figure(f"{what}: shift to the right", column, "pixel", 0.0),
        Figure(f"{what}: standard deviation", float(apart.std()), ""),
    ]
    if one.kind is Kind.CARD_BS:
        return [*found, Figure(f"{what}: median", float(np.median(apart)), "dB", _DECIBELS)]
    return [*found, Figure(f"{what}: mean difference", float(apart.mean()), "", _COHERENCE)]


def best_shift(parts: list[Part]) -> tuple[int, int]:
    """Rows and columns by which ours, moved, agrees best with theirs."""
    steps = range(-_FARTHEST, _FARTHEST + 1)

    def agreement(shift: tuple[int, int]) -> float:
        found = []
        for part in parts:
            moved = np.roll(part.ours, shift, axis=(0, 1))[_INNER, _INNER]
            one, other = _both(Part(moved, part.theirs[_INNER, _INNER]))
            found.append(_correlation(one, other) if one.size > 1 else 0.0)
        return float(np.mean(found))

    return max(product(steps, steps), key=agreement)


_INNER = slice(_FARTHEST, -_FARTHEST)


def _parts(ours: Band, theirs: Band, *, decibels: bool) -> Iterator[Part]:
    """Windows evenly over ours where both have enough data."""
    grid = ours.grid
    if grid.crs is None or theirs.grid.crs is None:
        raise GridError("has no CRS", subject=Path(theirs.path if grid.crs else ours.path))
    with ExitStack() as stack:
        plain, source = (stack.enter_context(opened(Path(one.path))) for one in (ours, theirs))
        warped = stack.enter_context(
            WarpedVRT(
                source, crs=grid.crs, transform=grid.transform, width=grid.width,
                height=grid.height, resampling=Resampling.bilinear,
                src_nodata=theirs.nodata, nodata=theirs.nodata,
            )
        )  # fmt: skip
        for window in _windows(grid.height, grid.width):
            part = Part(
                _read(plain, ours, window, decibels=decibels),
                _read(warped, theirs, window, decibels=decibels),
            )
            if len(_both(part)[0]) >= _FEWEST:
                yield part


def _windows(height: int, width: int) -> Iterator[Window]:
    rows, columns = (
        np.unique(np.linspace(0, max(size - _SIDE, 0), _WINDOWS).astype(int)).tolist()
        for size in (height, width)
    )
    for row, column in product(rows, columns):
        yield Window(column, row, min(_SIDE, width - column), min(_SIDE, height - row))


def _read(
    dataset: DatasetReader | WarpedVRT, band: Band, window: Window, *, decibels: bool
) -> Pixels:
    try:
        values = dataset.read(band.index, window=window).astype(float)
    except RasterioError as error:
        raise CorruptProduct(f"cannot be decoded: {error}", subject=Path(band.path)) from error
    values[values == band.nodata] = np.nan
    if decibels:
        # What is negative without its noise has no decibels.
        values[values <= 0] = np.nan
        return np.asarray(10 * np.log10(values))
    return np.asarray(values)


def _both(part: Part) -> tuple[Pixels, Pixels]:
    there = np.isfinite(part.ours) & np.isfinite(part.theirs)
    return part.ours[there], part.theirs[there]


def _correlation(one: Pixels, other: Pixels) -> float:
    if min(one.std(), other.std()) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
