"""Looks are deleted from series, and no parcel turns red by that: from markers to the colour.

What may make a red, an event or its absence, rests on looks that are still there when others are
added, whatever these show. So it holds for any series, not only for likely ones. The one marker of
which it holds for likely series alone is presence: plants do not come and go between two looks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dias_cbm.markers import registry
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import ParcelSeries, day_number
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.language import RuleFile
from dias_cbm.rules.reading import parse
from dias_cbm_lab.evidence import colours as evidence
from dias_cbm_lab.evidence import simulated_parcels

FILE = evidence.rules()
#: Values as of no plant on earth.
WILD = RuleFile(
    FILE.name,
    FILE.text,
    tuple(
        one
        for one in FILE.schemes
        if not any(part.marker == "presence" for part in one.group.conditions())
    ),
)


def turned(before: ParcelSeries, after: ParcelSeries, window: Window, file: RuleFile) -> list[str]:
    """The schemes of which a parcel turns red."""
    year = simulated_parcels.YEAR
    was, now = (evidence.colours(one, window, year, file) for one in (before, after))
    new = (now == Colour.RED) & (was != Colour.RED)
    return [scheme.name for scheme, row in zip(file.schemes, new, strict=True) if row.any()]


@given(seed=st.integers(0, 10**6), over=st.booleans())
@settings(max_examples=6, deadline=None)
def test_deleted_looks_of_fields_and_meadows_make_no_red(seed: int, over: bool) -> None:
    random = np.random.default_rng(seed)
    series = simulated_parcels.parcels(50, seed)
    window = simulated_parcels.WINDOW
    if not over:
        window = window._replace(until=day_number(date(simulated_parcels.YEAR, 8, 1)))
    assert turned(series, evidence.deleted(series, random), window, FILE) == []


@given(seed=st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_deleted_looks_of_any_series_make_no_red(seed: int) -> None:
    """Noise in place of plants: every look may be a cloud, a cut or bare soil."""
    random = np.random.default_rng(seed)
    series = simulated_parcels.parcels(50, seed, noise=random.choice([0.03, 0.1, 0.3]))
    assert turned(series, evidence.deleted(series, random), simulated_parcels.WINDOW, WILD) == []


def test_clouds_over_all_plants_make_no_red_however_lax_the_limits() -> None:
    lax = "[sure]\nlongest_gap_days = 1096\ngap_confidence = 0.001\n"
    file = parse(lax + evidence.SCHEMES, "lax", registry.names())
    series = simulated_parcels.parcels(200, 301)
    optical = series.optical
    bare = optical.values["NDVI"] < 0.24
    clear = np.where(bare, optical.clear, 0).astype(np.float32)
    after = replace(series, optical=replace(optical, clear=clear))
    assert turned(series, after, simulated_parcels.WINDOW, file) == []


def test_a_single_look_less_is_deleted_everywhere() -> None:
    """Each look of a parcel in turn: no sampling leaves one out."""
    one = simulated_parcels.parcels(2, 11)
    count = len(one.optical.days)
    optical = one.optical
    rows = np.repeat([0, 1], count)
    many = replace(
        one,
        pids=[str(row) for row in range(len(rows))],
        area_m2=one.area_m2[rows],
        crops=one.crops[rows],
        attributes=[{}] * len(rows),
        radar=replace(one.radar, obsid=one.radar.obsid[rows]),
        coherence=replace(one.coherence, obsid=one.coherence.obsid[rows]),
        optical=replace(
            optical,
            values={name: value[rows] for name, value in optical.values.items()},
            clear=optical.clear[rows],
            pixels=optical.pixels[rows],
            snow=optical.snow[rows],
            obsid=optical.obsid[rows],
        ),
    )
    clear = many.optical.clear.copy()
    clear[np.arange(len(rows)), np.tile(np.arange(count), 2)] = 0.5
    less = replace(many, optical=replace(many.optical, clear=clear))
    assert turned(many, less, simulated_parcels.WINDOW, FILE) == []


def test_there_are_reds_of_all_kinds() -> None:
    """Else the tests above would say nothing."""
    series = simulated_parcels.parcels(1000, 99)
    found = evidence.colours(series, simulated_parcels.WINDOW, simulated_parcels.YEAR, FILE)
    red = {
        scheme.name
        for scheme, row in zip(FILE.schemes, found == Colour.RED, strict=True)
        if row.any()
    }
    assert red >= {
        "mown", "mown_late", "mown_twice", "mown_at_all", "not_mown", "never_mown", "not_ploughed",
        "winter_cover", "grassland_kept", "covered", "covered_unbroken", "not_harvested", "fallow",
        "nothing_grown", "sparse", "either", "two_of_three",
    }  # fmt: skip
    # What a marker cannot tell in such a way makes no red.
    assert not red & {"ploughed", "bare", "harvested", "grown_in_may", "came_up", "few_cuts"}
