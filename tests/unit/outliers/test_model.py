import numpy as np
import pytest

from dias_cbm.outliers import model
from dias_cbm.outliers.model import assign_folds, predict_out_of_fold


@pytest.fixture
def two_crops() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    crops = np.repeat(["barley", "grass"], 150)
    features = generator.normal(0, 1, (300, 6)).astype(np.float32)
    features[crops == "grass", :3] += 5
    return features, crops


def test_every_fold_holds_its_share_of_every_crop() -> None:
    crops = np.repeat(["a", "b", "c"], [40, 41, 3])
    fold = assign_folds(crops, 4, seed=1)
    for crop in ("a", "b", "c"):
        counts = np.bincount(fold[crops == crop], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_no_parcel_is_scored_by_a_model_that_trained_on_it(
    two_crops: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    features, crops = two_crops
    features = np.column_stack([features, np.arange(300)]).astype(np.float32)
    met: list[tuple[set[int], set[int]]] = []
    train = model._train

    class Watched:
        def __init__(self, inner: object, learnt: set[int]) -> None:
            self.inner, self.learnt = inner, learnt

        def predict(self, rows: np.ndarray) -> np.ndarray:
            met.append((self.learnt, set(rows[:, -1].astype(int).tolist())))
            return self.inner.predict(rows)

    def watched(rows: np.ndarray, target: np.ndarray, classes: int) -> Watched:
        return Watched(train(rows, target, classes), set(rows[:, -1].astype(int).tolist()))

    monkeypatch.setattr(model, "_train", watched)
    predict_out_of_fold(features, crops, np.ones(300, dtype=bool), folds=3)
    assert len(met) == 6
    assert all(not learnt & scored for learnt, scored in met)
    assert set.union(*(scored for _, scored in met[3:])) == set(range(300))


def test_wrong_declarations_get_the_lowest_probability(
    two_crops: tuple[np.ndarray, np.ndarray],
) -> None:
    features, crops = two_crops
    wrong = [3, 60, 200, 260]
    crops = crops.copy()
    crops[wrong] = np.where(crops[wrong] == "grass", "barley", "grass")
    prediction = predict_out_of_fold(features, crops, np.ones(300, dtype=bool), folds=4)
    column = np.searchsorted(prediction.classes, crops)
    declared = prediction.probability[np.arange(300), column]
    assert set(wrong) <= set(np.argsort(declared)[:12].tolist())
    np.testing.assert_allclose(prediction.probability.sum(axis=1), 1)


def test_parcels_with_gaps_are_scored_too(two_crops: tuple[np.ndarray, np.ndarray]) -> None:
    features, crops = two_crops
    features[::3, 0] = np.nan
    features[::5, 1:3] = np.nan
    prediction = predict_out_of_fold(features, crops, np.ones(300, dtype=bool), folds=3)
    assert np.isfinite(prediction.probability).all()


def test_same_input_gives_the_same_probabilities(
    two_crops: tuple[np.ndarray, np.ndarray],
) -> None:
    features, crops = two_crops
    first = predict_out_of_fold(features, crops, np.ones(300, dtype=bool), folds=3)
    second = predict_out_of_fold(features, crops, np.ones(300, dtype=bool), folds=3)
    np.testing.assert_array_equal(first.probability, second.probability)
