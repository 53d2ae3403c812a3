"""Verdicts and their sentences, word for word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rule_blocks import YEAR, answer, block, day, events_of, every

from dias_cbm.markers.events import Reason, Status
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.memory import Memory
from dias_cbm.rules.reading import parse
from dias_cbm.rules.schemes import judge
from dias_cbm_lab.evidence import colours, simulated_parcels

NEED = '[[scheme.x.need]]\nmarker = "mowing"\nwindow = ["06-15", "07-31"]\n'
FORBID = '[[scheme.x.forbid]]\nmarker = "mowing"\nwindow = ["03-01", "06-14"]\n'


def said(rules, rows, *, looks=None, until=None, missing=(), window=("01-01", "2019-01-01")):
    rules = parse("[scheme.x]\n" + rules, "x.toml", ["mowing"])
    found = answer(events_of(rows, "mowing"), 1, until=until, window=window)
    stored = block([looks or every(5)], {"mowing": found}, missing=missing)
    (one,) = judge(rules.schemes, stored, YEAR, {"mowing": {"s2"}})
    assert one.sentences[0].partition(":")[0].upper() == Colour(one.colour[0]).name
    return one.sentences[0]


def mown(first, last, sure=0.91, *more):
    return (0, day(first), day(last), sure, *more)


def test_green_says_when_and_how_surely():
    assert said(NEED, [mown("06-17", "06-22")]) == (
        "Green: mowing between 17 June and 22 June (confidence 0.91)."
    )


def test_red_says_how_well_it_was_looked_at():
    assert said(NEED, []) == (
        "Red: no mowing seen between 15 June and 31 July, with 9 clear looks; longest gap 5 days,"
        " gap confidence 0.82."
    )


def test_yellow_says_what_was_not_seen():
    looks = [*every(5, "01-03", "07-01"), day("07-01"), *every(5, "07-30")]
    assert said(NEED, [], looks=looks) == (
        "Yellow: no mowing seen between 15 June and 31 July, but no clear view from 2 July to"
        " 29 July (28 days); clear looks 1 July and 30 July. Gap confidence 0.32, 0.75 asked."
    )


def test_an_interval_over_the_edge_is_not_known():
    assert said(NEED, [mown("06-12", "06-18")]) == (
        "Yellow: mowing between 12 June and 18 June, which may be before or after 15 June."
    )
    assert said(NEED, [mown("07-29", "08-03")]) == (
        "Yellow: mowing between 29 July and 3 August, which may be before or after the window's"
        " last day, 31 July."
    )


def test_an_unsure_or_provisional_event_decides_nothing():
    assert said(NEED, [mown("06-17", "06-22", 0.5)]) == (
        "Yellow: mowing between 17 June and 22 June (confidence 0.50), and 0.70 is asked."
    )
    assert said(NEED, [mown("06-17", "06-22", 0.9, "mowing", True)]) == (
        "Yellow: mowing between 17 June and 22 June (confidence 0.90), which the next clear look"
        " has to confirm."
    )
    # However unsure, it broke the chain of looks that show no mowing.
    assert said(NEED, [mown("06-17", "06-22", 0.1)]) == (
        "Yellow: no mowing seen between 15 June and 31 July, but one between 18 June and 22 June"
        " might not be seen."
    )


def test_grazing_never_counts_as_mowing_but_may_hide_it():
    grazed = [mown("06-17", "06-22", 0.9, "grazing_or_gradual")]
    assert said(NEED, grazed) == (
        "Yellow: grazing or gradual between 17 June and 22 June, which may be mowing."
    )
    assert said(NEED + 'kind = "grazing_or_gradual"\n', grazed).startswith("Green: ")


def test_two_looks_far_apart_never_make_a_red():
    assert said(FORBID, [mown("04-18", "05-23")]) == (
        "Yellow: mowing between 18 April and 23 May (confidence 0.91), but these looks are 35 days"
        " apart, and 20 are allowed."
    )
    assert said(NEED, [mown("06-17", "07-22")]).startswith("Green: ")


def test_what_is_forbidden():
    assert said(FORBID, [mown("06-02", "06-07")]) == (
        "Red: mowing between 2 June and 7 June (confidence 0.91), where it is not allowed (between"
        " 1 March and 14 June)."
    )
    assert said(FORBID, []) == (
        "Green: no mowing seen between 1 March and 14 June, with 21 clear looks; longest gap"
        " 5 days, gap confidence 0.82."
    )


def test_the_best_look_does_not_show_what_was_not_there():
    """Presence tells the greenest look alone: others may be nearly as green."""
    seen = answer(events_of([(0, day("04-29"), day("04-29"), 1.0)], "presence"), 1)
    for window, colour in ((', window = ["05-10", "05-31"]', "Yellow"), ("", "Red")):
        text = f'[scheme.x]\nforbid = [{{ marker = "presence"{window} }}]'
        rules = parse(text, "x.toml", ["presence"])
        (one,) = judge(rules.schemes, block([every(5)], {"presence": seen}), YEAR, {})
        assert one.sentences[0].startswith(f"{colour}: "), one.sentences


def test_each_marker_is_judged_by_what_it_has_read():
    """Another one that ran later has had looks that this one knows nothing of."""
    rules = parse("[scheme.x]\n" + FORBID, "x.toml", ["mowing"])
    stored = block([every(5)], {"mowing": answer(events_of([], "mowing"), 1)})
    (one,) = judge(rules.schemes, stored, YEAR, {})
    assert one.sentences[0].startswith("Green: ")
    early = block([every(5, "01-03", "03-31")], stored.answers).answers["mowing"]
    late = replace(stored, answers={"bare_soil": stored.answers["mowing"], "mowing": early})
    (one,) = judge(rules.schemes, late, YEAR, {})
    assert "no clear look in the 30 days after 14 June" in one.sentences[0]


def test_a_red_says_only_what_is_wrong():
    assert said(NEED + FORBID, [mown("06-02", "06-07"), mown("06-17", "06-22")]) == (
        "Red: mowing between 2 June and 7 June (confidence 0.91), where it is not allowed (between"
        " 1 March and 14 June)."
    )


def test_open_says_what_is_still_possible():
    assert said(NEED, [], until="07-01") == (
        "Open: no mowing seen between 15 June and 31 July, and the window ends on 31 July. Still"
        " possible: green or yellow or red."
    )
    assert said(NEED + FORBID, [], looks=[day("07-01")], until="07-02").endswith(
        "Still possible: yellow or red."
    )
    assert said(NEED, [mown("06-17", "06-22")], until="07-01").startswith("Green: ")


def test_missing_scenes_are_named():
    scene = {"card": "s2", "day": "2018-07-04", "name": "S2A_TODAY", "cause": "late"}
    assert said(NEED, [], missing=[scene]) == (
        "Yellow: no mowing seen between 15 June and 31 July, but scenes are still expected:"
        " S2A_TODAY."
    )
    assert said(NEED, [], missing=[scene | {"card": "c6"}]).startswith("Red: ")
    assert said(NEED, [], missing=[scene | {"day": "2018-10-04"}]).startswith("Red: ")


@pytest.mark.parametrize(
    ("looks", "side", "edge"),
    [
        (every(5, "01-03", "07-31"), "after", "31 July"),
        (every(5, "06-16"), "before", "15 June"),
    ],
)
def test_a_look_beyond_both_ends_is_asked_for(looks, side, edge):
    assert said(NEED, [], looks=looks) == (
        "Yellow: no mowing seen between 15 June and 31 July, but there is no clear look in the"
        f" 30 days {side} {edge}."
    )


def test_a_window_past_the_season():
    rules = '[[scheme.x.need]]\nmarker = "mowing"\nwindow = ["11-01", "+02-15"]\n'
    looks = every(5, "01-03", "2019-04-01")
    assert said(rules, [], looks=looks) == (
        "Yellow: no mowing seen between 1 November and 15 February 2019, but the season is"
        " observed only between 1 January and 31 December."
    )
    assert said(rules, [], looks=looks, window=("01-01", "2019-04-01")).startswith("Red: ")
    # Days after the season are never observed: waiting for them would be for ever.
    assert said(rules, [], looks=looks, until="2019-01-02").startswith("Yellow: ")
    assert said(rules, [], looks=looks, until="12-31").startswith("Open: ")


@pytest.mark.parametrize(("years", "year"), [("+", 2019), ("-", 2017)])
def test_a_window_of_another_year(years, year):
    """Nothing of it is ever observed, so that it is not open, whatever the day."""
    rules = f'[[scheme.x.need]]\nmarker = "mowing"\nwindow = ["{years}06-15", "{years}07-31"]\n'
    assert said(rules, [], until="07-01") == (
        f"Yellow: no mowing seen between 15 June {year} and 31 July {year}, but the season is"
        " observed only between 1 January and 31 December."
    )


def test_a_marker_that_did_not_look():
    rules = parse("[scheme.x]\n" + NEED, "x.toml", ["mowing"])
    found = answer(events_of([], "mowing"), 1)
    found.states.not_executed(np.array([True]), Reason.TOO_SMALL)
    assert found.states.status[0] == Status.NOT_EXECUTED
    (one,) = judge(rules.schemes, block([every(5)], {"mowing": found}), YEAR, {})
    assert one.sentences == ["Yellow: mowing was not looked for: the parcel has too few pixels."]
    (one,) = judge(rules.schemes, block([every(5)], {}), YEAR, {})
    assert one.sentences == ["Yellow: the marker mowing has not been run."]


def test_counts_and_numbers():
    twice = NEED + "at_least = 2\n"
    assert said(twice, [mown("06-17", "06-22")]).startswith(
        "Red: mowing seen once, not twice, between 15 June and 31 July, with 9 clear looks"
    )
    assert said(twice, [mown("06-17", "06-22"), mown("07-12", "07-17")]) == (
        "Green: mowing between 17 June and 22 June (confidence 0.91) and between 12 July and"
        " 17 July (confidence 0.91)."
    )
    assert said(twice, [mown("06-17", "07-04")]) == (
        "Yellow: mowing seen once, not twice, between 15 June and 31 July, but one between 18 June"
        " and 4 July might not be seen."
    )
    near = [mown("06-17", "06-22"), mown("06-27", "07-02")]
    assert said(twice + "min_interval_days = 20\n", near).startswith("Red: mowing seen once, ")


def test_a_witness_is_of_the_main_kind_alone():
    cut = [mown("06-02", "06-07", 0.9, "witness")]
    assert said(FORBID, cut).startswith("Red: mowing between 2 June and 7 June")
    grazing = FORBID + 'kind = "grazing_or_gradual"\n'
    assert said(grazing, cut).startswith("Green: ")


def test_what_was_said_of_a_block_before_is_said_again_word_for_word():
    memory, file = Memory(), colours.rules()
    for seed in (1, 2):
        series = simulated_parcels.parcels(40, seed)
        stored = colours.answered(series, simulated_parcels.WINDOW, file)
        first = judge(file.schemes, stored, simulated_parcels.YEAR, {})
        again = judge(file.schemes, stored, simulated_parcels.YEAR, {}, memory)
        assert [one.sentences for one in again] == [one.sentences for one in first]
