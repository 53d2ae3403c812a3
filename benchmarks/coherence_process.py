"""A process that makes a CARD-COH6 and measures itself, with no library but those that this needs.

python -m benchmarks.coherence_process FOLDER PAIR THREADS|eos NUMBER
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.peak import peak_memory_mb
from dias_cbm.card.sar.coherence import make_coherence
from dias_cbm.card.step_times import StepTimes

_EOS = "dias_cbm_lab.evidence.peers.eos_sar"
_EOS_MODULES = ("eos.dem", "eos.sar.regist", "eos.products.sentinel1.burst_resamp")


def _safes(pair: Path) -> tuple[Path, Path]:
    reference, secondary = (next((pair / one).glob("*.SAFE")) for one in ("reference", "secondary"))
    return reference, secondary


def measured(folder: Path, pair: str, how: str, number: str) -> dict[str, Any]:
    """Make the small pair, then the one to measure."""
    times = StepTimes()

    def make(name: str, **options: Any) -> None:
        dem = folder / name / "dem.tif"
        if how == "eos":
            importlib.import_module(_EOS).coherence(*_safes(folder / name), dem)
            return
        target = folder / name / f"made-{number}"
        make_coherence(*_safes(folder / name), dem=dem, target=target, threads=int(how), **options)

    if how == "eos":
        # It loads these when it is called; ours are loaded already.
        for module in _EOS_MODULES:
            importlib.import_module(module)
    else:
        make("small")
    start = time.process_time(), time.perf_counter()
    make(pair, times=times)
    used = time.process_time() - start[0], time.perf_counter() - start[1]
    # What was made is not the work's to remove, and takes room.
    for made in folder.glob(f"*/made-{number}"):
        shutil.rmtree(made)
    return {
        "cpu_s": used[0],
        "wall_s": used[1],
        "peak_mb": peak_memory_mb(),
        "steps": times.seconds,
    }


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), *sys.argv[2:])))
