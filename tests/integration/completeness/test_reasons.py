"""Reasons are for people: whatever they say, what is decided is the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely

from dias_cbm import ledger
from dias_cbm.card.make import make_card
from dias_cbm.completeness import gaps, retries
from dias_cbm.completeness.proof import Check, prove
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.notices import content
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

pytestmark = pytest.mark.integration

NOW = datetime(2018, 7, 10, tzinfo=UTC)
WEST = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])
#: Causes of scenes by the day of their pass; every other pass is by S1B.
FAILED = {
    8: Cause.CORRUPT,
    14: Cause.FETCH_FAILED,
    20: Cause.DELETED,
    26: Cause.CARD_FAILED,
    32: Cause.EXTRACTION_FAILED,
    2: Cause.ORBIT_UNREADABLE,
}
PAUSED, QUARANTINED = 3, 15

#: Old texts that began with a cause, some that never did, and none that is true of its row.
TEXTS = (
    None,
    "corrupt: 12 bytes, expected 400",
    "not_indexed: deleted by the platform: Corrupted product",
    "quarantined: no footprint",
    "paused: the store of cdse does not answer",
)


@dataclass
class Filled:
    """A season with a failure of every kind.

    :param ids: scene by the day of its pass.
    """

    world: Any
    ids: dict[int, int]


@pytest.fixture
def filled(radar: Callable[..., Any]) -> Filled:
    world = radar(lost=tuple(FAILED))
    connection = world.connection
    ids = {}
    for number, (day, cause) in enumerate(FAILED.items()):
        satellite = "S1A" if number % 2 else "S1B"
        world.scene(Kind.S1_GRD, day, satellite, footprint=WEST)
        ids[day] = world.scene(Kind.CARD_BS, day, satellite, footprint=WEST)
        if cause is not Cause.EXTRACTION_FAILED:
            world.fail(ids[day], cause, "as it was first told")
            continue
        engine = {"engine": "ready"}
        ledger.change(
            connection, ids[day], expected=Status.INGESTED, to=Status.READY, engine=engine
        )
        (unit,) = ledger.plan_extractions(connection, ids[day])
        assert ledger.claim(connection, unit, "test")
        ledger.fail(connection, unit, cause, "as it was first told")
    ids[PAUSED] = world.scene(Kind.CARD_BS, PAUSED, orbit=66, footprint=WEST)
    ledger.change(
        connection,
        ids[PAUSED],
        expected=Status.INGESTED,
        to=Status.INGESTED,
        cause=Cause.PAUSED,
        reason="as it was first told",
    )
    ids[QUARANTINED] = world.scene(
        Kind.CARD_BS, QUARANTINED, orbit=66, footprint=None, product_id="bare"
    )
    outages.begin(connection, "cdse", Service.STORE, "no answer")
    connection.commit()
    return Filled(world, ids)


def reword(connection: Any, text: str | None) -> None:
    if text is not None:
        connection.execute(
            "update dias_catalogue set reason = %s where reason is not null", (text,)
        )
        connection.execute("update extraction set reason = %s where reason is not null", (text,))
        connection.commit()


def days(filled: Filled, ids: list[int]) -> list[int]:
    return sorted(day for day, scene_id in filled.ids.items() if scene_id in ids)


@pytest.mark.parametrize("text", TEXTS)
def test_gaps_digest_and_proof_are_the_same(filled: Filled, text: str | None) -> None:
    world = filled.world
    reword(world.connection, text)
    gaps.refresh(world.connection, world.season, NOW)
    of_day = {(row[4] - world.season.starts).days: row[5] for row in world.gaps()}
    assert of_day == {
        2: "orbit_unreadable",
        3: "pending",
        8: "corrupt",
        14: "fetch_failed",
        15: "not_indexed",
        20: "not_indexed",
        26: "card_failed",
        27: "not_acquired",
        32: "extraction_failed",
    }
    told = content.gather(world.connection, world.season, NOW)
    assert {one.item for one in told.failed} == {
        f"failed {filled.ids[day]} {of_day[day]}" for day in (*FAILED, QUARANTINED)
    }
    assert [pause.waiting for pause in told.silent] == [1]
    failing = prove(world.connection, world.season, NOW).failing
    assert len(failing[Check.PASSES_ENDED]) == 9
    assert len(failing[Check.SCENES_ENDED]) == 1
    assert failing[Check.SIGNATURES] == []


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_is_tried_again(filled: Filled, text: str | None) -> None:
    world, connection = filled.world, filled.world.connection
    gaps.refresh(connection, world.season, NOW)
    connection.execute("update dias_catalogue set attempts = 5 where cause <> 'deleted'")
    reword(connection, text)
    due = retries.due(connection, world.season, everything=True)
    found = retries.recheck(connection, world.season, due, lambda *_: None, NOW)
    assert days(filled, found.set_aside) == [8, 26, 32]
    assert days(filled, found.reopened) == [2, 14]
    assert days(filled, found.scenes) == [2, PAUSED, 14]


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_is_made_reopened_and_listed_anew(filled: Filled, text: str | None) -> None:
    world, connection = filled.world, filled.world.connection
    reword(connection, text)
    connection.execute("update dias_catalogue set online = false")
    connection.commit()
    made = {day: make_card(connection, scene_id).outcome for day, scene_id in filled.ids.items()}
    assert days(filled, [filled.ids[day] for day in made if made[day] == "offline"]) == [
        2,
        PAUSED,
        8,
        14,
        26,
    ]
    with pytest.raises(StateConflict, match="deleted by its platform"):
        ledger.reopen(connection, filled.ids[20], "by hand")
    assert ledger.reopen(connection, filled.ids[32], "by hand") is Status.READY
    listed = world.scene(Kind.CARD_BS, QUARANTINED, orbit=66, footprint=WEST, product_id="bare")
    assert listed == filled.ids[QUARANTINED]
    assert ledger.get(connection, listed).status is Status.INGESTED


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_gives_its_place_back(filled: Filled, text: str | None) -> None:
    world, connection = filled.world, filled.world.connection
    losers = {}
    for day in FAILED:
        losers[day] = world.scene(Kind.CARD_BS, day, orbit=120, footprint=WEST)
        ledger.supersede(connection, losers[day], filled.ids[day])
    reword(connection, text)
    values = {"ids": [*losers.values()], "max_attempts": 5}
    found = connection.execute(query("catalogue/exhausted"), values).fetchall()
    assert [row.id for row in found] == [losers[8], losers[20]]
