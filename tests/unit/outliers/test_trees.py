"""Boosted trees out of fold."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.outliers import trees
from dias_cbm.outliers.folds import assign_folds
from dias_cbm.outliers.trees import Trees


@pytest.fixture
def two_crops() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    labels = np.repeat([0, 1], 150)
    values = generator.normal(0, 1, (300, 20)).astype(np.float32)
    values[labels == 1, :10] += 3
    return values, labels


def scored(
    values: np.ndarray, labels: np.ndarray, learn: np.ndarray | None = None
) -> trees.OutOfFold:
    fold = assign_folds(labels, 3, 1)
    learn = labels >= 0 if learn is None else learn
    return Trees(values, labels, 2, 1).out_of_fold(learn, fold, rounds=15)


def test_no_parcel_is_scored_by_a_model_that_trained_on_it(
    two_crops: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[tuple[set[int], set[int]]] = []
    learnt: set[int] = set()
    train, predict = Trees._train, Trees._predict

    def watched_train(self: Trees, rows: np.ndarray, rounds: int) -> object:
        learnt.clear()
        learnt.update(rows.tolist())
        return train(self, rows, rounds)

    def watched_predict(self: Trees, model: object, rows: np.ndarray, into: np.ndarray) -> None:
        met.append((set(learnt), set(rows.tolist())))
        predict(self, model, rows, into)  # type: ignore[arg-type]

    monkeypatch.setattr(Trees, "_train", watched_train)
    monkeypatch.setattr(Trees, "_predict", watched_predict)
    learn = np.arange(300) % 10 > 0
    scored(*two_crops, learn)
    assert len(met) == 3
    assert all(not taught & rows for taught, rows in met)
    assert all(not taught & set(np.flatnonzero(~learn).tolist()) for taught, _ in met)
    assert set.union(*(rows for _, rows in met)) == set(range(300))


def test_probabilities_follow_the_signal(two_crops: tuple[np.ndarray, np.ndarray]) -> None:
    values, labels = two_crops
    probability = scored(values, labels).probability
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)
    assert (probability.argmax(axis=1) == labels).mean() > 0.95


def test_parcels_with_gaps_and_without_labels_are_scored_too(
    two_crops: tuple[np.ndarray, np.ndarray],
) -> None:
    values, labels = two_crops
    values[::3, 0] = np.nan
    values[7] = np.nan
    labels[[3, 200]] = -1
    probability = scored(values, labels).probability
    assert np.isfinite(probability).all()
    assert probability[3].argmax() == 0
    assert probability[200].argmax() == 1


def test_same_input_gives_the_same_models(two_crops: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = scored(*two_crops), scored(*two_crops)
    np.testing.assert_array_equal(first.probability, second.probability)
    assert first.models == second.models


def test_a_stored_model_predicts_what_the_run_did(
    two_crops: tuple[np.ndarray, np.ndarray],
) -> None:
    import lightgbm

    values, labels = two_crops
    found = scored(values, labels)
    fold = assign_folds(labels, 3, 1)
    again = lightgbm.Booster(model_str=found.models[1]).predict(values[fold == 1])
    np.testing.assert_allclose(again, found.probability[fold == 1], rtol=1e-6)


def test_a_tree_never_draws_more_than_its_rows(
    two_crops: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "BAGGING_ROWS", 50)
    assert "[bagging_fraction: 0.25]" in scored(*two_crops).models[0]
