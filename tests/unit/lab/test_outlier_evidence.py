"""The evidence for the outlier step: simulator, planted errors, peers and measures."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from dias_cbm.outliers.network import softmax
from dias_cbm_lab.cli.evidence import app
from dias_cbm_lab.evidence.outliers import peers
from dias_cbm_lab.evidence.outliers.case import CLASSES, simulated_case
from dias_cbm_lab.evidence.outliers.crops import (
    CODES,
    DECLARED_AS,
    DECLARED_CODES,
    GROUP_OF,
    LOOK_ALIKES,
    NUMBER,
    SHARE,
    mean_curves,
)
from dias_cbm_lab.evidence.outliers.measures import Measures, measure
from dias_cbm_lab.evidence.outliers.planting import CONFUSABLE, RANDOM, RIGHT, plant
from dias_cbm_lab.evidence.outliers.schemes import SCHEMES, Result, _Bench
from dias_cbm_lab.evidence.outliers.simulator import simulate
from dias_cbm_lab.evidence.outliers.study import Bar, Study, _bars, _line


def _result(scheme: str, seed: int, recall: float, cpu_s: float = 10) -> Result:
    return Result(scheme, seed, Measures(recall, 0.9, 0.6, 0.9, 1.0), cpu_s)


def test_crops_have_shares_curves_and_look_alikes() -> None:
    assert math.isclose(sum(SHARE.values()), 1)
    assert set(LOOK_ALIKES) == set(CODES)
    assert [DECLARED_CODES[number] for number in DECLARED_AS] == ["GRA", "GRA", *CODES[2:]]
    day = np.linspace(40, 300, 27)
    for number in range(len(CODES)):
        curves = mean_curves(np.array([number]), day[None])
        assert (curves.vh > -24).all()
        assert (curves.vh < curves.vv).all()
        assert ((curves.coherence > 0.2) & (curves.coherence < 0.65)).all()


def test_a_season_is_decided_by_its_seed() -> None:
    one, again, other = simulate(60, 3), simulate(60, 3), simulate(60, 4)
    assert np.array_equal(one.means, again.means, equal_nan=True)
    assert not np.array_equal(one.crop, other.crop)


def test_a_season_has_the_draws_of_its_definition() -> None:
    season = simulate(400, 0)
    assert np.bincount(season.crop[:40], minlength=14).tolist() == [
        11,
        4,
        6,
        4,
        5,
        2,
        0,
        2,
        1,
        1,
        2,
        0,
        0,
        2,
    ]
    assert float(np.nanmean(season.means, dtype=float)) == pytest.approx(0.21068640, rel=1e-6)
    assert int(season.observations.sum()) == 36254


def test_parcels_are_seen_where_there_are_observations() -> None:
    season = simulate(200, 1)
    assert season.means.shape == (200, 2, 4, 44)
    seen = ~np.isnan(season.means)
    assert np.array_equal(seen, np.broadcast_to(season.observations[:, :, None] > 0, seen.shape))
    assert (season.means[:, :, 1][seen[:, :, 1]] > 0).all()


def test_one_satellite_sees_half_as_often() -> None:
    two, one = simulate(100, 1), simulate(100, 1, single_satellite=True)
    assert one.observations.sum() / two.observations.sum() == pytest.approx(0.5, abs=0.05)


def test_half_of_the_errors_are_look_alikes() -> None:
    crop = simulate(2000, 2).crop
    true, declared, error = plant(crop, 5)
    assert np.bincount(error).tolist() == [1900, 50, 50]
    assert np.array_equal(true, DECLARED_AS[crop])
    assert np.array_equal(true == declared, error == RIGHT)
    for parcel in np.flatnonzero(error == CONFUSABLE):
        alike = [DECLARED_AS[NUMBER[code]] for code in LOOK_ALIKES[CODES[crop[parcel]]]]
        assert declared[parcel] in alike


def test_lost_windows_are_lost_in_all_bands() -> None:
    whole, lost = simulated_case(300, 0), simulated_case(300, 0, lost=0.1)
    gone = np.isnan(lost.means) & ~np.isnan(whole.means)
    assert gone.sum() / (~np.isnan(whole.means)).sum() == pytest.approx(0.1, abs=0.01)
    assert np.array_equal(whole.declarations.declared, lost.declarations.declared)
    both = ~np.isnan(whole.means)
    assert (gone.any(axis=(1, 2), keepdims=True) & both == gone).all()


def test_measures_of_a_hand_worked_ranking() -> None:
    error = np.full(100, RIGHT)
    error[[0, 1, 2]], error[[3, 4]] = RANDOM, CONFUSABLE
    suspicion = np.zeros(100)
    # The list of five: errors 0, 3 and 1 with two right parcels between.
    suspicion[[0, 50, 3, 51, 1, 2, 4]] = [9, 8, 7, 6, 5, 4, np.nan]
    found = measure(suspicion, error)
    assert found.recall == 3 / 5
    assert (found.random, found.confusable) == (2 / 3, 1 / 2)
    assert found.first == 1
    expected = (1 / 1 + 2 / 3 + 3 / 5 + 4 / 6 + 5 / 100) / 5
    assert found.average_precision == pytest.approx(expected)
    error[[1, 2, 3, 4]] = RIGHT
    assert measure(suspicion, error).recall == 1


@pytest.mark.parametrize("linear", [True, False])
def test_the_peers_network_follows_its_gradient(linear: bool) -> None:
    generator = np.random.default_rng(0)
    network = peers._Network(6, linear=linear, seed=0)
    for weight in network._weights:
        weight[:] = generator.normal(0, 0.5, weight.shape)
    inputs = generator.normal(0, 1, (8, 6)).astype(np.float32)
    labels = generator.integers(0, CLASSES, 8)

    def loss() -> float:
        logits = network._layers(inputs)[-1].astype(float)
        return float(-np.log(softmax(logits)[np.arange(8), labels]).mean())

    gradients = network._gradients(inputs, labels)
    for one, gradient in zip(network._weights + network._biases, gradients, strict=True):
        steepest = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        before = one[steepest]
        one[steepest] = before + 1e-3
        up = loss()
        one[steepest] = before - 1e-3
        slope = (up - loss()) / 2e-3
        one[steepest] = before
        assert gradient[steepest] == pytest.approx(slope, rel=0.02, abs=1e-4)


def test_discriminants_find_most_of_what_is_wrong() -> None:
    case = simulated_case(1500, 21)
    probability = peers.discriminants(case)
    assert np.allclose(probability.sum(1), 1, atol=1e-5)
    assert (probability.argmax(1) == case.declarations.true).mean() > 0.75


def test_a_line_averages_the_seasons_and_keeps_the_worst() -> None:
    line = _line("A", [_result("A", 0, 0.8, 10), _result("A", 1, 0.7, 20), _result("B", 0, 0.1)])
    assert (line.mean.recall, line.worst, line.cpu_s) == (pytest.approx(0.75), 0.7, 15)


def test_bars_are_of_the_schemes_that_ran() -> None:
    found = [_result("A", 0, 0.79), _result("A-lost", 0, 0.76), _result("trees", 0, 0.7)]
    bars = _bars({name: _line(name, found) for name in ("A", "A-lost", "trees")})
    held = {bar.what: bar.holds for bar in bars}
    assert held == {
        "A: R@5 %, mean": True,
        "A: R@5 %, worst season": True,
        "A: AUC-PR": True,
        "A: CPU seconds": True,
        "A: R@5 % that 10 % of lost windows cost": False,
    }


def test_a_bar_can_be_a_floor_or_a_ceiling() -> None:
    assert Bar("found", 0.765, 0.765).holds
    assert not Bar("found", 0.7644, 0.765).holds
    assert not Bar("seconds", 20.1, 20, at_least=False).holds


def test_errors_inside_a_group_do_not_count_across_groups() -> None:
    bench = _Bench(600, 5)
    true, declared, error = bench.case.declarations
    across = bench.error(across=True)
    inside = (error != RIGHT) & (GROUP_OF[true] == GROUP_OF[declared])
    assert 0 < inside.sum() < (error != RIGHT).sum()
    assert np.array_equal(across != RIGHT, (error != RIGHT) & ~inside)
    assert np.array_equal(bench.error(across=False), error)


def test_the_command_prints_one_table_and_json() -> None:
    arguments = ["outliers", "--seeds", "7", "--parcels", "500", "--scheme", "discriminants"]
    text = CliRunner().invoke(app, arguments)
    assert text.exit_code == 0, text.output
    assert "linear discriminants" in text.stdout
    done = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [one["seed"] for one in done["seasons"]] == [7]
    assert done["schemes"][0]["scheme"] == "discriminants"
    assert done["bars"] == []


def test_a_missed_bar_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = Study([], [], [Bar("A: R@5 %, mean", 0.7, 0.765)])
    monkeypatch.setattr("dias_cbm_lab.evidence.outliers.study.study", lambda *_: missed)
    done = CliRunner().invoke(app, ["outliers"])
    assert done.exit_code == 1
    assert "A: R@5 %, mean: 0.700  (at least 0.765: NO)" in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--seeds", "a", "0-4"), ("--seeds", "4-1", "no number"), ("--scheme", "oracle", "A+B")],
)
def test_what_cannot_be_run_is_refused(option: str, value: str, said: str) -> None:
    done = CliRunner().invoke(app, ["outliers", option, value])
    assert done.exit_code == 2
    assert said in done.output


def test_ours_and_the_steps_before_run_on_a_small_season() -> None:
    small = ["margins", "trees+swaps+margins", "A"]
    assert set(small) <= set(SCHEMES)
    arguments = [part for name in small for part in ("--scheme", name)]
    done = CliRunner().invoke(
        app, ["outliers", "--seeds", "9", "--parcels", "600", "--json", *arguments]
    )
    recalls = [one["mean"]["recall"] for one in json.loads(done.stdout)["schemes"]]
    assert min(recalls) > 0.4
