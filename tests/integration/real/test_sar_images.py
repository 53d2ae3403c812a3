"""Steps of the radar engines on real images: within their bounds, and not when a step is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.sar.deramp import Ramp
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real import slc_signal, snap_geocoding, snap_steps
from dias_cbm_lab.evidence.real.slc_signal import Crop, moved_back
from dias_cbm_lab.evidence.real.snap_steps import RealPair, Tile, correlation

pytestmark = [pytest.mark.integration, pytest.mark.real_data]


@pytest.fixture(scope="module")
def images(real_data: Path) -> Path:
    return real_data / "real_images"


def broken(figures: list[Figure]) -> list[str]:
    return [f"{one.what}: {one.value:.4g}, {one.asked}" for one in figures if not one.holds]


@pytest.fixture(scope="module")
def pair(images: Path, tmp_path_factory: pytest.TempPathFactory) -> RealPair:
    return RealPair.read(images, tmp_path_factory.mktemp("alus"))


@pytest.fixture(scope="module")
def tile(images: Path, pair: RealPair) -> Tile:
    return Tile.read(images, pair.swath.secondary.annotation.lines_per_burst)


def test_snaps_steps(images: Path, tmp_path: Path) -> None:
    found = snap_steps.figures(images, tmp_path)
    assert len(found) == 11
    assert broken(found) == []


def test_a_hundredth_of_a_line_or_sample_is_found(pair: RealPair) -> None:
    registration = pair.registration()
    assert max(pair.off_in_registration(registration)) < 2e-4
    assert pair.off_in_registration(registration.later(0.002))[0] > 1e-3
    late = registration.coefficients.copy()
    late[1, 0, 0, 0] += 0.002
    assert pair.off_in_registration(replace(registration, coefficients=late))[1] > 1e-3
    # Another range of the first sample; the orbit of the other pass.
    swath = pair.swath
    later = replace(swath.secondary.annotation, slant_range_time=5.4e-3)
    wrong = replace(swath, secondary=replace(swath.secondary, annotation=later))
    assert max(replace(pair, swath=wrong).off_in_images()[1]) > 1e-3
    crossed = replace(swath, secondary=replace(swath.secondary, orbit=swath.reference.orbit))
    assert max(replace(pair, swath=crossed).off_in_images()[1]) > 1e-3


@pytest.mark.parametrize(
    ("off", "sign", "at_most"),
    [
        ((0.1, 0), 1, 0.99),
        ((0, 0.1), 1, 0.995),
        ((1, 0), 1, 0.3),
        ((0, 1), 1, 0.7),
        ((0, 0), -1, 0.7),
        ((0, 0), 0, 0.9),
    ],
)
def test_a_broken_chain_is_not_snaps(
    pair: RealPair, tile: Tile, off: tuple[float, float], sign: int, at_most: float
) -> None:
    ramp = pair.ramp()
    turned = Ramp(sign * ramp.terms, ramp.interval, ramp.lines) if sign else None
    assert correlation(tile.resampled, tile.bilinear(turned, off)) < at_most


def test_the_engines_own_kernel_follows_snap_as_far_as_bilinear_allows(
    pair: RealPair, tile: Tile
) -> None:
    ramp = pair.ramp()
    own = correlation(tile.resampled, tile.through_the_engine(ramp))
    flipped = Ramp(-ramp.terms, ramp.interval, ramp.lines)
    for turned, off in ((ramp, (0.3, 0)), (ramp, (0, 0.5)), (flipped, (0, 0))):
        assert correlation(tile.resampled, tile.through_the_engine(turned, off)) < own - 0.02


def test_real_signal(images: Path) -> None:
    assert broken(slc_signal.figures(images)) == []


def test_a_broken_ramp_or_kernel_is_seen_in_real_signal(images: Path) -> None:
    crop = Crop.read(images)
    terms = crop.ramp.terms
    for spoilt in (0 * terms, -terms, terms * [1, 1, 1.05], terms + np.array([0, 200, 0])):
        ramp = Ramp(spoilt, crop.ramp.interval, crop.ramp.lines)
        assert crop.in_band(replace(crop, ramp=ramp).turned(1)) < 0.995
    deramped, shift = crop.turned(1), slc_signal.SHIFTS[0]
    for off in ((0.1, 0), (0, 0.1)):
        assert moved_back(deramped, shift, off=off)[0] < 0.999
    assert moved_back(crop.pixels, shift)[0] < 0.999


def test_geocoded_coherence(images: Path, tmp_path: Path) -> None:
    assert broken(snap_geocoding.figures(images, tmp_path)) == []


def test_coherence_put_elsewhere_is_seen(images: Path, tmp_path: Path) -> None:
    name, height = snap_geocoding.CASES[0]
    pair = snap_geocoding.Coherence.read(images / snap_geocoding.FOLDER / name, tmp_path)
    late = pair.located(height, tmp_path)
    line = pair.image.line_interval
    assert abs(pair.fit(replace(late, time=late.time + 2 * line)).line) > 1
    farther = replace(late, slant_range=late.slant_range + 4 * 2.33)
    assert abs(pair.fit(farther).sample) > 3
    assert pair.fit(pair.located(height + 200, tmp_path)).correlation < 0.8
