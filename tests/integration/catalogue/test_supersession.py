"""Rows that stand for one acquisition: on two platforms, or when the better one cannot be had."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from odata_service import START, ODataService, attribute, radar_entry, reply, served, stamp

from dias_cbm import ledger
from dias_cbm.catalogue import deletions
from dias_cbm.catalogue.all_platforms import sync_everywhere
from dias_cbm.catalogue.base import Capabilities, Tombstone
from dias_cbm.catalogue.sync import sync
from dias_cbm.db.connection import Connection
from dias_cbm.errors import Unavailable
from dias_cbm.known_bad import KnownBad, add
from dias_cbm.notices import digest
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.seasons import Season
from dias_cbm.transport import outages

pytestmark = pytest.mark.integration

END = START + timedelta(days=30)
CARDS = (Kind.CARD_BS,)


def pair() -> tuple[dict[str, Any], dict[str, Any]]:
    """A near real time CARD slice and the consolidated one that supersedes it."""
    near = radar_entry(1, product_type="CARD-BS")
    near["Attributes"] = [one for one in near["Attributes"] if one["Name"] != "timeliness"]
    near["Attributes"].append(attribute("timeliness", "NRT-3h"))
    return near, radar_entry(2, product_type="CARD-BS", start=START + timedelta(seconds=27.6))


def states(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        "select platform || ' ' || product_id as name, status::text from dias_catalogue order by 1"
    ).fetchall()
    connection.commit()
    return {row.name.removeprefix("local "): row.status for row in rows}


def fail(
    connection: Connection, scene_id: int, cause: Cause, reason: str, attempts: int = 1
) -> None:
    ledger.change(
        connection,
        scene_id,
        expected=ledger.get(connection, scene_id).status,
        to=Status.FAILED,
        cause=cause,
        reason=reason,
        attempts=attempts,
    )
    connection.commit()


class Teller:
    """A catalogue that tells deletions, and nothing else."""

    platform = "local"
    capabilities = Capabilities(True, 1000, 10_000, deletions=True)

    def __init__(self, *ids: str) -> None:
        self._ids = ids

    def deleted(self, since: Any) -> list[Tombstone]:
        names = {"name": "x", "deleted": START + timedelta(days=1), "cause": "Corrupted product"}
        return [Tombstone(product_id=one, **names) for one in self._ids]


@pytest.fixture
def settled(
    connection: Connection, season: Season, service: ODataService
) -> tuple[dict[str, Any], dict[str, Any], int]:
    """The pair, entered; with the id of the winner's row."""
    near, fast = pair()
    service.entries = [near, fast]
    sync(connection, season, CARDS, START, END)
    assert states(connection) == {near["Id"]: "superseded", fast["Id"]: "ingested"}
    row = connection.execute("select id from dias_catalogue where status = 'ingested'").fetchone()
    assert row is not None
    return near, fast, row.id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"GeoFootprint": None, "Footprint": None}, "no footprint"),
        (
            {"GeoFootprint": {"type": "Polygon", "coordinates": [[[9, 55], [10, 56], [9, 55]]]}},
            "footprint has no area",
        ),
        (
            {"ContentDate": {"Start": stamp(START + timedelta(hours=1)), "End": stamp(START)}},
            "ends before it starts",
        ),
    ],
)
def test_the_ledger_says_why_a_scene_is_quarantined(
    connection: Connection,
    season: Season,
    service: ODataService,
    changes: dict[str, Any],
    reason: str,
) -> None:
    sound = radar_entry(1, product_type="CARD-BS")
    service.entries = [sound | {"GeoFootprint": None, "Footprint": None}]
    sync(connection, season, CARDS, START, END)
    service.entries = [sound | changes]
    sync(connection, season, CARDS, START, END)
    row = connection.execute(
        "select id, status::text, cause, reason from dias_catalogue"
    ).fetchone()
    assert row is not None
    assert row[1:] == ("failed", "quarantined", reason)
    service.entries = [sound]
    sync(connection, season, CARDS, START, END)
    assert ledger.get(connection, row.id).status is Status.INGESTED


def test_a_product_known_to_be_bad_loses_and_the_ledger_says_why(
    connection: Connection,
    season: Season,
    service: ODataService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    near, fast = pair()
    own = tmp_path / "bad.toml"
    add(KnownBad(fast["Name"].removesuffix(".SAFE"), "shifted", "our own eyes"), own)
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(own))
    service.entries = [near, fast]
    sync(connection, season, CARDS, START, END)
    assert states(connection) == {near["Id"]: "ingested", fast["Id"]: "superseded"}
    row = connection.execute("select reason from dias_catalogue where status = 'superseded'")
    assert "known to be bad: shifted (our own eyes)" in row.fetchone().reason  # type: ignore[union-attr]


def test_a_deleted_winner_gives_its_place_back(
    connection: Connection, season: Season, settled: tuple[dict[str, Any], dict[str, Any], int]
) -> None:
    near, fast, winner = settled
    report = deletions.apply(connection, season, "local", catalogue=Teller(fast["Id"]))  # type: ignore[arg-type]
    assert report.failed == 1
    assert states(connection) == {near["Id"]: "ingested", fast["Id"]: "superseded"}
    reason = ledger.get(connection, winner).reason or ""
    assert reason.endswith(": deleted: its platform says: Corrupted product")
    # Told again, nothing changes.
    deletions.apply(connection, season, "local", catalogue=Teller(fast["Id"]))  # type: ignore[arg-type]
    assert states(connection) == {near["Id"]: "ingested", fast["Id"]: "superseded"}


