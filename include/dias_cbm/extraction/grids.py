"""Groups of bands that share a grid, and the indices computed on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dias_cbm.errors import InconsistentProduct
from dias_cbm.extraction.indices import SpectralIndex
from dias_cbm.extraction.raster import Raster
from dias_cbm.products.open import Band, Grid


@dataclass(frozen=True, slots=True)
class Group:
    """Bands and indices of one grid.

    :param bands: those with statistics.
    :param indices: computed on this grid.
    :param inputs: further bands of the indices, of this grid or others in its CRS.
    """

    grid: Grid
    bands: list[Band] = field(default_factory=list)
    indices: list[SpectralIndex] = field(default_factory=list)
    inputs: list[Band] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The layers with statistics: bands, then indices."""
        return [band.name for band in self.bands] + [index.name for index in self.indices]

    @property
    def subject(self) -> str:
        """A file of this grid, for messages."""
        return (self.bands or self.inputs)[0].path

    def block_shape(self, rasters: Sequence[Raster]) -> tuple[int, int]:
        """Rows and columns of the blocks in which a raster of this grid is stored.

        :param rasters: of the bands, then of the inputs.
        """
        layers = [*self.bands, *self.inputs]
        place = [band.grid for band in layers].index(self.grid)
        return rasters[place].block_shape(layers[place])


def groups(
    bands: Sequence[Band], indices: Sequence[SpectralIndex], inputs: Sequence[Band] = ()
) -> Iterator[Group]:
    """Sort bands and indices by grid; an index belongs to the finest grid of its bands.

    :param inputs: further bands that indices may use.
    :raises InconsistentProduct: a scale that is not positive, an index without one of its bands or
        over two CRSs.
    """
    found: list[Group] = []
    for band in (*bands, *inputs):
        wrong = None
        if not band.scale > 0:
            wrong = f"scale {band.scale}, which is not positive"
        elif not (math.isfinite(band.scale) and math.isfinite(band.offset)):
            wrong = f"scale {band.scale} and offset {band.offset}, which are not both finite"
        if wrong:
            raise InconsistentProduct(
                f"band {band.name} has {wrong}",
                subject=band.path,
                hint="gdal_translate -unscale -ot Float32 IN OUT writes the values themselves",
            )
    for band in bands:
        _of(found, band.grid).bands.append(band)
    by_name = {band.name: band for band in (*inputs, *bands)}
    for index in indices:
        needed = _needed(index, by_name)
        finest = min((band.grid for band in needed), key=_pixel_area)
        group = _of(found, finest)
        group.indices.append(index)
        known = (*group.bands, *group.inputs)
        group.inputs.extend(band for band in needed if band not in known)
    yield from found


def _of(found: list[Group], grid: Grid) -> Group:
    for group in found:
        if group.grid == grid:
            return group
    found.append(Group(grid))
    return found[-1]


def _needed(index: SpectralIndex, by_name: Mapping[str, Band]) -> list[Band]:
    missing = sorted(set(index.inputs) - set(by_name))
    if missing:
        subject = next(iter(by_name.values())).path if by_name else None
        raise InconsistentProduct(
            f"{index.name} needs {', '.join(missing)}",
            subject=subject,
            hint="name the bands of the rasters with --bands",
        )
    needed = [by_name[name] for name in index.inputs]
    if any(band.grid.crs != needed[0].grid.crs for band in needed):
        raise InconsistentProduct(
            f"{index.name} needs {' and '.join(index.inputs)} in one CRS", subject=needed[0].path
        )
    return needed


def _pixel_area(grid: Grid) -> float:
    return abs(grid.transform.a * grid.transform.e)
