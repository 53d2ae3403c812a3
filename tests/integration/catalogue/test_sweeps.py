"""The weekly sweep, platforms without publication filter, and what a platform has deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from odata_service import radar_entry
from replay import Replay

from dias_cbm import ledger
from dias_cbm.catalogue import deletions, sweeps
from dias_cbm.catalogue.adapters.odata import ODataCatalogue
from dias_cbm.catalogue.base import Page, Query, Tombstone
from dias_cbm.catalogue.sync import poll, sweep
from dias_cbm.db.connection import Connection
from dias_cbm.errors import StateConflict
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
MAY = datetime(2018, 5, 1, tzinfo=UTC)


class Watched:
    """A catalogue that notes what it is asked."""

    def __init__(self, replay: Replay) -> None:
        self.platform = "here"
        self._real = replay.catalogue(page=50)
        self.capabilities = self._real.capabilities
        self.asked: list[Query] = []

    def search(self, query: Query) -> Iterator[Page]:
        self.asked.append(query)
        return self._real.search(query)

    def close(self) -> None:
        self._real.close()


def swept(connection: Connection, season: Season) -> datetime | None:
    return sweeps.last(connection, "here", season.id, sweeps.SWEPT)


def test_a_sweep_finds_what_was_published_before_the_watermark(
    connection: Connection, season: Season
) -> None:
    replay = Replay("odata", [radar_entry(1, start=MAY + 9 * DAY)])
    poll(connection, season, (Kind.S1_GRD,), "here", catalogue=Watched(replay))
    # It appears now, with a publication long before the overlap.
    replay.entries.append(radar_entry(2, start=MAY + 9 * DAY, published=MAY - 30 * DAY))
    report = poll(connection, season, (Kind.S1_GRD,), "here", catalogue=Watched(replay))
    assert report.new == 0
    report = sweep(connection, season, (Kind.S1_GRD,), "here", catalogue=Watched(replay))
    assert (report.new, report.found) == (1, 2)


def test_a_poll_sweeps_once_a_week(connection: Connection, season: Season) -> None:
    watched = Watched(Replay("odata", [radar_entry(1)]))
    kinds = (Kind.S1_GRD,)
    poll(connection, season, kinds, "here", catalogue=watched)
    poll(connection, season, kinds, "here", catalogue=watched)
    # The whole season first, then what is new: no sweep yet.
    assert [query.published_after is None for query in watched.asked] == [True, False]
    connection.execute("update catalogue_round set done_at = done_at - interval '8 days'")
    connection.commit()
    watched.asked.clear()
    poll(connection, season, kinds, "here", catalogue=watched)
    assert [query.published_after is None for query in watched.asked] == [False, True]
    assert watched.asked[1].end - watched.asked[1].start == sweeps.SWEEP
    last = swept(connection, season)
    assert last is not None
    assert datetime.now(UTC) - last < timedelta(minutes=5)


def test_the_window_of_a_sweep_stays_within_the_season(
    connection: Connection, season: Season
) -> None:
    watched = Watched(Replay("odata"))
    for now in (MAY - 5 * DAY, MAY + 10 * DAY, MAY + 300 * DAY):
        sweep(connection, season, (Kind.S1_GRD,), "here", catalogue=watched, now=now)
    windows = [(query.start, query.end) for query in watched.asked]
    end = MAY + 61 * DAY
    assert windows == [(MAY, MAY + DAY), (MAY, MAY + 10 * DAY), (end - sweeps.SWEEP, end)]


@pytest.mark.parametrize("protocol", ["mundi", "sobloo", "onda", "wekeo"])
def test_without_a_publication_filter_a_poll_asks_by_sensing_time(
    connection: Connection, season: Season, protocol: str
) -> None:
    replay = Replay(protocol, [radar_entry(1)])
    watched = Watched(replay)
    assert poll(connection, season, (Kind.S1_GRD,), "here", catalogue=watched).new == 1
    late = radar_entry(2, start=MAY + 20 * DAY, published=MAY + 59 * DAY)
    replay.entries.append(late)
    assert poll(connection, season, (Kind.S1_GRD,), "here", catalogue=watched).new == 1
    assert [query.published_after for query in watched.asked] == [None, None]


class Telling(Watched):
    """A catalogue that tells what was deleted."""

    def __init__(self, *told: Tombstone) -> None:
        super().__init__(Replay("odata"))
        self.told = told
        self.since: list[datetime] = []

    def deleted(self, since: datetime) -> Iterator[Tombstone]:
        self.since.append(since)
        return iter(self.told)


def tombstone(product_id: str) -> Tombstone:
    return Tombstone(product_id, product_id, MAY + DAY, "Corrupted product")


def entered(connection: Connection, season: Season) -> dict[str, int]:
    entries = [radar_entry(number, product_type="CARD-BS") for number in range(3)]
    kinds = (Kind.CARD_BS,)
    poll(connection, season, kinds, "here", catalogue=Watched(Replay("odata", entries)))
    rows = connection.execute("select id, product_id from dias_catalogue").fetchall()
    return {row.product_id: row.id for row in rows}


def test_what_was_deleted_fails_unless_it_was_extracted(
    connection: Connection, season: Season
) -> None:
    ids = entered(connection, season)
    done = ids["CARD-BS-1"]
    connection.execute("update dias_catalogue set status = 'extracted' where id = %s", (done,))
    connection.commit()
    telling = Telling(*map(tombstone, ["CARD-BS-0", "CARD-BS-1", "unknown"]))
    report = deletions.apply(connection, season, "here", catalogue=telling)
    assert (report.told, report.failed, report.noted) == (3, 1, 1)
    gone = ledger.get(connection, ids["CARD-BS-0"])
    assert (gone.status, gone.cause) == (Status.FAILED, Cause.DELETED)
    assert gone.reason == "its platform says: Corrupted product"
    with pytest.raises(StateConflict, match="deleted by its platform"):
        ledger.reopen(connection, gone.id, "tried again for a gap")
    kept = ledger.get(connection, done)
    assert (kept.status, kept.cause) == (Status.EXTRACTED, Cause.DELETED)
    assert kept.reason == "its platform says: Corrupted product"
    assert ledger.get(connection, ids["CARD-BS-2"]).status is Status.INGESTED
    again = deletions.apply(connection, season, "here", catalogue=telling)
    assert (again.failed, again.noted) == (0, 0)
    # Sixty days at first, then since the last time and some.
    assert telling.since[1] - telling.since[0] > 56 * DAY


def test_what_is_published_again_after_its_deletion_is_there(
    connection: Connection, season: Season
) -> None:
    scene_id = entered(connection, season)["CARD-BS-0"]
    telling = Telling(tombstone("CARD-BS-0"))
    assert deletions.apply(connection, season, "here", catalogue=telling).failed == 1
    back = radar_entry(0, product_type="CARD-BS", published=MAY + 2 * DAY)
    poll(connection, season, (Kind.CARD_BS,), "here", catalogue=Watched(Replay("odata", [back])))
    assert ledger.get(connection, scene_id).status is Status.INGESTED
    # Rounds overlap, so that it is told again.
    assert deletions.apply(connection, season, "here", catalogue=telling).failed == 0
    assert ledger.get(connection, scene_id).status is Status.INGESTED


def test_a_platform_that_does_not_tell_is_not_asked(connection: Connection, season: Season) -> None:
    silent = Watched(Replay("mundi"))
    assert deletions.apply(connection, season, "here", catalogue=silent).told == 0


def test_deletions_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {
            "Id": str(number),
            "Name": f"{number}.SAFE",
            "DeletionDate": "2024-02-06T04:11:37.000Z",
            "DeletionCause": "Duplicated product",
        }
        for number in range(7)
    ]

    asked: list[dict[str, str]] = []

    class Fake:
        def get_json(self, url: str, query: dict[str, str]) -> object:
            asked.append(query | {"url": url})
            skip, top = int(query["$skip"]), int(query["$top"])
            own = rows if "SENTINEL-1" in query["$filter"] else []
            return {"value": own[skip : skip + top]}

    catalogue = ODataCatalogue("cdse", "https://c.example/odata/v1", page=3)
    monkeypatch.setattr(catalogue, "_client", Fake())
    told = list(catalogue.deleted(MAY))
    assert [one.product_id for one in told] == [str(number) for number in range(7)]
    assert told[0].name == "0"
    first = asked[0]
    assert first["url"] == "https://c.example/odata/v1/DeletedProducts"
    assert first["$filter"] == (
        "Collection/Name eq 'SENTINEL-1' and DeletionDate ge 2018-05-01T00:00:00.000Z"
    )
