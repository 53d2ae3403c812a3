"""The proof that a season is finished, and each thing that can be in its way."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely
from observed_season import WEST
from typer.testing import CliRunner, Result

from dias_cbm import ledger
from dias_cbm.cli.season import app
from dias_cbm.completeness import gaps, record_counts
from dias_cbm.completeness.proof import Check, Proof, prove
from dias_cbm.completeness.record_counts import Sample
from dias_cbm.scenes import Card, Kind

pytestmark = pytest.mark.integration

NOW = datetime(2018, 7, 10, tzinfo=UTC)


def proven(world: Any, now: datetime = NOW) -> Proof:
    gaps.refresh(world.connection, world.season, now)
    return prove(world.connection, world.season, now)


@pytest.fixture
def whole(radar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A season whose ledger and blocks agree: one parcel and band per scene."""

    def fill(**more: Any) -> Any:
        world = radar(**more)
        world.connection.execute("update extraction set records = 1")
        world.connection.commit()
        return world

    return fill


def failing(proof: Proof) -> dict[Check, int]:
    return {check: len(items) for check, items in proof.failing.items() if items}


def test_a_complete_season_is_proven(whole: Callable[..., Any]) -> None:
    proof = proven(whole())
    assert proof.holds, proof.failing
    (may, june) = proof.months
    assert (may.card, may.month, may.expected, may.found) == (Card.BS, date(2018, 5, 1), 5, 5)
    assert (june.expected, june.found, june.extracted) == (1, 1, 1)
    (records,) = proof.records
    assert (records.ledger, records.blocks, records.valued) == (6, 6, 6)


def test_a_gap_is_in_the_way_until_it_is_confirmed(whole: Callable[..., Any]) -> None:
    world = whole(lost=(14,))
    proof = proven(world)
    assert failing(proof) == {Check.PASSES_ENDED: 1}
    assert proof.months[0].open == 1
    assert proof.failing[Check.PASSES_ENDED] == [
        "CARD-BS of S1A orbit 44 2018-05-15 17:00 UTC over 32VNH: not_acquired, gap 1 is missing"
    ]
    later = proven(world, NOW + timedelta(days=31))
    assert later.holds
    assert (later.months[0].confirmed, later.months[0].open) == (1, 0)


def test_days_and_cards_are_proven_by_themselves(whole: Callable[..., Any]) -> None:
    """What is in the way of the season on other days, or of other cards, is not counted."""
    world = whole(lost=(14,))
    west = shapely.MultiPolygon([WEST])
    world.scene(Kind.CARD_BS, 20, "S1B", hour=17.001, footprint=west)
    world.connection.commit()
    assert failing(proven(world)) == {Check.PASSES_ENDED: 2, Check.SCENES_ENDED: 1}

    def part(first: int, last: int, *cards: Card) -> dict[Check, int]:
        days = {"first": date(2018, 5, first), "last": date(2018, 5, last)}
        return failing(prove(world.connection, world.season, NOW, cards=cards, **days))

    assert part(1, 14, Card.BS) == {}
    assert part(15, 15, Card.BS) == {Check.PASSES_ENDED: 1}
    assert part(16, 31, Card.BS) == {Check.PASSES_ENDED: 1, Check.SCENES_ENDED: 1}
    assert part(1, 31, Card.S2) == {}
    found = prove(
        world.connection,
        world.season,
        datetime(2018, 5, 14, 12, tzinfo=UTC),
        first=date(2018, 5, 14),
        last=date(2018, 5, 14),
    )
    assert failing(found) == {Check.SEASON_OVER: 1}


def test_every_month_adds_up(whole: Callable[..., Any]) -> None:
    for month in proven(whole(lost=(2, 20))).months:
        assert month.expected == month.found + month.cloudy + month.confirmed + month.open


def test_a_season_that_goes_on_is_not_finished(whole: Callable[..., Any]) -> None:
    proof = proven(whole(), datetime(2018, 6, 5, 23, tzinfo=UTC))
    assert failing(proof) == {Check.SEASON_OVER: 1}


