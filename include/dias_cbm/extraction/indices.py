"""Spectral indices as bands: computed per pixel, so that a parcel's index is its pixels' mean.

The formulas are those of the Awesome Spectral Indices catalogue, from ``spyndex``; they are in
``spectral_indices.json``, written by ``scripts/spectral_indices.py``.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dias_cbm.errors import SettingsError
from dias_cbm.extraction import formulas

_CATALOGUE = Path(__file__).with_name("spectral_indices.json")

#: Band names of Sentinel-2 and Sentinel-1 products -> band names of the catalogue.
CATALOGUE_BANDS = {
    "B01": "A", "B02": "B", "B03": "G", "B04": "R", "B05": "RE1", "B06": "RE2", "B07": "RE3",
    "B08": "N", "B8A": "N2", "B09": "WV", "B11": "S1", "B12": "S2",
    "VV": "VV", "VH": "VH", "HH": "HH", "HV": "HV",
}  # fmt: skip

#: Usual names of indices that have other names in the catalogue.
OTHER_NAMES = {"BSI": "BI", "VH/VV": "VHVVR", "VV/VH": "VVVHR"}


@dataclass(frozen=True, slots=True)
class SpectralIndex:
    """A spectral index, computed from physical values of bands.

    :param name: as it was asked for.
    :param title: in words.
    :param formula: in the catalogue's band names and constants.
    :param inputs: the products' bands that it needs.
    """

    name: str
    title: str
    formula: str
    inputs: tuple[str, ...]

    def evaluate(self, values: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        """Write the index of each pixel to ``out``; NaN where it has no finite value.

        :param values: physical values by band, of one shape and the dtype of ``out``.
        """
        known: dict[str, Any] = dict(_catalogue()["constants"])
        known |= {CATALOGUE_BANDS[name]: values[name] for name in self.inputs}
        with np.errstate(all="ignore"):
            out[...] = formulas.evaluate(_tree(self.formula), known)
        out[~np.isfinite(out)] = np.nan


def index(name: str) -> SpectralIndex:
    """An index by its name in the catalogue or its usual name.

    :raises SettingsError: there is none; names similar ones.
    """
    entry = _catalogue()["indices"].get(OTHER_NAMES.get(name, name))
    if entry is None:
        known = [*_catalogue()["indices"], *OTHER_NAMES]
        alike = get_close_matches(name, known, n=5, cutoff=0.5) or ["NDVI", "NDWI", "BSI", "VH/VV"]
        raise SettingsError("unknown index", subject=name, hint=f"such as {', '.join(alike)}")
    product_names = {theirs: ours for ours, theirs in CATALOGUE_BANDS.items()}
    found = formulas.names(_tree(entry["formula"]))
    inputs = tuple(product_names[band] for band in found if band in product_names)
    return SpectralIndex(name, entry["title"], entry["formula"], inputs)


def parse_indices(names: Iterable[str]) -> list[SpectralIndex]:
    """The indices of these names, each once.

    :raises SettingsError: an unknown index.
    """
    return [index(name) for name in dict.fromkeys(names)]


def possible(
    indices: Collection[SpectralIndex], bands: Collection[str]
) -> tuple[list[SpectralIndex], list[SpectralIndex]]:
    """The indices whose bands are all available, and those that lack some."""
    there = [index for index in indices if set(index.inputs) <= set(bands)]
    return there, [index for index in indices if index not in there]


@cache
def _catalogue() -> dict[str, Any]:
    catalogue: dict[str, Any] = json.loads(_CATALOGUE.read_text())
    return catalogue


@cache
def _tree(formula: str) -> ast.expr:
    return formulas.parse(formula)
