from datetime import date, timedelta
from itertools import pairwise

import pytest

from dias_cbm.scenes import relative_orbit
from dias_cbm_lab.season.passes import ASCENDING, DESCENDING, OPTICAL, passes

STARTS, ENDS = date(2018, 5, 11), date(2018, 6, 21)


@pytest.mark.parametrize("track", [ASCENDING, DESCENDING, OPTICAL])
@pytest.mark.parametrize("later", [0, 12, 47, 365, -700])
def test_orbit_numbers_agree_with_the_relative_orbit(track, later):
    moved = timedelta(days=later)
    for one in passes(track, STARTS + moved, ENDS + moved):
        assert relative_orbit(one.satellite, one.abs_orbit) == track.rel_orbit


def test_passes_of_the_default_season():
    found = [(p.satellite, p.start.date().isoformat()) for p in passes(DESCENDING, STARTS, ENDS)]
    assert found == [
        ("S1A", "2018-05-15"),
        ("S1B", "2018-05-21"),
        ("S1A", "2018-05-27"),
        ("S1B", "2018-06-02"),
        ("S1A", "2018-06-08"),
        ("S1B", "2018-06-14"),
        ("S1A", "2018-06-20"),
    ]


def test_real_passes_have_their_real_orbit_numbers():
    # S1A 022436, S1B 011365 and S2A 015549 over Jutland, as the missions' archives list them.
    radar = {p.start.date().isoformat(): p.abs_orbit for p in passes(DESCENDING, STARTS, ENDS)}
    optical = {p.start.date().isoformat(): p.abs_orbit for p in passes(OPTICAL, STARTS, ENDS)}
    assert (radar["2018-06-20"], radar["2018-06-14"]) == (22436, 11365)
    assert optical["2018-06-14"] == 15549


@pytest.mark.parametrize(("track", "days"), [(ASCENDING, 6), (DESCENDING, 6), (OPTICAL, 5)])
def test_satellites_take_turns(track, days):
    found = passes(track, STARTS, ENDS)
    for one, next_one in pairwise(found):
        apart = next_one.start - one.start
        assert abs(apart - timedelta(days=days)) < timedelta(seconds=3)
        assert one.satellite != next_one.satellite
        assert one.abs_orbit != next_one.abs_orbit


def test_no_pass_lies_outside_the_season():
    for track in (ASCENDING, DESCENDING, OPTICAL):
        for one in passes(track, STARTS, STARTS + timedelta(days=20)):
            assert STARTS <= one.start.date() <= STARTS + timedelta(days=20)
