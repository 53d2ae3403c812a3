"""All figures of the engines on real images; ``cbm evidence images`` prints them."""

from __future__ import annotations

from pathlib import Path

from dias_cbm.errors import NotEnoughData
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real import slc_signal, snap_steps


def figures(data: Path, work: Path) -> list[Figure]:
    """Measure them.

    :param data: the folder of real images.
    :param work: an empty folder to work in.
    :raises NotEnoughData: an image is missing.
    """
    if not data.is_dir():
        raise NotEnoughData("is not a folder", subject=data)
    return [*snap_steps.figures(data, work), *slc_signal.figures(data)]
