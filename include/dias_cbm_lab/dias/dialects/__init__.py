"""The local DIAS in the dialects of other platforms, over the same listing."""

from __future__ import annotations

from collections.abc import Mapping

from dias_cbm_lab.dias.dialects import mundi, onda, resto, sobloo, stac, wekeo
from dias_cbm_lab.dias.dialects.common import Answer, Asked, Dialect, Product, Refused, products

__all__ = [
    "DIALECTS",
    "OWN",
    "Answer",
    "Asked",
    "Dialect",
    "Product",
    "Refused",
    "base",
    "products",
]

#: The service's own dialect.
OWN = "odata"

#: By protocol, as the settings name it.
DIALECTS: Mapping[str, Dialect] = {
    "stac": Dialect("/stac/v1", stac.answer),
    "resto": Dialect("/resto", resto.answer),
    "resto-atom": Dialect("/resto", resto.answer),
    "mundi": Dialect("/mundi/opensearch", mundi.answer),
    "sobloo": Dialect("/sobloo/api/v1/services", sobloo.answer),
    "onda": Dialect("/onda/dias-catalogue", onda.answer),
    "wekeo": Dialect("/wekeo/hda-broker/api/v1", wekeo.answer),
}


def base(protocol: str) -> str:
    """The path of a dialect's catalogue on the local DIAS."""
    return "/odata/v1" if protocol == OWN else DIALECTS[protocol].base
