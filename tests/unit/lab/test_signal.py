from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dias_cbm_lab.season import pixels
from dias_cbm_lab.season.crops import CROPS
from dias_cbm_lab.season.passes import Pass
from dias_cbm_lab.season.signal import Signal

MANY = 200
COVERS = ("winter rape", "winter wheat", "potatoes", "grass in rotation", "maize")
LATER = Pass("S1A", 139, "D", 22261, datetime(2018, 6, 8, 5, 40, 3, tzinfo=UTC))
EARLIER = replace(LATER, satellite="S1B", start=LATER.start - timedelta(days=6))


@pytest.fixture(scope="module")
def signal():
    return Signal(1, ("margin", *(cover for cover in COVERS for _ in range(MANY))))


def mean_of(values, cover):
    first = 1 + COVERS.index(cover) * MANY
    return values[first : first + MANY].mean()


def test_rape_in_june_scatters_more_than_wheat(signal):
    vh = signal.backscatter(LATER)["VH"]
    # The curves: -13.3 against -19.9 dB.
    assert 10 * np.log10(mean_of(vh, "winter rape") / mean_of(vh, "winter wheat")) > 4


def test_the_cross_polarisation_is_weaker(signal):
    power = signal.backscatter(LATER)
    assert (power["VV"] > power["VH"]).mean() > 0.98


def test_bare_soil_is_more_coherent_than_a_canopy(signal):
    vv = signal.coherence(LATER, EARLIER)["VV"]
    assert mean_of(vv, "maize") > mean_of(vv, "winter rape") + 0.1
    assert 0 < vv.min() <= vv.max() < 1


def test_orbits_and_days_differ(signal):
    other_orbit = replace(LATER, rel_orbit=44, direction="A")
    next_day = replace(LATER, start=LATER.start + timedelta(days=1))
    here = signal.backscatter(LATER)["VV"]
    assert not np.allclose(here, signal.backscatter(other_orbit)["VV"])
    assert not np.allclose(here, signal.backscatter(next_day)["VV"])


def test_neighbouring_days_are_alike_distant_ones_are_not(signal):
    def drift(day):
        return signal._drift("roughness", (LATER.start + timedelta(days=day)).date())

    assert np.corrcoef(drift(0), drift(1))[0, 1] > 0.5
    assert abs(np.corrcoef(drift(0), drift(20))[0, 1]) < 0.2
    assert drift(3).std() == pytest.approx(1, abs=0.1)


def test_reflectance_of_a_canopy_is_that_of_plants(signal):
    bands = signal.reflectance(LATER)
    wheat = bands[1 + MANY : 1 + 2 * MANY].mean(axis=0)
    maize = bands[1 + 4 * MANY :].mean(axis=0)
    blue, green, red, infrared, _ = wheat
    assert infrared > 0.3 > 0.1 > red
    assert green > blue
    ndvi = [(b[3] - b[2]) / (b[3] + b[2]) for b in (wheat, maize)]
    assert ndvi[0] > ndvi[1] + 0.2


def test_a_value_depends_on_seed_and_day_not_on_what_was_asked_before(signal):
    fresh = Signal(1, signal.cover)
    fresh.reflectance(EARLIER)
    assert (fresh.backscatter(LATER)["VV"] == signal.backscatter(LATER)["VV"]).all()
    assert (
        Signal(2, signal.cover).backscatter(LATER)["VV"] != fresh.backscatter(LATER)["VV"]
    ).any()


def test_speckle_keeps_the_mean_and_has_its_looks():
    labels = np.zeros((400, 400), dtype=np.int32)
    image = pixels.speckled(np.array([0.05]), labels, np.random.default_rng(1))
    assert image.mean() == pytest.approx(0.05, rel=0.01)
    assert image.mean() ** 2 / image.var() == pytest.approx(4.4, rel=0.03)
    assert image.dtype == np.float32
    assert image.min() > 0


def test_coherence_is_biased_upwards_where_low():
    labels = np.repeat(np.array([[0, 1]], dtype=np.int32), 100_000, axis=0)
    image = pixels.estimated(np.array([0.2, 0.8]), labels, np.random.default_rng(1))
    low, high = image.mean(axis=0)
    # Touzi's expectation at 17.7 looks: 0.276 and 0.803.
    assert low == pytest.approx(0.276, abs=0.03)
    assert high == pytest.approx(0.803, abs=0.02)
    assert 0 < image.min() <= image.max() <= 0.99


def test_the_corner_without_data_is_a_triangle():
    image = pixels.without_corner(np.ones((5, 5), dtype=np.float32), 30, 10)
    assert (image == 0).sum() == 6
    assert image[0, :4].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_clouds_cover_their_share_and_the_rest_is_told_apart(share):
    labels = np.zeros((200, 200), dtype=np.int32)
    labels[:, 100:] = 1
    reflectance = np.array([[0.03, 0.05, 0.03, 0.45, 0.2], [0.08, 0.1, 0.13, 0.2, 0.28]])
    classes = pixels.scene_classes(reflectance, labels, share, np.random.default_rng(4))
    assert np.isin(classes, (8, 9)).mean() == pytest.approx(share, abs=0.001)
    assert set(np.unique(classes[:, :100])) <= {3, 4, 8, 9, 10}
    assert set(np.unique(classes[:, 100:])) <= {3, 5, 8, 9, 10}


def test_an_overcast_scene_has_one_small_hole_over_the_largest_parcel():
    labels = np.zeros((200, 200), dtype=np.int32)
    labels[10:30, 10:30], labels[100:140, 100:160], labels[0:9] = 1, 2, 7
    reflectance = np.tile([0.03, 0.05, 0.03, 0.45, 0.2], (8, 1))
    hole = pixels.hole_over_largest(labels, parcels=2)
    classes = pixels.scene_classes(reflectance, labels, 0.99, np.random.default_rng(1), hole)
    assert (classes[hole] == 4).all()
    assert (labels[hole] == 2).all()
    assert np.isin(classes, (4, 5)).sum() == 64


def test_clouds_are_bright_and_shadows_dark():
    labels = np.zeros((60, 60), dtype=np.int32)
    classes = np.full(labels.shape, 4, dtype=np.uint8)
    classes[:20], classes[20:40] = 9, 3
    reflectance = np.array([[0.03, 0.05, 0.03, 0.45, 0.2]])
    image = pixels.seen_through(reflectance, labels, classes, 3, np.random.default_rng(1))
    cloud, shadow, ground = (
        image[rows].mean() for rows in (slice(20), slice(20, 40), slice(40, 60))
    )
    assert cloud == pytest.approx(0.55, abs=0.01)
    assert shadow == pytest.approx(0.45 * 0.45, abs=0.01)
    assert ground == pytest.approx(0.45, abs=0.01)


def test_crops_of_the_landscape_lead_to_their_curves():
    assert all(Signal(1, (crop,)).backscatter(LATER)["VV"][0] > 0 for crop in CROPS)
