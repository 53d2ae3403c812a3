"""The constellation's phases, and what they do to expected passes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dias_cbm.completeness.expected import ExpectedPass, expected_passes
from dias_cbm.completeness.scene_tiles import Sighting
from dias_cbm.constellation import Constellation, Phase, constellation
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card, Kind

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seen(when: datetime, satellite: str, kind: Kind = Kind.S1_GRD, orbit: int = 44) -> Sighting:
    return Sighting(1, kind, satellite, orbit, when, "32VNH", frozenset({1}), card=kind.card)


def days(passes: list[ExpectedPass], card: Card, satellite: str) -> list[str]:
    chosen = [one for one in passes if one.card is card and one.satellite == satellite]
    return [f"{one.at:%m-%d}{'!' if one.unplanned else ''}" for one in chosen]


@pytest.mark.parametrize(
    ("satellite", "earlier", "pair"),
    [
        ("S1A", "2018-05-01", True),
        ("S1A", "2021-12-22", True),
        ("S1A", "2021-12-23", False),
        ("S1A", "2025-03-25", False),
        ("S1C", "2025-03-26", True),
        ("S1B", "2025-06-01", False),
        ("S1A", "2026-06-07", True),
        ("S1A", "2026-06-08", False),
        ("S1C", "2026-06-23", False),
        ("S1D", "2026-06-24", True),
        ("S1A", "2026-06-25", False),
    ],
)
def test_six_day_pairs_follow_the_constellation(satellite: str, earlier: str, pair: bool) -> None:
    assert constellation().six_days(satellite, at(earlier)) is pair


def test_a_satellite_that_is_lost_is_not_planned_from_then_on() -> None:
    start, end = at("2021-12-01"), at("2022-02-01")
    rows = [seen(at("2021-12-07T17:00"), "S1B"), seen(at("2021-12-13T17:00"), "S1A")]
    passes = expected_passes(rows, start, end)
    assert days(passes, Card.BS, "S1B") == ["12-07", "12-19", "12-31!", "01-12!", "01-24!"]
    assert days(passes, Card.BS, "S1A") == ["12-01", "12-13", "12-25", "01-06", "01-18", "01-30"]
    (first, *_) = [one.unplanned for one in passes if one.unplanned]
    assert first == "S1B has not observed since 2021-12-23: lost to a power failure"


def test_coherence_goes_from_six_days_to_twelve_when_the_partner_is_lost() -> None:
    rows = [
        seen(at("2021-12-07T17:00"), "S1B", Kind.S1_SLC),
        seen(at("2021-12-01T17:00"), "S1A", Kind.S1_SLC),
    ]
    passes = expected_passes(rows, at("2021-12-01"), at("2022-02-01"))
    assert days(passes, Card.C6, "S1B") == ["12-07", "12-19"]
    assert days(passes, Card.C6, "S1A") == ["12-13", "12-25"], "25 December has its partner still"
    assert days(passes, Card.C12, "S1A") == ["01-06", "01-18", "01-30"]
    assert days(passes, Card.C12, "S1B") == [], "the lost acquisitions tell it already"


def test_a_single_satellite_gives_twelve_day_coherence() -> None:
    rows = [seen(at("2023-05-03T17:00"), "S1A", Kind.S1_SLC)]
    passes = expected_passes(rows, at("2023-05-01"), at("2023-06-10"))
    assert {one.card for one in passes} == {Card.C12}
    assert days(passes, Card.C12, "S1A") == ["05-15", "05-27", "06-08"]


def test_a_pair_of_twelve_days_is_never_expected_beside_one_of_six() -> None:
    """Products of twelve days, seen after the partner was lost and once before, by chance."""
    rows = [
        seen(at("2021-11-25T17:00"), "S1B", Kind.S1_SLC),
        seen(at("2021-11-19T17:00"), "S1A", Kind.S1_SLC),
        seen(at("2021-12-13T17:00"), "S1A", Kind.CARD_COH12),
        seen(at("2022-01-18T17:00"), "S1A", Kind.CARD_COH12),
    ]
    passes = expected_passes(rows, at("2021-11-15"), at("2022-02-01"))
    assert days(passes, Card.C6, "S1A") == ["12-01", "12-13", "12-25"]
    assert days(passes, Card.C12, "S1A") == ["01-06", "01-18", "01-30"]
    assert days(passes, Card.C12, "S1B") == []


def test_a_satellite_is_not_expected_before_it_has_joined() -> None:
    rows = [seen(at("2025-01-23T10:00"), "S2C", Kind.S2_L1C)]
    passes = expected_passes(rows, at("2025-01-10"), at("2025-02-20"))
    assert days(passes, Card.S2, "S2C") == ["01-23", "02-02", "02-12"]


def test_a_moved_satellite_is_learnt_anew() -> None:
    old, new = at("2026-05-30T17:00"), at("2026-06-26T17:00")
    passes = expected_passes(
        [seen(old, "S1C"), seen(new, "S1C")], at("2026-05-25"), at("2026-07-25")
    )
    assert days(passes, Card.BS, "S1C") == ["05-30", "06-11!", "06-23!", "06-26", "07-08", "07-20"]
    pause = next(one.unplanned for one in passes if one.unplanned)
    assert pause.startswith("S1C did not observe from 2026-06-08 to 2026-06-24: suspended")


def test_what_the_extension_of_s2a_does_not_bring_is_not_missed() -> None:
    rows = [seen(at(f"2025-05-{day}T10:00"), "S2A", Kind.S2_L2A) for day in ("03", "23")]
    passes = expected_passes(rows, at("2025-05-01"), at("2025-07-01"))
    assert days(passes, Card.S2, "S2A") == ["05-03", "05-23"]


def test_an_unknown_satellite_is_expected_whenever_it_was_seen() -> None:
    rows = [seen(at("2031-05-03T17:00"), "S1E")]
    passes = expected_passes(rows, at("2031-05-01"), at("2031-06-01"))
    assert days(passes, Card.BS, "S1E") == ["05-03", "05-15", "05-27"]


def test_a_new_satellite_is_a_change_of_the_file_only(tmp_path: Path) -> None:
    file = tmp_path / "phases.toml"
    file.write_text(
        '[[phase]]\nsatellite = "S1E"\nstarts = 2031-05-10\nsource = "a letter"\n'
        '[[pair]]\nsatellites = ["S1D", "S1E"]\nstarts = 2031-05-10\nsource = "a letter"\n'
    )
    known = constellation(file)
    assert known.of("S1E") == [Phase("S1E", at("2031-05-10"))]
    assert known.six_days("S1E", at("2031-05-10"))
    passes = expected_passes(
        [seen(at("2031-05-15T17:00"), "S1E")], at("2031-05-01"), at("2031-06-01"), known
    )
    assert days(passes, Card.BS, "S1E") == ["05-15", "05-27"]
    assert days(
        expected_passes(
            [seen(at("2031-05-15T17:00"), "S1E")],
            at("2031-05-01"),
            at("2031-06-01"),
            Constellation(),
        ),
        Card.BS,
        "S1E",
    ) == ["05-03", "05-15", "05-27"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[phase]\n", "not a file of phases"),
        ('[[phase]]\nsatellite = "S1A"\nstarts = 2014-04-03\n', "source"),
        ('[[phase]]\nsatelite = "S1A"\nstarts = 2014-04-03\nsource = "x"\n', "satelite"),
        ('[[phase]]\nsatellite = "S1A"\nstarts = 2014-04-03\nsource = "x"\n' * 2, "overlap"),
    ],
)
def test_a_slip_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "phases.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        constellation(file)
