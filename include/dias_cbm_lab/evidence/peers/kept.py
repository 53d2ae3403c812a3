"""Results of other processors on our simulated images, kept in this package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Samples of the real image that are simulated, and lines of its burst that are kept.
SAMPLES, LINES = range(9000, 9512), slice(600, 1000)
#: Steps of the kept numbers: of coherence, and of beta0 in dB.
STEP, STEP_DB = 1e-3, 1e-3


def file_of(name: str, folder: Path | None = None) -> Path:
    """The file of a processor, by default in this package."""
    return (folder or Path(__file__).parent) / f"{name}.npz"


def eos_sar() -> tuple[NDArray[np.float32], str]:
    """Coherence by eos-sar, float32[lines, samples], 0 for none; and its version."""
    with np.load(file_of("eos_sar"), allow_pickle=False) as kept:
        return (kept["coherence"] * STEP).astype(np.float32), str(kept["version"])


def sarsen() -> tuple[NDArray[np.float64], NDArray[np.uint16], str]:
    """beta0 in dB and the numbers that tell line and sample, by sarsen; and its version."""
    with np.load(file_of("sarsen"), allow_pickle=False) as kept:
        return kept["beta0"] * STEP_DB, kept["numbers"], str(kept["version"])
