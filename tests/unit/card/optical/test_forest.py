"""The forest gives the numbers of LightGBM, whose file it reads."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from dias_cbm.card.optical.clouds import model_file
from dias_cbm.card.optical.forest import Forest
from dias_cbm.errors import CardFailed


def test_the_cloud_model_answers_as_in_lightgbm() -> None:
    forest = Forest.read(model_file())
    rng = np.random.default_rng(0)
    pixels = np.abs(rng.normal(0.2, 0.2, (10, 3000))).astype(np.float32)
    # On the edges of bins, where left and right meet, and just above them.
    edges = np.stack([rng.choice(ends[np.isfinite(ends)], 1000) for ends in forest.edges])
    pixels[:, :1000] = edges
    pixels[:, 1000:2000] = np.nextafter(edges, np.float32(np.inf))
    expected = lightgbm.Booster(model_file=str(model_file())).predict(pixels.T, num_threads=1)
    np.testing.assert_allclose(forest.probability(pixels), expected, rtol=0, atol=1e-15)
    assert 0.1 < (expected > 0.4).mean() < 0.9


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("objective=binary sigmoid:1", "objective=regression"),
        ("decision_type=2", "decision_type=1"),
        ("Tree=", "Bush="),
        ("threshold=", "limit="),
    ],
)
def test_a_model_of_another_kind(tmp_path: Path, wrong: str, why: str) -> None:
    file = tmp_path / "model.txt"
    file.write_text(model_file().read_text().replace(wrong, why))
    with pytest.raises(CardFailed, match="cannot be used as a model of clouds"):
        Forest.read(file)
