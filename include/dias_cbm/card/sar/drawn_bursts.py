"""The common bursts of a pair with the terrain under them, while their images are open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.bursts import BurstPair, valid_samples
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.coregistered_burst import BurstGeometry, CoregisteredBurst
from dias_cbm.card.sar.deburst import Part, UsedSwath, parts
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.esd import azimuth_shift
from dias_cbm.card.sar.geocode import Block, BurstImage, Drawing, blocks_of, blocks_under
from dias_cbm.card.sar.geocoding_nodes import Lattice
from dias_cbm.card.sar.pair import SlcPair, SwathPair
from dias_cbm.card.sar.slc import SlcReader
from dias_cbm.card.workers import Workers
from dias_cbm.products.model import Grid


@dataclass(frozen=True)
class OpenSwath:
    """A sub-swath of a pair with its images opened.

    :param parts: that each of its common bursts contributes.
    :param readers: of reference and secondary.
    :param lattice: of the product's grid, as the reference sees it.
    """

    pair: SwathPair
    parts: list[Part]
    readers: tuple[SlcReader, SlcReader]
    lattice: Lattice

    @property
    def name(self) -> str:
        """Like ``IW1``."""
        return self.pair.reference.annotation.swath

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks of the grid."""
        return blocks_of(self.lattice)

    @property
    def bursts(self) -> list[_Burst]:
        """Its common bursts."""
        pairs = zip(self.pair.bursts, self.parts, strict=True)
        return [_Burst(self, bursts, part) for bursts, part in pairs]


@contextmanager
def opened_swaths(pair: SlcPair, model: Dem, grid: Grid) -> Iterator[list[OpenSwath]]:
    """The sub-swaths of a pair, while their images are open.

    :raises ProductError: an image is missing, or contradicts its annotation.
    """
    used = [
        UsedSwath(one.reference.annotation, [burst.reference for burst in one.bursts])
        for one in pair.swaths
    ]
    with ExitStack() as opened:
        found = []
        for swath, given in zip(pair.swaths, parts(used), strict=True):
            first, second = (
                opened.enter_context(SlcReader(side.images, side.annotation))
                for side in (swath.reference, swath.secondary)
            )
            lattice = Lattice(grid, swath.reference.orbit, model)
            found.append(OpenSwath(swath, given, (first, second), lattice))
        yield found


class DrawnBurst(NamedTuple):
    """A burst whose terrain is drawn, and all that is needed to place it on the grid.

    :param pair: with the heights.
    :param part: of the image, that this burst contributes.
    :param lattice: with the terrain there in memory.
    :param blocks: of the grid that it may touch.
    :param shift: lines by which ESD corrected the orbits; None without ESD.
    """

    pair: CoregisteredBurst
    image: BurstImage
    part: Part
    lattice: Lattice
    blocks: list[Block]
    shift: float | None = None

    @property
    def valid(self) -> NDArray[np.int32]:
        """Of each line the first valid sample and the one after the last, int32[lines, 2]."""
        return valid_samples(self.image.image.bursts[self.image.number])

    def later(self, shift: float | None) -> DrawnBurst:
        """The same, shifted by some lines of the secondary."""
        return self._replace(pair=self.pair.later(shift or 0.0), shift=shift)


def drawn_bursts(
    swaths: Sequence[OpenSwath],
    options: CoherenceOptions,
    workers: Workers,
    memory: Buffers | None = None,
) -> Iterator[DrawnBurst]:
    """Every common burst, swath by swath.

    :param memory: that the heights of a burst take, until the next one is asked for.
    """
    shifts: dict[str, float | None] = {}
    if options.esd:
        for swath in swaths:
            # Two of them are used at a time, so each has memory of its own.
            drawn = (_drawn(one, options, workers, None).pair for one in swath.bursts)
            shifts[swath.name] = azimuth_shift(drawn)
    for swath in swaths:
        shift = shifts.get(swath.name)
        # What was drawn before is not kept: the next one takes its memory.
        for one in swath.bursts:
            yield _drawn(one, options, workers, memory).later(shift)


class _Burst(NamedTuple):
    """A burst of a pair that is to be drawn."""

    swath: OpenSwath
    bursts: BurstPair
    part: Part

    @property
    def image(self) -> BurstImage:
        return BurstImage(self.swath.pair.reference.annotation, self.bursts.reference)


def _drawn(
    one: _Burst, options: CoherenceOptions, workers: Workers, memory: Buffers | None
) -> DrawnBurst:
    """Draw a burst's terrain. The system reads its pixels meanwhile."""
    pair, readers, bursts = one.swath.pair, one.swath.readers, one.bursts
    workers.aside(readers[0].expect, bursts.reference)
    workers.aside(readers[1].expect, bursts.secondary)
    registering = workers.map(partial(BurstGeometry.of, pair, options=options), [bursts])
    drawing = Drawing(one.image, workers, memory)
    with workers.times.step("terrain and lattice"):
        blocks, lattice = blocks_under(one.image, one.swath.lattice, one.swath.blocks)
    heights = drawing.heights(lattice, blocks)
    (geometry,) = registering
    drawn = CoregisteredBurst(pair, bursts, readers, heights, *geometry, options)
    return DrawnBurst(drawn, one.image, one.part, lattice, blocks)