def test_a_listed_scene_that_waits_is_in_the_way(whole: Callable[..., Any]) -> None:
    world = whole()
    waiting = world.scene(Kind.CARD_BS, 14, hour=17.001)
    world.connection.commit()
    proof = proven(world)
    assert proof.failing[Check.SCENES_ENDED][0].startswith(f"scene {waiting} (")
    assert proof.failing[Check.SCENES_ENDED][0].endswith(" is ingested")


def test_days_that_no_run_has_come_to_are_in_the_way(whole: Callable[..., Any]) -> None:
    world = whole()
    world.connection.execute(
        "insert into observed_day values (%s, 'bs', '2018-05-03', now(), '{}'),"
        " (%s, 'bs', '2018-05-28', now(), '{}')",
        (world.season.id, world.season.id),
    )
    proof = proven(world)
    assert proof.months[-1].not_run == 1
    assert "no run has reached this day" in proof.failing[Check.PASSES_ENDED][0]


def test_a_lost_block_is_found_from_both_sides(whole: Callable[..., Any]) -> None:
    world = whole()
    world.connection.execute("delete from signature_block where obsid = 2")
    proof = proven(world)
    assert failing(proof) == {Check.SIGNATURES: 1, Check.COUNTS: 1}
    assert proof.failing[Check.COUNTS][0].endswith("1 records in the ledger, 0 in blocks")


def test_a_record_too_many_is_found(whole: Callable[..., Any]) -> None:
    world = whole()
    world.connection.execute(
        "update signature_block set count = array[1, 0, 4, 'NaN']::real[] where obsid = 2"
    )
    proof = proven(world)
    assert failing(proof) == {Check.COUNTS: 1}
    (records,) = proof.records
    assert (records.valued, records.blank, records.outside, records.blocks) == (7, 1, 1, 7)


def test_blocks_of_a_superseded_scene_are_found(whole: Callable[..., Any]) -> None:
    world = whole()
    winner = world.scene(Kind.CARD_BS, 2)
    ledger.supersede(world.connection, 2, winner)
    proof = proven(world)
    assert any("the ledger knows of none" in item for item in proof.failing[Check.COUNTS])


def test_a_block_that_lacks_a_band_is_found(whole: Callable[..., Any]) -> None:
    world = whole()
    for blk, band in ((1, "VH"), (2, "VV")):
        world.connection.execute(
            "insert into signature_block select season, card, obsid, %s, %s,"
            " rule, array[1]::real[],"
            " mean, std, min, max, p25, p50, p75 from signature_block where obsid = 2 and blk = 1"
            " and band = 'VV'",
            (blk, band),
        )
    proof = proven(world)
    assert failing(proof) == {Check.SIGNATURES: 1, Check.COUNTS: 1}
    assert proof.failing[Check.SIGNATURES][0].endswith("blocks of 1 and of 2 bands")


