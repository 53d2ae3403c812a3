"""Further layers that a CARD-BS made here may have: what the terrain does to its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class TerrainLayer(NamedTuple):
    """A layer beside the polarisations.

    :param unit: as BEAM-DIMAP has it.
    :param text: what it holds.
    """

    unit: str
    text: str


#: Layover and shadow; of its values only ``SEEN`` is ground that the radar sees alone.
MASK = "layover_shadow_mask"
INCIDENCE = "localIncidenceAngle"

#: Of the mask: neither layover nor shadow. 0 is no data, 2 layover, 4 shadow, 6 both.
SEEN = 1

LAYERS: Mapping[str, TerrainLayer] = {
    MASK: TerrainLayer("", "1 seen, 2 layover, 4 shadow, 6 both"),
    INCIDENCE: TerrainLayer("deg", "angle between the look and the normal of the terrain"),
}
