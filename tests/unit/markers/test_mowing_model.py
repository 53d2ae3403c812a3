"""The model of mowing: its features by hand, training, and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.errors import MarkerError
from dias_cbm.markers.mowing_features import NAMES, features
from dias_cbm.markers.mowing_line import Line
from dias_cbm.markers.mowing_model import MowingModel, Sample, load
from dias_cbm.markers.mowing_rule import Drops, MowingOptions
from dias_cbm.markers.sequences import Sequences

MAY = 19844  # 2024-05-01
OPTIONS = MowingOptions()


def test_features_by_hand() -> None:
    days = np.array([0, 5, 7, 40], np.int32) + MAY
    ndvi = np.array([[0.8, 0.5, 0.6, 0.7], [0.3, np.nan, 0.4, 0.5]], np.float32)
    looks = Sequences.of(days, np.isfinite(ndvi))
    found = features(looks, {"NDVI": ndvi})
    assert found.shape == (7, len(NAMES))
    second = dict(zip(NAMES, found[1].tolist(), strict=True))
    assert {name: value for name, value in second.items() if np.isfinite(value)} == pytest.approx(
        {
            "NDVI_value": 0.5,
            "NDVI_since_1": -0.3,
            "NDVI_to_1": 0.1,
            "NDVI_to_2": 0.2,
            "NDVI_below_highest": 0.3,
            "NDVI_below_p90": 0.3,
            # Nothing is lost at the other look within 15 days, on day 7; day 0 has none before.
            "NDVI_largest": 0.3,
            "NDVI_per_day": 0.06,
            "NDVI_back_per_day": 0.05,
            "days_1": 5,
            "days_to_1": 2,
            "days_to_2": 35,
            "day_of_year": 127,
        },
        abs=1e-6,
    )
    # The second parcel begins anew.
    first = dict(zip(NAMES, found[4].tolist(), strict=True))
    assert np.isnan(first["NDVI_since_1"])
    assert np.isnan(first["days_1"])
    assert first["NDVI_to_1"] == pytest.approx(0.1)


def meadows(parcels: int, seed: int) -> tuple[Sequences, Drops, dict[str, np.ndarray], list]:
    """Parcels seen every five days; most are cut once, on a day between two looks."""
    random = np.random.default_rng(seed)
    days = (MAY + 5 * np.arange(30)).astype(np.int32)
    ndvi = np.full((parcels, 30), 0.8) + random.normal(0, 0.02, (parcels, 30))
    dated: list[list[int]] = []
    for parcel in range(parcels):
        if parcel % 5 == 0:
            dated.append([])
            continue
        cut = int(random.integers(3, 24))
        ndvi[parcel, cut : cut + 6] -= 0.35 * np.linspace(1, 0, 6)
        dated.append([int(days[cut]) - 2])
    b08 = np.full(ndvi.shape, 0.4)
    values = {
        "NDVI": ndvi, "B08": b08, "B04": b08 * (1 - ndvi) / (1 + ndvi), "B02": b08 * 0.1,
        "B03": b08 * 0.2, "B11": 0.3 - 0.15 * ndvi,
    }  # fmt: skip
    values = {name: value.astype(np.float32) for name, value in values.items()}
    looks = Sequences.of(days, np.ones(ndvi.shape, bool))
    ndmi = (values["B08"] - values["B11"]) / (values["B08"] + values["B11"])
    return looks, Drops.of(looks, ndmi, values["NDVI"]), values, dated


@pytest.fixture(scope="module")
def model() -> MowingModel:
    looks, _, values, dated = meadows(80, 1)
    return MowingModel.train(Sample.of(looks, values, dated, OPTIONS))


def test_a_label_is_the_first_look_on_or_after_the_cut() -> None:
    looks, _, values, _ = meadows(1, 0)
    for cut, first in ((MAY + 10, MAY + 10), (MAY + 11, MAY + 15)):
        sample = Sample.of(looks, values, [[cut]], OPTIONS)
        # The first look has none before it and is left out.
        assert looks.day[1:][sample.cut].tolist() == [first]
    assert not Sample.of(looks, values, [[MAY + 500]], OPTIONS).cut.any()


def test_it_finds_cuts_that_it_has_not_seen(model: MowingModel) -> None:
    looks, drops, values, dated = meadows(60, 2)
    rows, sure = model.cuts(looks, drops, values, OPTIONS)
    found = {(int(looks.parcel[row]), int(looks.day[row])) for row in rows}
    true = {(parcel, cuts[0] + 2) for parcel, cuts in enumerate(dated) if cuts}
    assert len(found & true) >= 0.9 * len(true)
    assert len(found - true) <= 0.1 * len(true)
    assert ((sure > 0.5) & (sure <= 1)).all()


def test_its_file_gives_the_same_answers(model: MowingModel, tmp_path: Path) -> None:
    file = tmp_path / "mowing.json"
    model.save(file)
    read, digits = load(file)
    assert len(digits) == 8
    assert read.labels == model.labels
    looks, drops, values, _ = meadows(20, 3)
    for one, other in zip(
        model.cuts(looks, drops, values, OPTIONS),
        read.cuts(looks, drops, values, OPTIONS),
        strict=True,
    ):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("not JSON", "is not a model of mowing"),
        ("{}", "is not a model of mowing"),
        ('{"format": "mowing 0", "features": []}', "another version"),
        ('{"format": "mowing 2", "features": [], "boosters": []}', "another version"),
        ("[1]", "is not a model of mowing"),
    ],
)
def test_a_file_that_is_not_a_model(tmp_path: Path, text: str, match: str) -> None:
    file = tmp_path / "mowing.json"
    file.write_text(text)
    with pytest.raises(MarkerError, match=match):
        load(file)
    with pytest.raises(MarkerError, match="No such file"):
        load(tmp_path / "absent.json")


def test_few_labels_are_refused() -> None:
    looks, _, values, dated = meadows(10, 4)
    with pytest.raises(MarkerError, match="8 dated cuts are too few"):
        MowingModel.train(Sample.of(looks, values, dated, OPTIONS))


def test_the_linear_part_by_hand() -> None:
    random = np.random.default_rng(5)
    inputs = random.normal(3, 2, (4000, 2)).astype(np.float32)
    cut = random.random(4000) < 1 / (1 + np.exp(2 - 1.5 * (inputs[:, 0] - 3) / 2))
    inputs[::7, 1] = np.nan
    inputs[:, 1] *= 100
    line = Line.fit(inputs, cut)
    # Shrunk a little by the penalty; the second feature says nothing.
    assert line.weights == pytest.approx([-2, 1.5, 0], abs=0.25)
    likely = line.predict(np.float32([[3, np.nan], [1e9, 300], [np.inf, np.nan]]))
    assert likely[2] == pytest.approx(1 / (1 + np.exp(-line.weights[0])))
    assert likely[1] > 0.99
    assert likely[0] == pytest.approx(likely[2], abs=0.02)
    assert np.array_equal(Line.of_json(line.as_json(), 2).predict(inputs), line.predict(inputs))


@pytest.mark.parametrize(
    "change", [{"level": [0.0]}, {"scale": [0.0, 1.0]}, {"weights": [0.0, float("nan"), 0.0]}]
)
def test_a_linear_part_that_is_not_one(change: dict[str, list[float]]) -> None:
    content = {"level": [0.0, 0.0], "scale": [1.0, 1.0], "weights": [0.0, 0.0, 0.0]}
    assert len(Line.of_json(content, 2).weights) == 3
    with pytest.raises(ValueError, match="its linear part"):
        Line.of_json(content | change, 2)


def test_a_constant_feature_is_no_trouble() -> None:
    inputs = np.zeros((100, 2), np.float32)
    inputs[:, 1] = np.nan
    cut = np.arange(100) < 20
    assert Line.fit(inputs, cut).predict(inputs) == pytest.approx(0.2, abs=1e-3)