@pytest.fixture
def counted(whole: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A season of six units that kept their counts, of four rows each; a sample has none."""
    world = whole()
    world.connection.execute(
        "insert into signature_block select season, card, obsid, extra.blk, extra.band, rule,"
        " array[2, 0, 4, 'NaN']::real[], mean, std, min, max, p25, p50, p75"
        " from signature_block cross join (values (1, 'VH'), (2, 'VV')) as extra (blk, band)"
    )
    world.connection.execute(
        "insert into signature_block select season, card, obsid, 2, 'VH', rule,"
        " count, mean, std, min, max, p25, p50, p75 from signature_block where blk = 2"
    )
    world.connection.execute(
        "update extraction set records = 7, block_records = array[2, 1, 2, 2],"
        " valued = 4, blank = 2, outside = 2"
    )
    world.connection.commit()
    monkeypatch.setattr(record_counts, "SAMPLE", 0)
    return world


def test_kept_counts_are_believed_and_the_rows_are_there(counted: Any) -> None:
    proof = proven(counted)
    assert proof.holds, proof.failing
    assert proof.sample == Sample(proof.sample.seed, rows=24, counted=0)
    (records,) = proof.records
    assert (records.ledger, records.blocks, records.valued) == (42, 42, 24)
    assert (records.blank, records.outside) == (12, 12)
    whole = prove(counted.connection, counted.season, NOW, thorough=True)
    assert whole.holds, whole.failing
    assert whole.sample is not None
    assert whole.sample.whole
    assert whole.records == proof.records


@pytest.mark.parametrize(
    ("damage", "checks", "text"),
    [
        (
            "delete from signature_block where obsid = 2 and blk = 1 and band = 'VH'",
            {Check.COUNTS: 2, Check.SIGNATURES: 1},
            "7 records in the ledger, 5 in blocks",
        ),
        ("delete from signature_block where obsid = 2", {Check.COUNTS: 2, Check.SIGNATURES: 1}, ""),
        (
            "insert into signature_block select season, card, obsid, blk, 'VX', rule, count, mean,"
            " std, min, max, p25, p50, p75 from signature_block"
            " where obsid = 2 and blk = 1 and band = 'VH'",
            {Check.COUNTS: 2, Check.SIGNATURES: 1},
            "7 records in the ledger, 9 in blocks",
        ),
        (
            "update extraction set records = 8 where obsid = 2",
            {Check.COUNTS: 2},
            "8 records in the ledger, 7 in blocks",
        ),
        (
            "update extraction set block_records[2] = 2 where obsid = 2",
            {Check.COUNTS: 1},
            "other records than were written in 1 of 4 rows of blocks",
        ),
    ],
    ids=["lost", "all lost", "doubled", "ledger", "kept"],
)
def test_what_the_kept_counts_tell_is_found_without_a_sample(
    counted: Any, damage: str, checks: dict[Check, int], text: str
) -> None:
    counted.connection.execute(damage)
    proof = proven(counted)
    assert failing(proof) == checks
    assert any(item.endswith(text) for item in proof.failing[Check.COUNTS])
    # Only the unit in doubt was read.
    assert proof.sample is not None
    assert proof.sample.counted <= 5


def test_a_changed_array_is_found_by_its_sample_and_by_a_thorough_count(
    counted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted.connection.execute(
        "update signature_block set count = array[2, 0, 'NaN', 'NaN']::real[]"
        " where obsid = 2 and blk = 2 and band = 'VV'"
    )
    counted.connection.commit()
    assert proven(counted).holds
    monkeypatch.setattr(record_counts, "SAMPLE", 8)
    found = []
    for seed in range(24):
        proof = prove(counted.connection, counted.season, NOW, seed=seed)
        assert failing(proof) in ({}, {Check.COUNTS: 2})
        found.append(not proof.holds)
    # One row in three is counted: 8 of 24 find it, give or take 2.3; the seeds are the same ever.
    assert 2 <= sum(found) <= 15
    assert proof == prove(counted.connection, counted.season, NOW, seed=seed)
    thorough = prove(counted.connection, counted.season, NOW, thorough=True)
    assert thorough.failing[Check.COUNTS] == [
        "scene 2 (S1A_CARD_BS_20180503T170000_2) over 32VNH: 7 records in the ledger, 6 in blocks",
        "scene 2 (S1A_CARD_BS_20180503T170000_2) over 32VNH: other records than were written"
        " in 1 of 4 rows of blocks",
    ]


def test_the_command_says_what_was_sampled_and_what_it_may_have_missed(
    counted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_counts, "SAMPLE", 8)
    said = run("status", "dk-2018", "--seed", "3").output
    assert "of 24 rows of blocks " in said
    assert "counted anew (--seed 3)" in said
    assert "--thorough counts all" in said
    sample = json.loads(run("status", "dk-2018", "--seed", "3", "--json").output)["sample"]
    assert (sample["seed"], sample["rows"]) == (3, 24)
    assert (
        "all 24 rows of blocks were counted anew" in run("status", "dk-2018", "--thorough").output
    )


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_the_exit_code_is_0_only_when_it_is_proven(whole: Callable[..., Any]) -> None:
    world = whole(lost=(14,))
    result = run("status", "dk-2018")
    assert result.exit_code == 1
    assert "NO  every expected pass has an end state" in result.output
    assert result.output.endswith("NOT finished\n")
    world.connection.execute("update gap set found_at = now() - interval '40 days'")
    world.connection.commit()
    result = run("status", "dk-2018", "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["proven"] is True
    assert run("status", "dk-2018").output.endswith("PROVEN: finished\n")
