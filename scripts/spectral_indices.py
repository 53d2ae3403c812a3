"""Write the catalogue of spectral indices that extraction uses, from a ``spyndex`` wheel.

    pip download --no-deps spyndex
    python scripts/spectral_indices.py spyndex-*.whl

It keeps the indices whose bands Sentinel-1 or -2 have and whose constants have a value.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

from dias_cbm.extraction import formulas
from dias_cbm.extraction.indices import CATALOGUE_BANDS

TARGET = Path(__file__).parents[1] / "include/dias_cbm/extraction/spectral_indices.json"


def main(wheel: Path) -> None:
    """Read a wheel, write the catalogue and its licence."""
    version = wheel.name.split("-")[1]
    with zipfile.ZipFile(wheel) as archive:
        entries = json.loads(archive.read("spyndex/data/spectral-indices-dict.json"))
        described = json.loads(archive.read("spyndex/data/constants.json"))
        licence = next(name for name in archive.namelist() if name.endswith("/LICENSE"))
        TARGET.with_suffix(".LICENSE").write_bytes(archive.read(licence))
    constants = {
        name: entry["default"]
        for name, entry in described.items()
        if isinstance(entry["default"], int | float)
    }
    known = {*constants, *CATALOGUE_BANDS.values()}
    indices = {
        name: {key: entry[key] for key in ("formula", "reference")} | {"title": entry["long_name"]}
        for name, entry in sorted(entries["SpectralIndices"].items())
        if set(formulas.names(formulas.parse(entry["formula"]))) <= known
    }
    used = {
        name
        for entry in indices.values()
        for name in formulas.names(formulas.parse(entry["formula"]))
    }
    catalogue = {
        "source": f"Awesome Spectral Indices catalogue, from spyndex {version}; MIT licence",
        "constants": {name: constants[name] for name in sorted(used & set(constants))},
        "indices": indices,
    }
    TARGET.write_text(json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
