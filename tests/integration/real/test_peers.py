"""Coherence beside eos-sar's and backscatter beside sarsen's, on the same simulated images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm_lab.evidence.coherence_study import Study
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.peers import kept
from dias_cbm_lab.evidence.peers.simulated_grd import SimulatedGrd
from dias_cbm_lab.evidence.real import peers

pytestmark = [pytest.mark.integration, pytest.mark.real_data]


@pytest.fixture(scope="module")
def pair(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return peers.simulated_pair(real_data / "s1", tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def grd(real_data: Path) -> SimulatedGrd:
    return SimulatedGrd.over(real_data / "s1")


def broken(figures: list[Figure]) -> list[str]:
    return [one.what for one in figures if not one.holds]


def test_coherence_is_eos_sars(pair: Study) -> None:
    found = peers.coherence_figures(pair)
    assert len(found) == 7
    assert broken(found) == []


@pytest.mark.parametrize("step", ["deramp", "remove_phase"])
def test_without_a_step_it_is_not(pair: Study, step: str) -> None:
    found = peers.coherence_figures(pair, **{step: False})
    assert len(broken(found)) == 2


def test_backscatter_is_sarsens(grd: SimulatedGrd, tmp_path: Path) -> None:
    ours = peers.backscatter(grd, tmp_path)
    assert np.isfinite(ours).all()
    assert broken(peers.backscatter_figures(grd, ours)) == []
    # A table of another quantity, or the next column of the map.
    assert len(broken(peers.backscatter_figures(grd, ours + 0.02))) == 1
    moved = peers.backscatter_figures(grd, np.roll(ours, 1, axis=1))
    assert moved[1].value > 2 * peers.backscatter_figures(grd, ours)[1].value


@pytest.mark.parametrize("off", [(0.1, 0), (0, 0.1), (-0.1, 0), (0, -0.1)])
def test_a_tenth_of_a_pixel_is_seen(grd: SimulatedGrd, off: tuple[float, float]) -> None:
    assert peers.same_pixel(grd, off) < 0.95 < 0.98 < peers.same_pixel(grd)


def test_what_is_kept_is_small() -> None:
    files = [kept.file_of(name) for name in ("eos_sar", "sarsen")]
    assert sum(file.stat().st_size for file in files) < 500_000