def test_a_corrupt_winner_gives_its_place_back_until_it_is_published_again(
    connection: Connection,
    season: Season,
    service: ODataService,
    settled: tuple[dict[str, Any], dict[str, Any], int],
) -> None:
    near, fast, winner = settled
    fail(connection, winner, Cause.CORRUPT, "cut off")
    sync(connection, season, CARDS, START, END)
    assert states(connection) == {near["Id"]: "ingested", fast["Id"]: "superseded"}
    sync(connection, season, CARDS, START, END)
    assert states(connection) == {near["Id"]: "ingested", fast["Id"]: "superseded"}
    service.entries = [near, fast | {"ContentLength": 7}]
    sync(connection, season, CARDS, START, END)
    assert states(connection) == {near["Id"]: "superseded", fast["Id"]: "ingested"}


@pytest.mark.parametrize(("attempts", "back"), [(4, False), (5, True)])
def test_a_winner_is_tried_often_enough_before_it_gives_way(
    connection: Connection,
    season: Season,
    settled: tuple[dict[str, Any], dict[str, Any], int],
    attempts: int,
    back: bool,
) -> None:
    near, _, winner = settled
    fail(connection, winner, Cause.FETCH_FAILED, "is not in the store", attempts)
    sync(connection, season, CARDS, START, END)
    assert states(connection)[near["Id"]] == ("ingested" if back else "superseded")


@pytest.fixture
def mirror(service: ODataService, monkeypatch: pytest.MonkeyPatch) -> Iterator[ODataService]:
    """A second platform that is searched besides."""
    monkeypatch.setenv("CBM_EXTRA_PLATFORMS", "creodias")
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    one = ODataService()
    with served(one) as url:
        monkeypatch.setenv("CBM_PLATFORMS_CREODIAS_CATALOGUE_URL", url)
        yield one


def test_of_two_platforms_each_product_is_worked_on_once(
    connection: Connection, season: Season, service: ODataService, mirror: ODataService
) -> None:
    both, here, there = (radar_entry(n, product_type="CARD-BS") for n in (1, 5, 9))
    service.entries, mirror.entries = [both, here], [both | {"Id": "other"}, there]
    answers = sync_everywhere(connection, season, CARDS, START, END)
    assert {name: one.new for name, one in answers.given.items()} == {"local": 2, "creodias": 2}
    expected = {
        both["Id"]: "ingested",
        here["Id"]: "ingested",
        f"creodias {there['Id']}": "ingested",
        "creodias other": "superseded",
    }
    assert states(connection) == expected
    sync_everywhere(connection, season, CARDS, START, END)
    assert states(connection) == expected
    loser = connection.execute(
        "select reason from dias_catalogue where product_id = 'other'"
    ).fetchone()
    assert loser is not None
    assert loser.reason.endswith(": the same product on local")
    # It is not news: nothing was replaced by anything else.
    assert not digest.compose(connection, season).items


def test_what_one_platform_cannot_give_is_taken_from_the_other(
    connection: Connection, season: Season, service: ODataService, mirror: ODataService
) -> None:
    both = radar_entry(1, product_type="CARD-BS")
    service.entries, mirror.entries = [both], [both | {"Id": "other"}]
    sync_everywhere(connection, season, CARDS, START, END)
    (row,) = connection.execute("select id from dias_catalogue where status = 'ingested'")
    fail(connection, row.id, Cause.FETCH_FAILED, "is not in the store")
    sync_everywhere(connection, season, CARDS, START, END)
    assert states(connection) == {both["Id"]: "superseded", "creodias other": "ingested"}


def test_a_silent_platform_stops_only_its_own_work_and_is_told(
    connection: Connection, season: Season, service: ODataService, mirror: ODataService
) -> None:
    service.entries = mirror.entries = [radar_entry(1, product_type="CARD-BS")]
    service.faults = [lambda _: reply({"message": "maintenance"}, 503)]
    answers = sync_everywhere(connection, season, CARDS, START, END)
    assert (list(answers.given), list(answers.silent)) == (["creodias"], ["local"])
    (pause,) = outages.open_pauses(connection)
    assert (pause.platform, pause.service, pause.tries) == ("local", "catalogue", 1)
    composed = digest.compose(connection, season)
    assert composed.anything_new
    assert "local, catalogue" in composed.text
    assert "maintenance" in composed.text
    # It is not asked before its time, and the pause ends with its first answer.
    asked = len(service.asked)
    assert list(sync_everywhere(connection, season, CARDS, START, END).silent) == ["local"]
    assert len(service.asked) == asked
    connection.execute("update platform_pause set until = now() - interval '1 second'")
    assert not sync_everywhere(connection, season, CARDS, START, END).silent
    assert outages.open_pauses(connection) == []


def test_a_reply_of_another_schema_is_told_and_stops_no_other_question(
    connection: Connection, season: Season, service: ODataService, mirror: ODataService
) -> None:
    service.entries = mirror.entries = [radar_entry(1, product_type="CARD-BS")]
    service.faults = [lambda _: reply({"results": []})]
    answers = sync_everywhere(connection, season, CARDS, START, END)
    assert list(answers.silent) == ["local"]
    (pause,) = outages.open_pauses(connection)
    assert (pause.tries, pause.until) == (1, pause.since)
    assert "no list at value" in digest.compose(connection, season).text
    assert not sync_everywhere(connection, season, CARDS, START, END).silent
    assert outages.open_pauses(connection) == []


def test_when_nobody_answers_that_is_an_error(
    connection: Connection, season: Season, service: ODataService, mirror: ODataService
) -> None:
    for one in (service, mirror):
        one.faults = [lambda _: reply({"message": "maintenance"}, 503)]
    with pytest.raises(Unavailable, match="maintenance"):
        sync_everywhere(connection, season, CARDS, START, END)
