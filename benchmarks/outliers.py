"""CPU and memory of the outlier step on made-up seasons, each in a process of its own.

The parcels are random series around the curve of their crop: the cost of learning depends on
numbers of parcels, columns and crops, hardly on what they look like. The larger season has the
crops of a country; what a country of 560,000 parcels needs is extrapolated from it by parcels.

python -m benchmarks.outliers PARCELS CROPS LEARNERS      one of them
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.peak import peak_memory_mb
from benchmarks.report import Row, Table

_SERIES = (("bs", "VH"), ("bs", "VH-VV"), ("bs", "VV"), ("c6", "VH"), ("c6", "VV"))
_WINDOWS = 44
_SMALL, _BASE, _LARGE, _COUNTRY = (8_000, 13), (8_000, 60), (40_000, 60), 560_000
_LEARNERS = {"trees": (20.0, 9.0), "trees+kernels": (40.0, 12.0)}
_MOST_GB = {"trees": 3.0, "trees+kernels": 4.0}


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """CPU per 8,000 and per 100,000 parcels, by learners; the table has all that was measured."""
    rows, lines = [], []
    for learners, (small_bound, large_bound) in _LEARNERS.items():
        small = _measured(*((800, 5) if bench.quick else _SMALL), learners)
        large = _measured(*((2_000, 10) if bench.quick else _LARGE), learners)
        base = _measured(*((800, 10) if bench.quick else _BASE), learners)
        minutes = large["cpu_s"] / large["parcels"] * 100_000 / 60
        rows += [
            Row(
                f"outliers_{learners}_8000",
                f"outlier list of {small['parcels']:,} parcels, {small['crops']} crops, {learners}",
                small["cpu_s"],
                "s",
                small_bound,
                least=False,
                note=f"{small['columns']} columns, one core; peak memory {small['peak_mb']:.0f} MB",
                details=small,
            ),
            Row(
                f"outliers_{learners}_100000",
                f"the same per 100,000 parcels of a country with {large['crops']} crops",
                minutes,
                "min",
                large_bound,
                least=False,
                note=f"extrapolated from {large['parcels']:,}; peak memory there"
                f" {large['peak_mb']:.0f} MB, at {_COUNTRY:,} parcels about"
                f" {_country_gb(base, large):.1f} GB (at most {_MOST_GB[learners]:.0f})",
                details=large,
            ),
        ]
        lines += [[learners, *(one[name] for name in _COLUMNS)] for one in (small, base, large)]
    return rows, [Table("Cost of an outlier list", ["learners", *_COLUMNS], lines)]


_COLUMNS = ("parcels", "columns", "crops", "cpu_s", "peak_mb", "error_share_at_least", "found")


def _measured(parcels: int, crops: int, learners: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.outliers", str(parcels), str(crops), learners]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _country_gb(small: dict[str, Any], large: dict[str, Any]) -> float:
    """Memory grows with the parcels; both have the same crops.

    Up to 50,000 parcels LightGBM's sample of float64 grows as well, but no further.
    """
    grown = (large["peak_mb"] - small["peak_mb"]) / (large["parcels"] - small["parcels"])
    beyond = grown - 8 * large["columns"] / 1e6
    return float(large["peak_mb"] + beyond * (_COUNTRY - large["parcels"])) / 1000


def main(parcels: int, crops: int, learners: str) -> None:
    """Score one season in this process, and print what it took."""
    from dias_cbm.outliers.folds import assign_folds
    from dias_cbm.outliers.layout import Layout, Series
    from dias_cbm.outliers.score import ScoreOptions, score

    layout = Layout(tuple(Series(*one) for one in _SERIES), range(_WINDOWS))
    values, declared, wrong = season(layout, parcels, crops)
    fold = assign_folds(declared, 4, 1)
    started = time.process_time()
    scores = score(values, layout, declared, crops, fold, ScoreOptions(learners), show=_to_stderr)
    spent = time.process_time() - started
    top = np.argsort(-np.nan_to_num(scores.suspicion, nan=-1e9))[: int(wrong.sum())]
    print(
        json.dumps(
            {
                "parcels": parcels,
                "columns": layout.columns,
                "crops": crops,
                "learners": scores.learners,
                "cpu_s": round(spent, 1),
                "peak_mb": round(peak_memory_mb()),
                "error_share_at_least": round(scores.error_share, 3),
                "found": round(float(wrong[top].mean()), 3),
            }
        )
    )


def season(layout: Any, parcels: int, crops: int) -> tuple[Any, Any, Any]:
    """Made-up parcels with every twentieth declared wrongly.

    :returns: values, float32[parcels, columns]; declared crop of each parcel; and which are wrong.
    """
    from dias_cbm.outliers.matrix import block_means

    generator = np.random.default_rng(1)
    frequency = np.geomspace(1, 0.02, crops)
    crop = generator.choice(crops, parcels, p=frequency / frequency.sum())
    shape = (crops, len(layout.series), len(layout.periods))
    curve = np.cumsum(generator.normal(0, 0.15, shape), axis=2).astype(np.float32)
    values = np.empty((parcels, layout.columns), np.float32)
    for start in range(0, parcels, 10_000):
        here = slice(start, start + 10_000)
        noise = generator.standard_normal((len(crop[here]), *shape[1:]), dtype=np.float32)
        windows = curve[crop[here]] + noise
        windows[generator.random(windows.shape, dtype=np.float32) < 0.1] = np.nan
        layout.windows(values[here])[:] = windows
        layout.blocks(values[here])[:] = block_means(windows)
    wrong = generator.random(parcels) < 0.05
    declared = crop.copy()
    declared[wrong] = (crop[wrong] + generator.integers(1, crops, int(wrong.sum()))) % crops
    return values, declared, wrong


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
