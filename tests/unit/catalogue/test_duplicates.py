"""Which product of an acquisition is used: the recorded cases, and what must always hold."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon
from shapely.geometry import shape

from dias_cbm.catalogue.duplicates import superseded
from dias_cbm.scenes import Kind, Scene, kind_of_name, parse_name, stem

START = datetime(2020, 6, 6, 6, 6, 12, tzinfo=UTC)
SLICE = timedelta(seconds=25)


def strip(south: float, north: float) -> MultiPolygon:
    return MultiPolygon([shapely.box(9, south, 12, north)])


def grd(
    number: int = 0,
    *,
    shift: float = 0.0,
    length: float = 25.0,
    timeliness: str | None = "NRT-3h",
    hours: float = 1.0,
    kind: Kind = Kind.S1_GRD,
    **changes: object,
) -> Scene:
    """A slice that begins ``shift`` seconds after the first one; a second is 0.06 degrees."""
    start = START + timedelta(seconds=shift)
    end = start + timedelta(seconds=length)
    name = f"S1B_IW_GRDH_1SDV_{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}_021909_029944_{number:04X}"
    scene = Scene(
        platform="cdse",
        product_id=f"{kind}-{number}",
        name=name,
        kind=kind,
        satellite="S1B",
        start=start,
        end=end,
        published=START + timedelta(hours=hours),
        footprint=strip(50 + 0.06 * shift, 50 + 0.06 * (shift + length)),
        rel_orbit=8,
        datatake="170308",
        timeliness=timeliness,
    )
    return replace(scene, **changes)


def l2a(
    number: int = 0,
    *,
    baseline: str = "03.01",
    generated: str = "20211002T160521",
    footprint: MultiPolygon | None = None,
    **changes: object,
) -> Scene:
    digits = baseline.replace(".", "")
    scene = Scene(
        platform="cdse",
        product_id=f"s2-{number}",
        name=f"S2B_MSIL2A_20211002T114349_N{digits}_R123_T29UNV_{generated}",
        kind=Kind.S2_L2A,
        satellite="S2B",
        start=START,
        end=START,
        published=START + timedelta(hours=6),
        footprint=footprint or strip(53, 54),
        rel_orbit=123,
        tile="29UNV",
        baseline=baseline,
    )
    return replace(scene, **changes)


def names(pairs: list[tuple[Scene, Scene]]) -> set[tuple[str, str]]:
    return {(loser.product_id, winner.product_id) for loser, winner in pairs}


def recorded(file: Path) -> list[Scene]:
    """Scenes of a recorded resto page, read only as far as duplicates need."""
    scenes = []
    for feature in json.loads(file.read_text())["features"]:
        properties = feature["properties"]
        fields = parse_name(properties["title"])
        kind = kind_of_name(properties["title"])
        assert kind is not None
        geometry = shape(feature["geometry"])
        parts = geometry.geoms if geometry.geom_type == "MultiPolygon" else [geometry]
        digits = fields.get("baseline")
        scenes.append(
            Scene(
                platform="cdse",
                product_id=str(feature["id"]),
                name=stem(properties["title"]),
                kind=kind,
                satellite=fields["satellite"],
                start=datetime.fromisoformat(properties["startDate"]),
                end=datetime.fromisoformat(properties["completionDate"]),
                published=datetime.fromisoformat(properties["published"]),
                footprint=MultiPolygon(parts),
                datatake=fields.get("datatake"),
                tile=fields.get("tile"),
                baseline=digits and f"{digits[:2]}.{digits[2:]}",
                timeliness=properties.get("timeliness"),
            )
        )
    return scenes


def ends(pairs: list[tuple[Scene, Scene]], digits: int) -> set[tuple[str, str]]:
    return {(loser.name[-digits:], winner.name[-digits:]) for loser, winner in pairs}


def test_recorded_same_datatake_with_another_checksum(real_data: Path) -> None:
    scenes = recorded(real_data / "catalogues/creodias/resto/openeo_creodiasDuppedFeature.json")
    assert ends(superseded(scenes), 4) == {("EBF8", "6184")}


def test_recorded_near_real_time_and_shifted_fast_slices(real_data: Path) -> None:
    scenes = recorded(real_data / "catalogues/cdse/resto/openeo_httpcache_S1_GRD_page1.json")
    assert ends(superseded(scenes), 4) == {("0FCC", "4C69")}


def test_recorded_two_partial_strips_by_two_baselines(real_data: Path) -> None:
    scenes = recorded(real_data / "catalogues/cdse/resto/openeo_httpcache_S2_L2A_page1.json")
    assert ends(superseded(scenes), 15) == {
        ("20211002T160521", "20230103T031448"),
        ("20211002T141024", "20230102T203816"),
    }


def test_recorded_reprocessed_tiles(real_data: Path) -> None:
    scenes = recorded(real_data / "catalogues/cdse/resto/openeo_httpcache_S2_L2A_page2_last.json")
    pairs = superseded(scenes)
    assert len(pairs) == 6
    for loser, winner in pairs:
        assert (loser.baseline, winner.baseline) == ("03.01", "05.00")
        assert loser.start == winner.start


def test_consolidated_data_win_even_when_published_earlier() -> None:
    early, late = grd(1, timeliness="Fast-24h", hours=1), grd(2, hours=9)
    assert names(superseded([early, late])) == {("S1_GRD-2", "S1_GRD-1")}


def test_slices_that_only_touch_are_both_used() -> None:
    assert superseded([grd(1), grd(2, shift=24.9, timeliness="Fast-24h")]) == []


def test_a_short_end_of_a_better_slice_does_not_replace_a_whole_one() -> None:
    assert superseded([grd(1), grd(2, shift=20, length=5, timeliness="Fast-24h")]) == []


def test_every_slice_of_a_shifted_twin_finds_its_own() -> None:
    near = [grd(i, shift=25 * i) for i in range(4)]
    fast = [grd(10 + i, shift=25 * i + 2.6, timeliness="Fast-24h", hours=4) for i in range(4)]
    expected = {(f"S1_GRD-{i}", f"S1_GRD-{10 + i}") for i in range(4)}
    assert names(superseded(near + fast)) == expected


@pytest.mark.parametrize(
    "other",
    [
        grd(2, kind=Kind.CARD_BS),
        grd(2, satellite="S1A"),
        grd(2, datatake="170309"),
        grd(2, footprint=None),
        grd(2, name=grd(2).name.replace("1SDV", "1SSV")),
        grd(2, footprint=strip(60, 61)),
    ],
    ids=["kind", "satellite", "datatake", "no footprint", "polarisation", "ground"],
)
def test_different_things_are_left_alone(other: Scene) -> None:
    assert superseded([grd(1), other]) == []


def test_coherence_neighbours_share_their_time_but_not_their_ground() -> None:
    pair = {"kind": Kind.CARD_COH6, "datatake": None, "length": 6 * 86400.0}
    south = grd(1, **pair, footprint=strip(50, 51.5))
    north = grd(2, **pair, shift=25, footprint=strip(51.4, 52.9))
    again = grd(3, **pair, shift=25, footprint=strip(51.4, 52.9), hours=9)
    assert names(superseded([south, north, again])) == {("CARD_COH6-2", "CARD_COH6-3")}


def test_the_latest_generation_of_one_baseline_wins() -> None:
    pairs = superseded([l2a(1, generated="20211002T170000"), l2a(2, generated="20211002T160000")])
    assert names(pairs) == {("s2-2", "s2-1")}


def test_baselines_are_compared_as_numbers() -> None:
    assert names(superseded([l2a(1, baseline="05.10"), l2a(2, baseline="05.09")])) == {
        ("s2-2", "s2-1")
    }


def test_a_test_baseline_never_wins() -> None:
    assert names(superseded([l2a(1, baseline="99.99"), l2a(2)])) == {("s2-1", "s2-2")}
    assert superseded([l2a(1, baseline="99.99"), l2a(2, baseline="99.99")]) == []


def test_other_tiles_times_and_levels_are_left_alone() -> None:
    others = [
        l2a(2, tile="29UNU", baseline="05.00"),
        l2a(3, start=START + timedelta(days=5), baseline="05.00"),
        l2a(4, kind=Kind.S2_L1C, baseline="05.00"),
    ]
    assert superseded([l2a(1), *others]) == []


def test_an_unusable_product_does_not_win() -> None:
    near, fast = grd(1), grd(2, timeliness="Fast-24h")
    assert names(superseded([near, fast], unfit={"S1_GRD-2"})) == {("S1_GRD-2", "S1_GRD-1")}
    assert superseded([near, fast], unfit={"S1_GRD-1", "S1_GRD-2"}) == []


radar = st.builds(
    grd,
    st.integers(0, 10_000),
    shift=st.floats(0, 80),
    length=st.floats(3, 33),
    timeliness=st.sampled_from(["NRT-3h", "Fast-24h", None]),
    hours=st.integers(1, 30),
)
optical = st.builds(
    l2a,
    st.integers(0, 10_000),
    baseline=st.sampled_from(["03.01", "05.00", "05.10", "99.99"]),
    generated=st.sampled_from(["20211002T160521", "20230103T031448"]),
    footprint=st.sampled_from([strip(53, 54), strip(53.5, 54), strip(53, 54.02)]),
)


@given(
    st.lists(radar | optical, max_size=12, unique_by=lambda scene: scene.product_id),
    st.randoms(use_true_random=False),
)
def test_winners_never_lose_and_the_order_does_not_matter(
    scenes: list[Scene], chance: object
) -> None:
    pairs = superseded(scenes)
    losers = [loser.product_id for loser, _ in pairs]
    winners = {winner.product_id for _, winner in pairs}
    assert len(losers) == len(set(losers))
    assert not winners & set(losers)
    for loser, winner in pairs:
        assert loser.kind == winner.kind
        assert loser.footprint is not None
        shared = shapely.intersection(loser.footprint, winner.footprint).area
        assert shared > 0.5 * loser.footprint.area
    shuffled = list(scenes)
    chance.shuffle(shuffled)
    assert names(superseded(shuffled)) == names(pairs)
    # What remains is settled: asking again about it changes nothing.
    assert superseded([scene for scene in scenes if scene.product_id not in losers]) == []


def test_a_product_known_to_be_bad_loses_to_any_other() -> None:
    late, early = l2a(1, baseline="05.00"), l2a(2, baseline="03.01")
    assert superseded([late, early]) == [(early, late)]
    assert superseded([late, early], bad={late.product_id}) == [(late, early)]
    # Also to one whose files cannot be used just now, which then stays in force beside it.
    assert superseded([late, early], {early.product_id}, {late.product_id}) == []
    # Among themselves the usual order holds.
    both = {late.product_id, early.product_id}
    assert superseded([late, early], bad=both) == [(early, late)]


def test_a_bad_slice_loses_although_it_is_consolidated() -> None:
    near, fast = grd(1), grd(2, timeliness="Fast-24h", hours=20)
    assert superseded([near, fast]) == [(near, fast)]
    assert superseded([near, fast], bad={fast.product_id}) == [(fast, near)]
