"""Pictures of the follow-up: a chip enlarged, with its parcel's outline drawn on it."""

from __future__ import annotations

import base64
import io
import re

from PIL import Image, ImageDraw

from dias_cbm.chips import Chip

#: Pixels that a picture's side has at least, so that the outline does not hide what it encloses.
_SIDE = 384
_WEBP_QUALITY = 80
_OUTLINE, _SHADOW = (255, 221, 0, 255), (0, 0, 0, 255)
_RING = re.compile(r"M([^Z]*)Z")


def outlined(chip: Chip) -> bytes:
    """A chip as PNG, its pixels enlarged and the parcel drawn around.

    :param chip: a picture, not a GeoTIFF.
    """
    with Image.open(io.BytesIO(chip.image)) as image:
        factor = max(1, -(-_SIDE // max(chip.width, chip.height)))
        size = chip.width * factor, chip.height * factor
        large = image.convert("RGBA").resize(size, Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(large)
    for ring in rings(chip.outline):
        points = [(x * factor, y * factor) for x, y in [*ring, ring[0]]]
        pen.line(points, fill=_SHADOW, width=4)
        pen.line(points, fill=_OUTLINE, width=2)
    stream = io.BytesIO()
    large.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def rings(outline: str) -> list[list[tuple[float, float]]]:
    """The points of each ring of a chip's outline, in pixels."""
    found = []
    for ring in _RING.findall(outline):
        pairs = [point.split() for point in ring.split(" L")]
        found.append([(float(x), float(y)) for x, y in pairs])
    return found


def data_address(chip: Chip) -> str:
    """A chip as a ``data:`` address, for a page that loads nothing."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(chip.image)) as image:
        image.save(stream, "WEBP", quality=_WEBP_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"
