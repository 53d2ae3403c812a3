"""Make ``eos_sar.npz`` and ``sarsen.npz`` again: what the other processors give.

``python -m dias_cbm_lab.evidence.peers.build DATA``, where DATA holds real annotation, tables and
terrain models as for ``cbm evidence coherence`` and ``cbm evidence backscatter``. It needs the
extra ``peers``. The simulated images come from a seed, so only another version of a processor, or
of the simulation, gives other numbers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from dias_cbm.card.sar.luts import read_calibration
from dias_cbm_lab.evidence.coherence import real_study
from dias_cbm_lab.evidence.peers import eos_sar, sarsen
from dias_cbm_lab.evidence.peers.kept import LINES, SAMPLES, STEP, STEP_DB, file_of
from dias_cbm_lab.evidence.peers.simulated_grd import SimulatedGrd


def build_eos_sar(data: Path, work: Path, folder: Path | None = None) -> None:
    """Keep the coherence of some lines of the simulated pair by eos-sar."""
    study = real_study(data, work, SAMPLES)
    found = eos_sar.coherence(study.pair.reference, study.pair.secondary, study.dem)
    np.savez_compressed(
        file_of("eos_sar", folder),
        coherence=np.rint(found[LINES] / STEP).astype(np.uint16),
        version=version("eos-sar"),
    )


def build_sarsen(data: Path, work: Path, folder: Path | None = None) -> None:
    """Keep the values of the two simulated images that sarsen lays on the map."""
    study = SimulatedGrd.over(data)
    made = []
    for name in ("smooth", "numbered"):
        place = work / name
        safe = study.write(place, numbered=name == "numbered")
        made.append(sarsen.beta0(study, safe, place))
    smooth, numbered = made
    table = read_calibration(study.table("calibration"), "betaNought").values
    numbers = np.rint(np.sqrt(numbered.astype(float)) * table.flat[0])
    np.savez_compressed(
        file_of("sarsen", folder),
        beta0=np.rint(10 * np.log10(smooth) / STEP_DB).astype(np.int16),
        numbers=numbers.astype(np.uint16),
        version=version("sarsen"),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args(arguments).data
    with tempfile.TemporaryDirectory() as work:
        build_eos_sar(data, Path(work) / "eos_sar")
        build_sarsen(data, Path(work) / "sarsen")


if __name__ == "__main__":
    main()
