"""Homogeneity: worked by hand, and on Danish parcels with planted pairs of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from marker_series import YEAR, optical, parcels

from dias_cbm.markers.answers import check
from dias_cbm.markers.events import Reason, Status
from dias_cbm.markers.homogeneity import (
    INTERCEPT,
    MIXED,
    WEIGHTS,
    Homogeneity,
    features,
    mixed_probability,
)

BANDS = ("B02", "B03", "B04")
STATISTICS = ("std", "mean", "p25", "p50", "p75")


def bands(spread: Any) -> dict[str, Any]:
    """Statistics of three bands of mean 1000; the quartiles are 0.7 std from it."""
    std = np.asarray(spread, float)
    values: dict[str, Any] = {"NDVI": 0.6}
    for band in BANDS:
        values |= {f"{band}_std": std, f"{band}_mean": 1000, f"{band}_p50": 1000}
        values |= {f"{band}_p25": 1000 - 0.7 * std, f"{band}_p75": 1000 + 0.7 * std}
    return values


def test_probability_by_hand() -> None:
    seen = optical([0], **bands(100))
    # 11.585 + (.807 + 1.226 + .889) ln .1 + (.388 + .316 + .329) ln .14 = 2.826
    found = mixed_probability(seen.values)
    assert found is not None
    assert found.tolist() == [[pytest.approx(1 / (1 + np.exp(-2.8258)), abs=1e-3)]]
    assert mixed_probability({}) is None


def test_one_crop_and_two() -> None:
    days = [0, 10, 20, 30]
    seen = optical(days, **bands([[20, 20, 120, 20], [20, 120, 120, 120]]))
    states, events = Homogeneity().run(parcels(seen), YEAR, {})
    check(Homogeneity(), 2, states, events)
    assert states.status.tolist() == [Status.OK, Status.NOT_VALID]
    assert states.reason.tolist() == [Reason.NONE, Reason.HETEROGENEOUS]
    assert states.confidence.min() > 0.9
    assert states.values["mixed"][0] < 0.1 < 0.9 < states.values["mixed"][1]


def test_uniform_and_dark_parcels() -> None:
    zero = np.zeros((1, 1), np.float32)
    assert [float(one[0, 0]) for one in features(zero, zero + 1, zero, zero + 1, zero)] == (
        pytest.approx([np.log(1e-3)] * 2)
    )
    assert all(np.isnan(one).all() for one in features(zero, zero, zero, zero, zero))


def test_why_not() -> None:
    def reason(**options: Any) -> Reason:
        clear = options.pop("clear", 1)
        seen = optical([0, 10, 20], clear, options.pop("snow", 0), **(options or bands(20)))
        states, events = Homogeneity().run(parcels(seen), YEAR, {})
        check(Homogeneity(), 1, states, events)
        return Reason(int(states.reason[0]))

    assert reason() == Reason.NONE
    assert reason(clear=[1, 0, 1]) == Reason.FEW_CLEAR
    assert reason(snow=[0, 0.5, 0]) == Reason.FEW_CLEAR
    assert reason(NDVI=0.6) == Reason.NO_STATISTICS
    small = optical([0, 10, 20], **bands(20))
    small.pixels[:] = 39
    states, _ = Homogeneity().run(parcels(small), YEAR, {})
    assert states.reason.tolist() == [Reason.TOO_SMALL]


class Units(NamedTuple):
    """Parcels and pairs of parcels of one side.

    :param measures: [m, 6] of the three bands.
    :param mixed: bool[m].
    """

    measures: np.ndarray
    mixed: np.ndarray


@pytest.fixture(scope="module")
def sides(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Units, Units]:
    """West: as listed; east: all single parcels and all pairs that the same rule gives.

    The rule: at least 40 pixels inside an inner buffer of 10 m; pairs are at most 30 m apart, of
    different crops, the smaller with at least a quarter of the pixels of the larger.
    """
    import geopandas as gpd
    import pandas as pd
    import typer
    from typer.testing import CliRunner

    from dias_cbm.cli.extract import extract

    folder = tmp_path_factory.mktemp("units")
    table = gpd.read_file(real_data / "dk2016/marker2016.gpkg").set_index("pid")
    inner = table.geometry.buffer(-10)
    app = typer.Typer()
    app.command()(extract)

    def statistics(shapes: Sequence[Any]) -> dict[str, Any]:
        frame = gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=list(shapes), crs=table.crs)
        frame.to_file(folder / "units.gpkg")
        chip = real_data / "dk2016/RGB_small.tif"
        arguments = [folder / "units.gpkg", chip, "--id-column", "id", "--bands", ",".join(BANDS)]
        arguments += ["--out", folder / "units.csv"]
        result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
        assert result.exit_code == 0
        rows = pd.read_csv(folder / "units.csv")
        return {band: rows[rows.band == band].reset_index() for band in BANDS}

    filled = inner[inner.area > 0]
    count = dict(zip(filled.index, statistics(filled)["B04"]["count"], strict=True))
    listed = pd.read_csv(real_data / "markers/homogeneity_dk2016/units.csv")
    listed["parcel_b"] = listed.parcel_b.fillna(-1).astype(int)
    west_edge = table.geometry.centroid.x[listed.parcel_a].max()

    def units(pids: list[int]) -> list[tuple[int, int]]:
        pids = sorted(pid for pid in pids if count.get(pid, 0) >= 40)
        pairs = [
            (a, b)
            for number, a in enumerate(pids)
            for b in pids[number + 1 :]
            if table.AfgKode[a] != table.AfgKode[b]
            and 4 * min(count[a], count[b]) >= max(count[a], count[b])
            and table.geometry[a].distance(table.geometry[b]) <= 30
        ]
        return [(pid, -1) for pid in pids] + pairs

    in_west = table.geometry.centroid.x <= west_edge
    west = list(zip(listed.parcel_a, listed.parcel_b, strict=True))
    assert set(units(list(table.index[in_west]))) == set(west)  # the rule is the list's

    def measured(chosen: list[tuple[int, int]]) -> Units:
        shapes = [inner[a] if b < 0 else inner[a].union(inner[b]) for a, b in chosen]
        found = statistics(shapes)
        columns = [
            column
            for one in found.values()
            for column in features(*(one[s].to_numpy() for s in STATISTICS))
        ]
        return Units(np.stack(columns, axis=1), np.array([b >= 0 for _, b in chosen]))

    return measured(west), measured(units(list(table.index[~in_west])))


def logistic(units: Units, ridge: float) -> np.ndarray:
    """Weights of the measures and the intercept, by Newton's method."""
    level, scale = units.measures.mean(axis=0), units.measures.std(axis=0)
    design = np.column_stack([np.ones(len(units.mixed)), (units.measures - level) / scale])
    penalty = np.diag([0.0] + [ridge] * units.measures.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-design @ weights))
        curve = (design.T * (likely * (1 - likely))) @ design + penalty
        slope = design.T @ (units.mixed - likely) - penalty @ weights
        weights += np.linalg.solve(curve, slope)
    plain = weights[1:] / scale
    return np.append(plain, weights[0] - plain @ level)


@pytest.mark.real_data
def test_planted_pairs_of_real_parcels(sides: tuple[Units, Units]) -> None:
    west, east = sides
    stored = np.array([weight for pair in WEIGHTS.values() for weight in pair] + [INTERCEPT])
    assert logistic(west, 1) == pytest.approx(stored, abs=2e-3)
    assert (len(east.mixed), east.mixed.sum()) == (218, 107)
    score = east.measures @ stored[:-1] + stored[-1]
    single, mixed = score[~east.mixed], score[east.mixed]
    assert (mixed[:, None] > single).mean() >= 0.95  # area under the curve
    assert (mixed > np.quantile(single, 0.95)).mean() >= 0.84
    threshold = np.log(MIXED / (1 - MIXED))
    assert (single > threshold).mean() <= 0.05
    assert (mixed > threshold).mean() >= 0.8
