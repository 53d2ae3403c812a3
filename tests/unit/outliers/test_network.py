import numpy as np
import pytest

from dias_cbm.outliers import network
from dias_cbm.outliers.network import MARGINS, Network, Recipe, bridged, fit, interpolated, moments

nan = np.nan
QUICK = Recipe(epochs=10, rate=5e-3, dropout=0.2, noise=0.1, hidden=24, batch=32)


def _toy(wrong: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three separable classes; labels, the first of them wrong; true classes."""
    generator = np.random.default_rng(3)
    true = generator.integers(0, 3, 600)
    inputs = generator.normal(0, 1, (600, 12)).astype(np.float32)
    inputs[np.arange(600), true] += 4
    labels = true.copy()
    labels[:wrong] = (true[:wrong] + 1) % 3
    return inputs, labels, true


def _loss(parameters: list[np.ndarray], batch: np.ndarray, labels: np.ndarray, kept: list) -> float:
    first = np.maximum(batch @ parameters[0] + parameters[3], 0) * kept[0]
    second = np.maximum(first @ parameters[1] + parameters[4], 0) * kept[1]
    logits = second @ parameters[2] + parameters[5]
    return float((np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]).mean())


def test_gradients_are_those_of_finite_differences() -> None:
    generator = np.random.default_rng(1)
    shapes = [(5, 7), (7, 7), (7, 4), 7, 7, 4]
    parameters = [generator.normal(0, 0.7, shape) for shape in shapes]
    batch, labels = generator.normal(0, 1, (9, 5)), generator.integers(0, 4, 9)
    kept = [(generator.random((9, 7)) > 0.3) / 0.7 for _ in range(2)]
    _, gradients = network._gradients(parameters, batch, labels, kept)
    for one, gradient in zip(parameters, gradients, strict=True):
        for place in np.ndindex(one.shape):
            step, before = 1e-6, one[place]
            one[place] = before + step
            up = _loss(parameters, batch, labels, kept)
            one[place] = before - step
            down = _loss(parameters, batch, labels, kept)
            one[place] = before
            assert gradient[place] == pytest.approx((up - down) / (2 * step), abs=1e-7)


def test_it_learns_classes_that_can_be_told_apart() -> None:
    inputs, labels, true = _toy()
    learnt = np.arange(400)
    trained = fit(inputs, labels, 3, QUICK, seed=0, rows=learnt).network
    probability = trained.predict(inputs, np.arange(400, 600))
    assert np.allclose(probability.sum(1), 1, atol=1e-5)
    assert (probability.argmax(1) == true[400:]).mean() > 0.97


def test_rows_without_a_label_teach_nothing() -> None:
    inputs, labels, _ = _toy()
    labels[300:] = -1
    other = inputs.copy()
    other[300:] = 99
    here, there = (fit(one, labels, 3, QUICK, seed=0) for one in (inputs, other))
    assert np.array_equal(here.network.predict(inputs), there.network.predict(inputs))
    assert np.isnan(here.margin[300:]).all()
    assert np.isfinite(here.margin[:300]).all()


def test_a_seed_decides_every_bit() -> None:
    inputs, labels, _ = _toy()
    one, again, other = (fit(inputs, labels, 3, QUICK, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(one.margin, again.margin)
    assert np.array_equal(one.network.predict(inputs), again.network.predict(inputs))
    assert not np.array_equal(one.margin, other.margin)


def test_margins_are_low_where_the_label_is_wrong() -> None:
    inputs, labels, _ = _toy(wrong=30)
    margin = fit(inputs, labels, 3, QUICK, seed=0).margin
    assert (np.argsort(margin)[:30] < 30).mean() > 0.9


def test_margins_of_hand_worked_logits() -> None:
    logits = np.array([[2.0, 5.0, 1.0], [0.5, -1.0, 0.0]])
    assert network._margins(logits, np.array([1, 2])).tolist() == [3.0, -0.5]


def test_the_rate_rises_once_and_falls_to_nothing() -> None:
    rates = [network._cycle(step / 1000) for step in range(1001)]
    assert rates[0] == pytest.approx(0.04)
    assert max(rates) == rates[300] == 1
    assert rates[:301] == sorted(rates[:301])
    assert rates[300:] == sorted(rates[300:], reverse=True)
    assert rates[-1] == pytest.approx(0)


def test_a_stored_network_predicts_almost_the_same() -> None:
    inputs, labels, _ = _toy()
    trained = fit(inputs, labels, 3, QUICK, seed=0).network
    stored = Network.from_bytes(trained.to_bytes())
    assert len(stored.snapshots) == len(trained.snapshots) == 4
    assert np.allclose(stored.predict(inputs), trained.predict(inputs), atol=0.02)


@pytest.mark.parametrize(
    ("rows", "epochs", "batch"), [(6000, 12, 256), (420_000, 4, 256), (600, 21, 32), (3, 33, 32)]
)
def test_epochs_and_batches_fit_the_number_of_rows(rows: int, epochs: int, batch: int) -> None:
    recipe = MARGINS.sized(rows)
    assert (recipe.epochs, recipe.batch) == (epochs, batch)


def test_gaps_are_bridged_in_a_straight_line() -> None:
    windows = np.array([[[nan, 2, nan, nan, 8, nan], [nan] * 6]], np.float32)
    filled = bridged(windows)
    assert filled[0, 0].tolist() == [2, 2, 4, 6, 8, 8]
    assert np.isnan(filled[0, 1]).all()


def test_columns_are_standardised_and_an_empty_series_is_average() -> None:
    windows = np.array([[[1, nan, 5]], [[3, 3, 3]], [[nan, nan, nan]]], np.float32)
    expected = [[[-1, 0, 1]], [[1, 0, -1]], [[0, 0, 0]]]
    assert interpolated(windows).tolist() == expected
    assert np.isnan(windows[0, 0, 1])


def test_a_column_without_values_is_zero() -> None:
    assert (
        interpolated(np.full((3, 2, 4), nan, np.float32)).tolist() == np.zeros((3, 2, 4)).tolist()
    )


def test_moments_of_many_rows() -> None:
    values = np.random.default_rng(0).normal(-18, 2, (9000, 3)).astype(np.float32)
    values[::7] = nan
    mean, deviation = moments(values)
    assert np.allclose(mean, np.nanmean(values, axis=0, dtype=float), atol=1e-5)
    assert np.allclose(deviation, np.nanstd(values, axis=0, dtype=float), atol=1e-5)
