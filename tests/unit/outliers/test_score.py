"""Suspicion on small made-up seasons: what it finds, and what it refuses."""

from __future__ import annotations

import zlib
from dataclasses import fields

import numpy as np
import pytest

from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers import score as score_module
from dias_cbm.outliers.folds import assign_folds
from dias_cbm.outliers.score import ScoreOptions, Scores, score
from dias_cbm.outliers.swaps import SwapScores
from tests.unit.outliers.season import LAYOUT, Season, season

TREES = ScoreOptions(learners="trees")


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    train = score_module.Trees.out_of_fold
    monkeypatch.setattr(
        score_module.Trees,
        "out_of_fold",
        lambda self, learn, fold, rounds=12, show=print: train(self, learn, fold, rounds, show),
    )


def scored(
    made: Season,
    options: ScoreOptions = TREES,
    group: np.ndarray | None = None,
    holding: np.ndarray | None = None,
) -> Scores:
    fold = assign_folds(made.declared, 4, 1, holding)
    return score(made.values, LAYOUT, made.declared, made.classes, fold, options, group)


def found(scores: Scores, wrong: np.ndarray) -> float:
    """Share of the wrong declarations in as many places at the top."""
    order = np.argsort(-np.nan_to_num(scores.suspicion, nan=-1e9))
    return float(wrong[order[: wrong.sum()]].mean())


def test_planted_errors_are_on_top() -> None:
    made = season()
    scores = scored(made)
    assert found(scores, made.wrong) >= 0.9
    assert scores.learners == ("trees",)
    assert scores.wrong_at_least[made.wrong].mean() > 10 * scores.wrong_at_least[~made.wrong].mean()
    assert scores.power(0.05).shape == (3,)
    assert scores.power(0.05).min() > 0.8
    assert scores.power(0).max() == 0
    assert scores.power(1).min() == 1
    np.testing.assert_allclose(scores.probability.sum(axis=1), 1, rtol=1e-4)


def test_a_tenth_of_the_windows_may_be_lost() -> None:
    whole, lossy = season(signal=0.6), season(signal=0.6, lost=0.1)
    assert found(scored(lossy), lossy.wrong) >= found(scored(whole), whole.wrong) - 0.1


def test_the_same_input_gives_the_same_result() -> None:
    made = season(200)
    first, second = scored(made), scored(made)
    for field in [*fields(Scores), *fields(SwapScores)]:
        one, other = (
            getattr(found if hasattr(found, field.name) else found.swaps, field.name)
            for found in (first, second)
        )
        if isinstance(one, SwapScores):
            continue
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)
        else:
            assert one == other


def test_kernels_join_where_they_are_asked_for() -> None:
    made = season(240)
    scores = scored(made, ScoreOptions(learners="trees+kernels"))
    assert scores.learners == ("trees", "kernels")
    assert found(scores, made.wrong) >= 0.8
    assert {name.split(",")[0] for name in scores.models} == {"trees", "kernels"}


def test_auto_says_why() -> None:
    choice = scored(season(240), ScoreOptions(learners="auto")).choice
    assert choice.learners in {("trees",), ("trees", "kernels")}
    assert "of the swaps (standard error" in choice.reason


def test_models_are_kept_as_text() -> None:
    models = scored(season(200)).models
    assert sorted(models) == [f"trees, fold {number}" for number in range(4)]
    assert zlib.decompress(models["trees, fold 0"]).startswith(b"tree\n")


def test_confusion_inside_a_group_is_not_suspicious() -> None:
    """The first two crops are one group; half of the errors are between them."""
    made = season(600, 4, seed=2)
    inside = (made.true < 2) & (made.declared < 2) & made.wrong
    across = made.wrong & ~inside
    group = np.array([0, 0, 1, 2])
    scores = scored(made, group=group)
    assert inside.sum() >= 3
    assert found(scores, across) >= 0.8
    assert scores.suspicion[inside].max() < np.median(scores.suspicion[across])
    power = scores.power(0.05)
    assert power[0] == power[1]
    assert scores.probability.shape == (600, 4)


def test_parcels_without_a_label_have_probabilities_only() -> None:
    made = season(240)
    made.declared[[4, 9]] = -1
    scores = scored(made)
    for values in (scores.suspicion, scores.log_odds, scores.swap_odds, scores.aum):
        assert np.isnan(values[[4, 9]]).all()
        assert np.isfinite(np.delete(values, [4, 9])).all()
    assert np.isfinite(scores.probability).all()


def test_a_parcel_without_any_value_is_scored_without_a_crash() -> None:
    made = season(240)
    made.values[5] = np.nan
    assert np.isfinite(scored(made).suspicion[5])


def test_a_crop_of_one_holding_is_not_scored() -> None:
    """No other fold could teach it."""
    made = season(400)
    holding = np.where(made.declared == 2, "one", (np.arange(400) // 5).astype(str))
    scores = scored(made, holding=holding)
    assert np.isnan(scores.suspicion[made.declared == 2]).all()
    assert np.isfinite(scores.suspicion[made.declared < 2]).all()


def test_a_crop_with_one_parcel_is_not_scored() -> None:
    made = season(300)
    made.declared[made.declared == 2] = -1
    made.declared[7] = 2
    scores = scored(made)
    assert np.isnan(scores.suspicion[7])


@pytest.mark.parametrize("parcels", [2, 20])
def test_one_crop_or_two_parcels_are_refused(parcels: int) -> None:
    made = season(20)
    made.declared[:] = 0
    made.declared[1] = 1
    short = Season(made.values[:parcels], made.true, made.declared[:parcels], made.wrong, 2)
    with pytest.raises(NotEnoughData, match="fewer than two crops"):
        scored(short)


def test_one_group_is_refused() -> None:
    with pytest.raises(NotEnoughData, match="fewer than two groups"):
        scored(season(100), group=np.zeros(3, int))


@pytest.mark.parametrize("seed", range(3))
def test_no_list_is_made_without_a_signal(seed: int) -> None:
    with pytest.raises(NotEnoughData, match="no better than if parcels exchange them"):
        scored(season(300, signal=0.0, seed=seed))


def test_no_list_is_made_where_everything_is_nan() -> None:
    made = season(120)
    made.values[:] = np.nan
    with pytest.raises(NotEnoughData, match="no better"):
        scored(made)
