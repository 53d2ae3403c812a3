"""Scores on real series: 500 French parcels, Sentinel-1 and NDVI of ten days, gaps as they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dias_cbm.outliers.folds import assign_folds
from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.matrix import block_means
from dias_cbm.outliers.score import ScoreOptions, score

_COMMON = 20
_NO_DATA = 65535


def _season(file: Path) -> tuple[np.ndarray, Layout, np.ndarray]:
    """Matrix, layout and declared crops of the crops that are common enough."""
    rows = pd.read_parquet(file)
    bands = ["S1-SIGMA0-VV", "S1-SIGMA0-VH", "S2-L2A-B04", "S2-L2A-B08"]
    cube = rows.pivot(index="sample_id", columns="timestamp", values=bands)
    values = cube.to_numpy(np.float64, copy=True).reshape(len(cube), len(bands), -1)
    values[(values == _NO_DATA) | (values == 0)] = np.nan
    vv, vh = (20 * np.log10(values[:, band]) - 83 for band in (0, 1))
    ndvi = (values[:, 3] - values[:, 2]) / (values[:, 3] + values[:, 2])
    windows = np.stack([vv, vh, ndvi], axis=1).astype(np.float32)
    codes = rows.groupby("sample_id")["ewoc_code"].first().loc[cube.index]
    _, crop, count = np.unique(codes, return_inverse=True, return_counts=True)
    kept = count[crop] >= _COMMON
    layout = Layout(
        (Series("bs", "VV"), Series("bs", "VH"), Series("s2", "NDVI")), range(windows.shape[2])
    )
    both = np.concatenate([windows, block_means(windows)], axis=2)
    return both.reshape(len(both), -1)[kept], layout, np.unique(crop[kept], return_inverse=True)[1]


@pytest.mark.real_data
@pytest.mark.parametrize("learners", ["trees", "trees+kernels"])
def test_exchanged_declarations_rise_in_a_real_season(real_data: Path, learners: str) -> None:
    (file,) = (real_data / "parcel_series/worldcereal").glob("*.geoparquet")
    values, layout, declared = _season(file)
    assert np.isnan(layout.windows(values)[:, 2]).mean() > 0.3
    generator = np.random.default_rng(0)
    classes = declared.max() + 1
    wrong = generator.choice(len(declared), len(declared) // 10, replace=False)
    planted = declared.copy()
    planted[wrong] = (declared[wrong] + generator.integers(1, classes, len(wrong))) % classes
    fold = assign_folds(planted, 4, seed=0)
    scores = score(values, layout, planted, classes, fold, ScoreOptions(learners=learners))
    rank = np.argsort(np.argsort(-scores.suspicion))
    assert scores.self_test.passed
    assert scores.learners == tuple(learners.split("+"))
    assert np.mean(rank[wrong] < 2 * len(wrong)) > 0.5
