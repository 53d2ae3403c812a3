"""Pairs whose bursts are not synchronised: measured, filtered to the common band, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from dias_cbm.card.sar.coherence import make_coherence
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.common_band import CommonBand
from dias_cbm.card.sar.coregistered_burst import band_of, registration_of
from dias_cbm.card.sar.pair import pair_of
from dias_cbm.card.sar.safe import opened_safe
from dias_cbm.errors import Unsynchronised
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.scenes import Cause
from dias_cbm_lab.evidence.coherence_study import Mean, Study, stress_study, touzi

#: Seconds by which the secondary's bursts begin later, besides 0.43 of a line.
SHIFTS = (0.0, 0.041, 0.103, 0.25)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Study]:
    return {later: stress_study(tmp_path_factory.mktemp("pair"), later=later) for later in SHIFTS}


def make(study: Study, target: Path, **options: float) -> MadeProduct:
    pair = study.pair
    return make_coherence(pair.reference, pair.secondary, dem=study.dem, target=target, **options)


class Burst(NamedTuple):
    """A burst pair: what the engine says of it, and its pixels."""

    band: CommonBand
    interval: float
    lines_later: float
    reference: np.ndarray
    secondary: np.ndarray


def bursts_of(study: Study) -> Iterator[Burst]:
    folder = study.pair.reference.parent
    with (
        opened_safe(study.pair.reference, folder) as one,
        opened_safe(study.pair.secondary, folder) as other,
    ):
        for swath in pair_of(one, other, (None, None)).swaths:
            image = swath.reference.annotation
            for burst in swath.bursts:
                line = registration_of(swath, burst).at(
                    np.array(200.0), np.array(600.0), np.array(300.0)
                )[0]
                yield Burst(
                    band_of(swath, burst),
                    image.line_interval,
                    float(line) - 200,
                    pixels(swath.reference.images[0].measurement, burst.reference),
                    pixels(swath.secondary.images[0].measurement, burst.secondary),
                )


def pixels(file: Path | None, burst: int) -> np.ndarray:
    assert file is not None
    with pytest.warns(NotGeoreferencedWarning), rasterio.open(file) as dataset:
        return np.asarray(dataset.read(1)[burst * 400 : burst * 400 + 400])


def doppler(image: np.ndarray, start: int, interval: float) -> float:
    """The middle of the azimuth spectrum of some lines, Hz: from the phase from line to line."""
    part = image[start : start + 40, 100:1100]
    return float(np.angle((part[1:] * part[:-1].conj()).sum()) / (2 * np.pi * interval))


@pytest.mark.parametrize("later", SHIFTS)
def test_the_offset_in_frequency_is_that_of_the_spectra(
    studies: dict[float, Study], later: float
) -> None:
    """Measured in the images alone, without steering, ramps or the engine's bands."""
    for burst in bursts_of(studies[later]):
        assert burst.band.offset == pytest.approx(-burst.lines_later * burst.interval, abs=1e-4)
        assert burst.band.offset == pytest.approx(later + 0.43 * burst.interval, abs=1e-4)
        step = round(burst.lines_later)
        # The engine has the lower edge of the common band against the middle of either spectrum.
        expected = float((burst.band.secondary.low - burst.band.reference.low).mean())
        expected *= 1 - (step - burst.lines_later) * burst.interval / burst.band.offset
        off = []
        for start in range(20 - step, 350, 30):
            one = doppler(burst.reference, start, burst.interval)
            other = doppler(burst.secondary, start + step, burst.interval)
            sampling = 1 / burst.interval
            off.append((one - other - expected + sampling / 2) % sampling - sampling / 2)
        assert len(off) >= 7
        assert np.mean(off) == pytest.approx(0, abs=2.0)


@pytest.mark.parametrize("later", SHIFTS[:2])
def test_coherence_comes_back(studies: dict[float, Study], later: float) -> None:
    check(studies[later], studies[later].in_radar(CoherenceOptions()))


