"""Markers on a small season in the database: every parcel answered, once, and again when due."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_scene, add_season
from marker_season import FIRST, SECOND, TODAY, Faulty, MarkerSeason, every

from dias_cbm import seasons
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import MarkerError, NotEnoughData, ParcelUnknown
from dias_cbm.markers import registry, report, run, store
from dias_cbm.markers.events import Reason, Status
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration


def answers(marked: MarkerSeason) -> dict[str, tuple[str, str | None]]:
    rows = marked.connection.execute("select * from latest_marker_states").fetchall()
    return {row.pid: (row.status, row.reason) for row in rows if row.marker == "presence"}


def presence(marked: MarkerSeason, **options: Any) -> run.RunReport:
    return run.run(marked.connection, marked.season, ["presence"], **{"today": TODAY, **options})


def test_every_parcel_is_answered(marked: MarkerSeason) -> None:
    told = presence(marked)
    assert answers(marked) == {
        "a": ("OK", None),
        "b": ("NOT_VALID", None),
        "c": ("NOT_EXECUTED", "few_clear"),
        "d": ("NOT_EXECUTED", "too_small"),
        "e": ("OK", None),
        "f": ("NOT_EXECUTED", "no_statistics"),
    }
    assert (told.parcels, told.blocks) == (6, 2)
    assert told.markers[0].states == {
        "NOT_EXECUTED": {"few_clear": 1, "no_statistics": 1, "too_small": 1},
        "NOT_VALID": {"none": 1},
        "OK": {"none": 2},
    }
    assert len(marked.table("marker_state")) == len(FIRST) + len(SECOND)


def test_every_marker_answers_every_parcel(marked: MarkerSeason) -> None:
    told = run.run(marked.connection, marked.season, list(registry.BUILT_IN), today=TODAY)
    assert [one.parcels for one in told.markers] == [6] * len(registry.BUILT_IN)
    assert len(marked.table("marker_state")) == 6 * len(registry.BUILT_IN)
    # The season has B04 and B08 only: soil cannot be told.
    rows = [row for row in marked.table("latest_marker_states") if row.marker == "bare_soil"]
    assert {row.status for row in rows} == {"NOT_EXECUTED"}


def test_the_event_is_the_look_that_shows_it(marked: MarkerSeason) -> None:
    presence(marked)
    (event,) = [row for row in marked.table("marker_event") if row.pid == "a"]
    scene = marked.connection.execute(
        "select id from dias_catalogue where reference = 'S2_2018-05-11_1'"
    ).fetchone()
    assert (event.kind, event.best_date, event.before, event.evidence) == (
        "vegetation", date(2018, 5, 11), scene.id, [scene.id],
    )  # fmt: skip
    assert event.values == pytest.approx({"ndvi": 0.7, "witnessed": True}, rel=1e-4)
    state = next(row for row in marked.table("marker_state") if row.pid == "a")
    assert state.values == pytest.approx({"ndvi": 0.7}, rel=1e-4)
    assert (state.observations, state.longest_gap_days) == (10, 10)
    assert 0.5 < state.gap_confidence < 0.75


def test_again_with_nothing_new_nothing_is_done(marked: MarkerSeason) -> None:
    presence(marked)
    before = str([marked.table("marker_run"), marked.table("marker_state_block")])
    told = presence(marked)
    assert (told.blocks, told.markers) == (0, [])
    assert str([marked.table("marker_run"), marked.table("marker_state_block")]) == before
    assert presence(marked, everything=True).parcels == 6
    # Read again, the inputs are the same rows.
    assert len(marked.table("marker_input")) == 2


def test_only_blocks_with_new_inputs_are_run_and_older_answers_stay(marked: MarkerSeason) -> None:
    first = presence(marked).markers[0].run
    marked.scene(date(2018, 6, 2), 1, [0.2, 0.8, 0.6, 0.6], [1, 1, 0, 1], [100, 100, 100, 4])
    told = presence(marked)
    assert (told.blocks, told.parcels) == (1, 4)
    assert answers(marked)["b"] == ("OK", None)
    assert answers(marked)["e"] == ("OK", None)
    assert len(answers(marked)) == 6
    old = [row for row in marked.table("marker_state") if row.run == first]
    assert {row.pid: row.status for row in old}["b"] == "NOT_VALID"
    assert len(old) == 6


def test_a_scene_extracted_again_a_setting_and_an_option_make_it_due(
    marked: MarkerSeason, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    presence(marked)
    marked.connection.execute(
        "update extraction set finished_at = now() + interval '1 s' where obsid ="
        " (select id from dias_catalogue where reference = 'S2_2018-05-11_1')"
    )
    marked.connection.commit()
    # Both blocks lie in the tile, but only one has the scene.
    assert presence(marked).blocks == 1
    monkeypatch.setenv("CBM_MARKERS_MINIMUM_CLEAR", "0.97")
    assert presence(marked).blocks == 2
    assert answers(marked)["e"] == ("NOT_EXECUTED", "few_clear")
    monkeypatch.delenv("CBM_MARKERS_MINIMUM_CLEAR")
    options = tmp_path / "markers.toml"
    options.write_text("[presence]\nvegetated = 0.75\n")
    monkeypatch.setenv("CBM_MARKERS_OPTIONS_FILE", str(options))
    assert presence(marked).blocks == 2
    assert answers(marked)["a"] == ("NOT_VALID", None)
    assert presence(marked).blocks == 0


def test_silence_with_scenes_missing_names_them(marked: MarkerSeason) -> None:
    marked.gap(date(2018, 5, 6), [1])
    marked.gap(date(2018, 5, 7), [2], card="bs")
    marked.gap(date(2018, 7, 20), None)
    presence(marked)
    found = answers(marked)
    assert found["b"] == ("NOT_VALID", "gap_open")
    assert found["c"] == ("NOT_EXECUTED", "gap_open")
    assert found["a"] == ("OK", None)
    assert found["d"] == ("NOT_EXECUTED", "too_small")
    # Block 2 lacks a radar scene only, which does not matter here.
    assert found["f"] == ("NOT_EXECUTED", "no_statistics")
    (answer,) = report.of_parcel(marked.connection, marked.season, "b")
    assert answer["missing"] == [
        {"card": "s2", "day": "2018-05-06", "name": "S2A orbit 8", "cause": "not_published"}
    ]
    # A gap that closes makes the block due.
    marked.connection.execute(
        "update gap set closed_at = now(), next_check = null, state = 'confirmed'"
    )
    assert presence(marked).blocks == 2
    assert answers(marked)["b"] == ("NOT_VALID", None)


def test_a_scene_that_is_being_worked_on_is_missing(marked: MarkerSeason) -> None:
    scene = add_scene(
        marked.connection, "S2_late", marked.table("dias_catalogue")[0].obstime, Kind.S2_L2A
    )
    marked.connection.execute(
        "insert into extraction (season, obsid, tile) values (%s, %s, '32VNH')",
        (marked.season.id, scene.id),
    )
    presence(marked)
    (answer,) = report.of_parcel(marked.connection, marked.season, "b")
    assert answer["reason"] == "gap_open"
    assert [one["name"] for one in answer["missing"]] == ["S2_late"]


def test_before_its_end_the_season_is_not_over(marked: MarkerSeason) -> None:
    presence(marked, today=date(2018, 6, 15))
    assert answers(marked)["b"] == ("NOT_VALID", "season_not_over")
    assert answers(marked)["c"] == ("NOT_EXECUTED", "season_not_over")
    assert answers(marked)["a"] == ("OK", None)
    assert presence(marked, today=date(2018, 6, 16)).blocks == 0
    assert presence(marked).blocks == 2
    assert answers(marked)["b"] == ("NOT_VALID", None)


def test_of_two_scenes_a_day_the_clearer_one_counts(marked: MarkerSeason) -> None:
    day = every(10)[4]
    marked.scene(day, 1, [0.3, 0.9, 0.6, 0.6], [0.5, 1, 0, 1], [100, 110, 100, 4], name="-east")
    presence(marked)
    # a keeps the clear scene; b has more clear pixels in the new one.
    assert answers(marked)["a"] == ("OK", None)
    assert answers(marked)["b"] == ("OK", None)


def test_what_is_stored_is_read_again(marked: MarkerSeason) -> None:
    marked.gap(date(2018, 5, 6), [1])
    presence(marked)
    first, second = store.read(marked.connection, marked.season.id)
    assert list(first.pids) == list(FIRST)
    assert list(second.pids) == list(SECOND)
    answer = first.answers["presence"]
    assert answer.states.status.tolist() == [1, 2, 3, 3]
    assert answer.states.reason.tolist() == [
        Reason.NONE, Reason.GAP_OPEN, Reason.GAP_OPEN, Reason.TOO_SMALL,
    ]  # fmt: skip
    assert answer.states.values["ndvi"][:2].tolist() == pytest.approx([0.7, 0.2], rel=1e-4)
    assert answer.input.looks.tolist() == [
        [True] * 10, [True] * 10, [True] * 2 + [False] * 8, [True] * 10,
    ]  # fmt: skip
    other = second.answers["presence"]
    assert answer.input.days.tolist() == other.input.days.tolist()
    assert answer.events.parcel.tolist() == [0]
    assert answer.events.evidence.tolist() == [[answer.events.before[0]]]
    assert answer.events.values["ndvi"].tolist() == pytest.approx([0.7], rel=1e-4)
    assert answer.window.over
    assert len(answer.input.missing) == 1
    assert [block.blk for block in store.read(marked.connection, marked.season.id, blocks=[2])] == [
        2
    ]


def test_each_answer_has_what_its_own_marker_has_read(marked: MarkerSeason) -> None:
    run.run(marked.connection, marked.season, ["presence"], today=TODAY)
    marked.scene(date(2018, 4, 3), 1, [0.2] * 4, [1] * 4)
    marked.gap(date(2018, 4, 5), [1])
    run.run(marked.connection, marked.season, ["mowing"], today=TODAY)
    first, second = store.read(marked.connection, marked.season.id)
    early, late = (first.answers[name].input for name in ("presence", "mowing"))
    assert (len(early.days), early.looks.shape, len(early.missing)) == (10, (4, 10), 0)
    assert (len(late.days), late.looks.shape, len(late.missing)) == (11, (4, 11), 1)
    assert second.answers["presence"].input is second.answers["mowing"].input


def test_the_closed_lists_are_the_databases(connection: Connection) -> None:
    for kind, members in (
        ("marker_status", [one.name for one in Status]),
        ("marker_reason", [one.name.lower() for one in Reason if one]),
    ):
        row = connection.execute(f"select enum_range(null::{kind})::text[] as names").fetchone()
        assert row.names == members


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raises", "failed in block 2: ZeroDivisionError: by zero"),
        ("short", r"status has shape \(3,\)"),
        ("reason", "NOT_EXECUTED without a reason"),
        ("confidence", "confidence is not between 0 and 1"),
    ],
)
def test_a_marker_that_fails_stores_nothing(
    marked: MarkerSeason, monkeypatch: pytest.MonkeyPatch, fault: str, message: str
) -> None:
    monkeypatch.setattr(Faulty, "fault", fault)
    monkeypatch.setattr(
        registry, "BUILT_IN", {**registry.BUILT_IN, "faulty": "marker_season:Faulty"}
    )
    with pytest.raises(MarkerError, match=message):
        run.run(marked.connection, marked.season, ["faulty"], today=TODAY)
    marked.connection.rollback()
    assert marked.table("marker_run") == marked.table("marker_state_block") == []


def test_a_season_without_parcels_or_without_images(connection: Connection) -> None:
    add_season(connection, "empty")
    empty = seasons.get(connection, "empty")
    with pytest.raises(NotEnoughData, match="no parcels"):
        run.run(connection, empty)
    add_block(connection, empty.id, 1, ["x", "y"])
    run.run(connection, empty, ["presence"], today=date(2020, 1, 1))
    rows = connection.execute("select status, reason from marker_state").fetchall()
    assert [tuple(row) for row in rows] == [("NOT_EXECUTED", "no_statistics")] * 2


def test_two_at_a_time_wait_for_each_other(marked: MarkerSeason, database: str) -> None:
    found = []

    def work() -> None:
        with connect(database) as own:
            found.append(run.run(own, marked.season, ["presence"], today=TODAY).parcels)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 6]
    assert len(marked.table("marker_run")) == 1


def test_positions_without_a_parcel(marked: MarkerSeason) -> None:
    marked.connection.execute("delete from parcel where pid = 'b'")
    marked.connection.commit()
    presence(marked)
    assert set(answers(marked)) == {"a", "c", "d", "e", "f"}
    (first, _) = store.read(marked.connection, marked.season.id)
    assert first.pids == ["a", "c", "d"]
    assert first.answers["presence"].states.status.tolist() == [1, 3, 3]
    counted = report.summary(marked.connection, marked.season)
    assert counted[0]["parcels"] == 5
    assert np.array_equal(first.place, [0, 2, 3])


def test_the_same_parcels_in_another_season_are_others(marked: MarkerSeason) -> None:
    connection = marked.connection
    presence(marked)
    number = add_season(connection, "dk-2019", date(2019, 4, 1), date(2019, 6, 30))
    add_block(connection, number, 1, FIRST)
    other = MarkerSeason(connection, seasons.get(connection, "dk-2019"))
    for day in every(10):
        other.scene(day.replace(year=2019), 1, [0.2, 0.7, 0.7, 0.7], [1] * 4)
    told = run.run(connection, other.season, ["presence"], today=date(2019, 8, 1))
    assert (told.blocks, told.parcels) == (1, 4)
    assert presence(marked).blocks == 0
    rows = connection.execute("select season, pid, status from latest_marker_states").fetchall()
    found = {(row.season, row.pid): row.status for row in rows}
    assert len(found) == len(rows) == 10
    assert (found[marked.season.id, "a"], found[number, "a"]) == ("OK", "NOT_VALID")
    (answer,) = report.of_parcel(connection, other.season, "b")
    assert [one["after"] for one in answer["events"]] == ["S2_2019-04-01_1"]
    with pytest.raises(ParcelUnknown, match="dk-2019 has no such parcel"):
        report.of_parcel(connection, other.season, "e")


def test_one_observation_is_too_few(connection: Connection) -> None:
    number = add_season(connection, "dk-2018", date(2018, 4, 1), date(2018, 6, 30))
    add_block(connection, number, 1, FIRST)
    made = MarkerSeason(connection, seasons.get(connection, "dk-2018"))
    made.scene(date(2018, 5, 1), 1, [0.6] * 4, [1] * 4)
    presence(made)
    assert set(answers(made).values()) == {("NOT_EXECUTED", "few_clear")}


def test_an_options_file_with_a_mistake_stops_the_run(
    marked: MarkerSeason, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    file = tmp_path / "markers.toml"
    monkeypatch.setenv("CBM_MARKERS_OPTIONS_FILE", str(file))
    for text, message in (
        ("[mowed]\n", r"has a table \[mowed\], which is not a marker"),
        ("vegetated = 1\n", "vegetated stands outside of a marker's table"),
        ("[presence\n", "cannot be read"),
        ("[presence]\nvegetatd = 0.4\n", r"\[presence\] has no option vegetatd .* vegetated\?"),
        ("[presence]\nvegetated = nan\n", r"\[presence\] vegetated must be a number"),
        ('[harvest]\ncrops = "*wheat"\n', r"\[harvest\] crops must be a list of patterns"),
        ("[mowing]\nfirst_day = 401\n", r"\[mowing\] first_day must be a day"),
    ):
        file.write_text(text)
        with pytest.raises(MarkerError, match=message):
            presence(marked)
        marked.connection.rollback()
    file.unlink()
    with pytest.raises(MarkerError, match="cannot be read"):
        presence(marked)
