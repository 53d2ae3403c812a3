"""Peak memory of work on a scene, in a process that loads nothing but what the work needs.

python -m benchmarks.peak zonal FOLDER      all parcels of the scene at once, both bands
python -m benchmarks.peak coverage FOLDER   the same by exact shares of pixels
python -m benchmarks.peak extract           as a task does, every tile of the first scene
"""

from __future__ import annotations

import sys
from pathlib import Path


def peak_memory_mb() -> float:
    """Peak memory of this process, in megabytes of 10^6 bytes.

    The kernel's VmHWM, because ``ru_maxrss`` of a child begins with the memory of its parent.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the kernel does not say how much memory was used")


def _zonal(folder: Path, rule: str) -> None:
    import numpy as np

    from dias_cbm.extraction.rule import Rule
    from dias_cbm.extraction.stream import zonal
    from dias_cbm.geometry import FlatRings
    from dias_cbm.products.open import open_product
    from dias_cbm.scenes import Kind

    names = ("coordinates", "ring_offsets", "parcel_ring_offsets")
    rings = FlatRings(*(np.load(folder / f"{name}.npy") for name in names))
    product = open_product(folder / "scene-00.tif", Kind.CARD_COH6)
    zonal(rings, 25832, list(product.bands.values()), rule=Rule(rule))


def _extract() -> None:
    from dias_cbm import ledger
    from dias_cbm.db.connection import connect
    from dias_cbm.extraction.report import Outcome
    from dias_cbm.extraction.unit import extract

    with connect() as connection:
        units = ledger.plan_extractions(connection, 1)
        connection.commit()
        for unit in units:
            report = extract(connection, unit, "benchmark")
            if report.outcome not in (Outcome.EXTRACTED, Outcome.NO_PARCELS):
                raise RuntimeError(f"{unit}: {report.outcome}: {report.why}")


def main(what: str, folder: str = "") -> None:
    """Do the work in this process, and print its peak in megabytes."""
    if what in ("zonal", "coverage"):
        _zonal(Path(folder), "coverage" if what == "coverage" else "centre")
    else:
        _extract()
    print(peak_memory_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