def test_with_a_lower_setting_more_is_accepted(studies: dict[float, Study], tmp_path: Path) -> None:
    study = studies[0.103]
    check(study, study.in_radar(CoherenceOptions()))
    made = make(study, tmp_path, common_band=0.4)
    assert made.provenance["common_band"] == pytest.approx({"IW1": 0.433, "IW2": 0.503}, abs=2e-3)
    assert made.provenance["common_band_needed"] == 0.4


def check(study: Study, means: list[Mean]) -> None:
    """Every class as Touzi expects it of the looks that the common band leaves."""
    looks = looks_left(share_of(study))
    for mean in means:
        assert mean.pixels > 100_000
        assert abs(mean.found - touzi(mean.true, looks)) < 0.03, mean
    assert means[-1].found > 0.92


def share_of(study: Study) -> float:
    return float(np.mean([burst.band.share for burst in bursts_of(study)]))


def looks_left(share: float) -> float:
    """Independent looks in 3 lines and 10 samples, whose neighbours are alike in a narrow band."""
    looks = 1.0
    for size, filled in ((3, share * 320 * 2.0556e-3), (10, 56.5 / 64.345)):
        apart = np.arange(size)[:, None] - np.arange(size)
        looks *= size**2 / float((np.sinc(filled * apart) ** 2).sum())
    return looks


def test_the_weighting_of_the_processor_is_taken_back(tmp_path: Path) -> None:
    """Real images have a Hamming window of 0.7 over their spectrum."""
    study = stress_study(tmp_path, later=0.103, azimuth_window=0.7)
    assert study.in_radar(CoherenceOptions())[-1].found > 0.92
    assert study.in_radar(CoherenceOptions(filter_band=False))[-1].found < 0.45


def test_without_the_filter_what_is_not_common_is_lost(studies: dict[float, Study]) -> None:
    """Another measure of the band in common: what is outside of it has no coherence."""
    plain, shifted = (
        studies[later].in_radar(CoherenceOptions(filter_band=False))[-1].found
        for later in (0.0, 0.041)
    )
    assert shifted < 0.76
    assert shifted / plain == pytest.approx(share_of(studies[0.041]), abs=0.02)


def test_the_filtered_result_does_not_depend_on_the_stripe(studies: dict[float, Study]) -> None:
    whole, parts = (
        next(studies[0.041].bursts(CoherenceOptions(stripe=stripe))).values for stripe in (400, 37)
    )
    assert (whole > 0).sum() > 300_000
    assert np.array_equal(whole, parts)


def test_provenance_has_offset_and_common_band(studies: dict[float, Study], tmp_path: Path) -> None:
    plain = make(studies[0.0], tmp_path / "plain").provenance
    assert plain["burst_offset_ms"] == pytest.approx({"IW1": 0.88, "IW2": 0.88}, abs=0.02)
    assert min(plain["common_band"].values()) > 0.99
    assert plain["bursts_filtered"] == 0
    made = make(studies[0.041], tmp_path / "late")
    assert made.provenance["burst_offset_ms"] == pytest.approx(
        {"IW1": 41.88, "IW2": 41.88}, abs=0.02
    )
    assert made.provenance["common_band"] == pytest.approx({"IW1": 0.772, "IW2": 0.8}, abs=2e-3)
    assert made.provenance["bursts_filtered"] == 4
    with rasterio.open(made.path / f"{made.path.name}.tif") as dataset:
        assert dataset.tags()["CARD_BURST_OFFSET_MS"] == "IW1=41.88,IW2=41.88"


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (0.103, "begins its bursts 104 ms later .*: 43% of the azimuth band in common, 50% needed"),
        (0.25, "begins its bursts 251 ms later .*: 0% of the azimuth band in common, 50% needed"),
    ],
)
def test_too_little_in_common_is_refused(
    studies: dict[float, Study], tmp_path: Path, later: float, words: str
) -> None:
    with pytest.raises(Unsynchronised, match=words) as refusal:
        make(studies[later], tmp_path / "made")
    assert refusal.value.cause is Cause.UNSYNCHRONISED
    assert not list((tmp_path / "made").iterdir())
