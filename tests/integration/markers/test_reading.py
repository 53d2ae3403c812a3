"""The series that markers read, from what extraction writes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from marker_season import TODAY, MarkerSeason

from dias_cbm import seasons
from dias_cbm.markers import reading, run
from dias_cbm.markers.marker import Needs
from dias_cbm.markers.series import day_number
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration


def test_optical_radar_and_coherence_of_every_block(marked: MarkerSeason) -> None:
    connection, season = marked.connection, marked.season
    for kind, day, mean in (
        (Kind.CARD_BS, 3, [0.1, 0.2, 0.3, 0.4]),
        (Kind.CARD_BS, 9, [0.5, 0.6, 0.7, 0.8]),
        (Kind.CARD_COH6, 9, [0.3, 0.3, 0.3, 0.3]),
        (Kind.CARD_COH12, 9, [0.2, 0.2, 0.2, 0.2]),
    ):
        at = datetime(2018, 4, day, 5, 40, tzinfo=UTC)
        scene = add_scene(connection, f"{kind}_{day}", at, kind, rel_orbit=44, direction="D")
        for band in ("VH", "VV"):
            values = np.array(mean, "f4") / (10 if band == "VH" else 1)
            add_signatures(connection, season.id, scene, 1, band, [50] * 4, values)
    connection.execute("update parcel set attributes = '{\"holding\": \"h1\"}' where pid = 'a'")
    needs = Needs(
        optical=frozenset(["B04", "B04:std", "B12", "NDVI", "NDMI"]),
        radar=frozenset(["VH"]),
        coherence=frozenset(["VV", "HH"]),
        attributes=True,
    )
    first, second = reading.blocks(connection, season, [2, 1], needs, clear_classes=(4, 5))
    assert (first.blk, second.blk) == (1, 2)
    series = first.series
    assert list(series.pids) == ["a", "b", "c", "d"]
    assert [one.get("holding") for one in series.attributes] == ["h1", None, None, None]
    assert series.crops.tolist() == ["barley"] * 4
    assert series.area_m2.tolist() == [10_000] * 4
    # B12 and B11 are not stored: what needs them is left out.
    assert set(series.optical.values) == {"B04", "B08", "B04:std", "NDVI"}
    assert series.optical.values["B04:std"][0].tolist() == pytest.approx([0.025] * 10)
    ndvi = series.optical.values["NDVI"][0].tolist()
    assert ndvi == pytest.approx([0.2] * 4 + [0.7] + [0.2] * 5, rel=1e-4)
    assert series.optical.clear[:, 5].tolist() == [1, 1, 0, 1]
    assert series.optical.pixels[:, 0].tolist() == [100, 100, 100, 4]
    assert list(series.radar.values) == ["VH"]
    assert series.radar.days.tolist() == [day_number(date(2018, 4, n)) for n in (3, 9)]
    assert series.radar.values["VH"][:, 1].tolist() == pytest.approx([0.05, 0.06, 0.07, 0.08])
    assert (series.radar.orbit.tolist(), series.radar.direction.tolist()) == ([44] * 2, ["D"] * 2)
    six = series.coherence.of_interval(6)
    assert six.first.tolist() == [day_number(date(2018, 4, 3))]
    assert six.values["VV"].tolist() == [[pytest.approx(0.3)]] * 4
    assert series.coherence.of_interval(12).values["VV"].shape == (4, 1)
    assert second.series.radar.days.shape == (0,)
    assert second.series.optical.obsid[1].tolist() == [0] * 10


def test_the_median_instead_of_the_mean(marked: MarkerSeason) -> None:
    marked.connection.execute(
        "update signature_block set p50 = array_fill(0.5::real, array[4]) where band = 'B04'"
    )
    needs = Needs(optical=frozenset(["B04"]))
    (block,) = reading.blocks(
        marked.connection, marked.season, [1], needs, clear_classes=(4,), median=True
    )
    assert np.all(block.series.optical.values["B04"] == 0.5)
    (block,) = reading.blocks(marked.connection, marked.season, [1], needs, clear_classes=(4,))
    assert block.series.optical.values["B04"] == pytest.approx(0.1)


def test_notes_say_what_vanished(marked: MarkerSeason) -> None:
    marked.connection.execute(
        "insert into parcel_flag values"
        " (%s, 'a', 's2', 'centre-10m', 'vanishes_under_inner_buffer', 0),"
        " (%s, 'b', 's2', 'centre-10m', 'few_pixels', 0)",
        (marked.season.id, marked.season.id),
    )
    marked.connection.execute("update parcel set note = 'below_pixel' where pid = 'b'")
    (block,) = reading.blocks(marked.connection, marked.season, [1], Needs(), clear_classes=(4,))
    assert block.series.notes is not None
    assert block.series.notes.tolist() == [
        "vanishes_under_inner_buffer", "below_pixel", "", "",
    ]  # fmt: skip
    assert block.series.optical.values == {}


def neighbour(marked: MarkerSeason, **changes: str) -> MarkerSeason:
    """The season before, with the same parcels in other places, but for what is changed."""
    connection = marked.connection
    number = add_season(connection, "dk-2018-winter", date(2018, 1, 1), date(2018, 3, 31))
    add_block(connection, number, 7, ["x", "d", "c"])
    add_block(connection, number, 8, ["b", "a"])
    for pid, change in changes.items():
        connection.execute(
            f"update parcel set {change} where season = %s and pid = %s", (number, pid)
        )
    connection.commit()
    return MarkerSeason(connection, seasons.get(connection, "dk-2018-winter"))


def test_the_days_before_come_from_the_season_before(marked: MarkerSeason) -> None:
    elsewhere = "centre = st_setsrid(st_point(9.3, 56), 4326)"
    before = neighbour(marked, a="area_m2 = 12000", c=elsewhere, d="area_m2 = 10200")
    first = day_number(marked.season.starts)
    before.scene(date(2018, 1, 30), 7, [0.1, 0.1, 0.1], [1, 1, 1])  # 61 days before
    before.scene(date(2018, 3, 27), 7, [0.1, 0.3, 0.4], [1, 1, 1])
    late = before.scene(date(2018, 3, 30), 8, [0.5, 0.6], [1, 0.75], [40, 50])
    needs = Needs(optical=frozenset(["NDVI"]))
    one, two = reading.blocks(marked.connection, marked.season, [1, 2], needs, clear_classes=(4,))
    optical = one.series.optical
    assert optical.days[:3].tolist() == [first - 5, first - 2, first]
    # a has another area and c lies elsewhere: they are other parcels. b and d are the same.
    np.testing.assert_allclose(
        optical.values["NDVI"][:, :2],
        [[np.nan, np.nan], [np.nan, 0.5], [np.nan, np.nan], [0.3, np.nan]],
        rtol=1e-4,
    )
    assert optical.obsid[:, 1].tolist() == [0, late.id, 0, 0]
    assert optical.pixels[1, 1] == 40
    assert optical.clear[1, 1] == 1
    assert optical.clear[3, 0] == 1
    assert two.series.optical.days[0] == first
    # Nothing of the season itself has changed.
    assert optical.values["NDVI"][:, 2].tolist() == pytest.approx([0.2, 0.2, 0.6, 0.6], rel=1e-4)


def test_a_look_just_before_makes_it_surer_and_the_season_due(marked: MarkerSeason) -> None:
    def confidence() -> tuple[float, int]:
        row = marked.connection.execute(
            "select gap_confidence, observations from latest_marker_states"
            " where pid = 'a' and season = %s",
            (marked.season.id,),
        ).fetchone()
        return row.gap_confidence, row.observations

    def blocks_run() -> int:
        return run.run(marked.connection, marked.season, ["presence"], today=TODAY).blocks

    assert blocks_run() == 2
    sure, looks = confidence()
    before = neighbour(marked)
    assert blocks_run() == 0
    before.scene(date(2018, 3, 30), 8, [0.5, 0.6], [1, 1])
    assert blocks_run() == 2
    # The first look is on the season's first day: nothing of the window lies before it.
    assert confidence() == (sure, looks)
    after = add_season(marked.connection, "dk-2018-summer", date(2018, 7, 1), date(2018, 9, 30))
    add_block(marked.connection, after, 3, ["a"])
    summer = MarkerSeason(marked.connection, seasons.get(marked.connection, "dk-2018-summer"))
    summer.scene(date(2018, 7, 2), 3, [0.6], [1])
    assert blocks_run() == 2
    assert confidence()[0] > sure
    assert confidence()[1] == looks
    assert blocks_run() == 0
