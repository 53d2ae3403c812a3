"""All figures of the engines on real images; ``cbm evidence images`` prints them."""

from __future__ import annotations

from pathlib import Path

from dias_cbm.errors import CorruptProduct, NotEnoughData
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real import optical, peers, slc_signal, snap_geocoding, snap_steps

#: Folders of DATA: images with pixels; annotation, tables and terrain to simulate images on.
IMAGES, ANNOTATION = "real_images", "s1"


def figures(data: Path, work: Path) -> list[Figure]:
    """Measure them.

    :param data: holds the folders of real data.
    :param work: an empty folder to work in.
    :raises NotEnoughData: an image is missing.
    :raises CorruptProduct: one cannot be used.
    """
    images, annotation = data / IMAGES, data / ANNOTATION
    for folder in (images, annotation):
        if not folder.is_dir():
            raise NotEnoughData("is not a folder", subject=folder)
    try:
        return [
            *snap_steps.figures(images, work),
            *slc_signal.figures(images),
            *snap_geocoding.figures(images, work),
            *peers.figures(annotation, work),
            *optical.figures(images),
        ]
    except (ValueError, IndexError) as error:
        # Of another size, or with another text, than those that are described.
        raise CorruptProduct(f"holds what cannot be used: {error}", subject=data) from error
