"""Spectral responses of the bands, from the metadata of an L1C product."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dias_cbm.card.optical.sixs import Response
from dias_cbm.errors import CorruptProduct
from dias_cbm.products.readers.radiometry import BAND_IDS
from dias_cbm.products.readers.raster import parse_xml


def read_responses(metadata: Path) -> dict[str, Response]:
    """The response of every band.

    :param metadata: ``MTD_MSIL1C.xml``.
    :raises CorruptProduct: not XML, or without responses.
    """
    root = parse_xml(metadata.read_bytes(), metadata)
    found = {}
    for element in root.iter("{*}Spectral_Information"):
        try:
            band = BAND_IDS[int(element.get("bandId"))]
            first = float(element.findtext("{*}Wavelength/{*}MIN"))
            step = float(element.findtext("{*}Spectral_Response/{*}STEP"))
            values = np.array(element.findtext("{*}Spectral_Response/{*}VALUES").split(), float)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise CorruptProduct("has a response that is not a series", subject=metadata) from error
        found[band] = Response.sampled(first, step, values)
    if not found:
        raise CorruptProduct("has no spectral responses", subject=metadata)
    return found
