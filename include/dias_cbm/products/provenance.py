"""Provenance: the record in a CARD product of how it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dias_cbm.scenes import Kind
from dias_cbm.storage import product_sums

#: In the folder of a product that was made here: how it was made, and its files' checksums.
PROVENANCE = product_sums.FILE

#: Called with the share of the work that is done, 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class MadeProduct:
    """A complete product that was made here.

    :param path: the product's folder, ``<target>/<name>``.
    :param provenance: its inputs and processing, as values that JSON has.
    """

    path: Path
    kind: Kind
    provenance: Mapping[str, Any] = field(default_factory=dict)


def as_tags(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Provenance as tags of a raster file: names in capitals prefixed by ``CARD_``, text values.

    Lists are joined by commas; None is left out.
    """
    return {
        f"CARD_{name.upper()}": _text(value)
        for name, value in provenance.items()
        if value is not None
    }


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(_text(item) for item in value)
    return str(value)
