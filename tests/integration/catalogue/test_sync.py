"""What a platform lists becomes ledger rows, once, and the better product takes the place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from odata_service import START, ODataService, attribute, optical_entry, radar_entry, reply, stamp

from dias_cbm import ledger
from dias_cbm.catalogue import watermark
from dias_cbm.catalogue.sync import SyncReport, poll, sync
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import SchemaChanged
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration

END = START + timedelta(days=30)
BS = (Kind.S1_GRD, Kind.CARD_BS)


def rows(connection: Connection) -> list[tuple[object, ...]]:
    """Everything that a second run must not change."""
    return connection.execute(
        "select product_id, status::text, superseded_by, cause, reason, published, location"
        " from dias_catalogue order by product_id"
    ).fetchall()


def links(connection: Connection) -> set[tuple[str, str, str]]:
    found = connection.execute(
        "select card.product_id as card, source.product_id as source, role from card_source"
        " join dias_catalogue as card on card.id = card_id"
        " join dias_catalogue as source on source.id = source_id"
    )
    return {tuple(row) for row in found}


def twins() -> list[dict[str, object]]:
    """A near real time slice and its shifted Fast-24h twin, three hours later."""
    near, fast = radar_entry(1), radar_entry(2, start=START + timedelta(seconds=27.6))
    near["Attributes"] = [a for a in near["Attributes"] if a["Name"] != "timeliness"]
    near["Attributes"].append(attribute("timeliness", "NRT-3h"))
    fast["PublicationDate"] = stamp(START + timedelta(hours=5))
    return [near, fast]


def moved(entry: dict[str, object], south: float) -> dict[str, object]:
    """The entry with a footprint that begins at this latitude."""
    square = shapely.box(9.0, south, 11.0, south + 1.5)
    return entry | {"GeoFootprint": shapely.geometry.mapping(square)}


def test_a_listing_becomes_rows(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [radar_entry(0), radar_entry(0, product_type="CARD-BS"), optical_entry()]
    report = sync(connection, season, BS, START, END)
    assert (report.found, report.new, report.superseded, report.quarantined) == (2, 2, 0, 0)
    (scene_id,) = report.ready_ids
    scene = ledger.get(connection, scene_id)
    assert (scene.product_id, scene.card, scene.kind) == ("CARD-BS-0", "bs", Kind.CARD_BS)
    assert (scene.sensor, scene.rel_orbit, scene.direction) == ("S1A", 117, "A")
    assert (scene.datatake, scene.timeliness, scene.slice) == (str(0x2574C), "Fast-24h", 1)
    assert (scene.obstime, scene.published) == (START, START + timedelta(hours=2))
    assert (scene.size, scene.checksum) == (1_000_000, f"md5:{0:032x}")
    assert scene.status is Status.INGESTED


def test_again_changes_nothing(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [*twins(), radar_entry(5), radar_entry(7, GeoFootprint=None, Footprint=None)]
    first = sync(connection, season, BS, START, END)
    before = rows(connection)
    second = sync(connection, season, BS, START, END)
    assert (first.new, first.superseded, first.quarantined) == (3, 1, 1)
    assert (second.new, second.changed, second.superseded, second.quarantined) == (0, 0, 0, 1)
    assert rows(connection) == before


def test_two_at_once_give_what_one_gives(
    database: str, connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [*twins(), *(radar_entry(number) for number in range(5, 15))]

    def run(_: int) -> SyncReport:
        with connect(database) as own:
            return sync(own, season, BS, START, END)

    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(run, range(4)))
    assert sum(report.new for report in reports) == 12
    assert sum(report.superseded for report in reports) == 1
    assert len(rows(connection)) == 12


def test_without_footprint_there_is_a_row_that_says_why(
    connection: Connection, season: Season, service: ODataService
) -> None:
    broken = radar_entry(1, product_type="CARD-BS", GeoFootprint=None, Footprint=None)
    service.entries = [broken, radar_entry(2, product_type="CARD-BS")]
    report = sync(connection, season, BS, START, END)
    assert (report.found, report.quarantined, len(report.ready_ids)) == (2, 1, 1)
    (row,) = [row for row in rows(connection) if row.product_id == "CARD-BS-1"]
    assert row[1:5] == ("failed", None, "quarantined", "no footprint")


def test_a_better_product_that_comes_later_takes_the_place(
    connection: Connection, season: Season, service: ODataService
) -> None:
    near, fast = twins()
    service.entries = [near]
    sync(connection, season, BS, START, END)
    service.entries = [near, fast]
    assert sync(connection, season, BS, START, END).superseded == 1
    loser, winner = rows(connection)
    assert (loser.status, winner.status) == ("superseded", "ingested")
    # A third one, consolidated and later still: both losers point to it.
    best = fast | {"Id": "best", "PublicationDate": stamp(START + timedelta(days=9))}
    service.entries = [near, fast, best]
    sync(connection, season, BS, START, END)
    pointed = connection.execute(
        "select count(*) as losers, count(distinct superseded_by) as winners from dias_catalogue"
        " where status = 'superseded'"
    ).fetchone()
    assert pointed == (2, 1)


def test_a_worse_product_does_not_wait_for_a_failed_better_one(
    connection: Connection, season: Season, service: ODataService
) -> None:
    near, fast = twins()
    service.entries = [fast]
    (scene_id,) = sync(connection, season, BS, START, END).new_ids
    ledger.change(
        connection,
        scene_id,
        expected=Status.INGESTED,
        to=Status.FAILED,
        cause=Cause.CORRUPT,
        reason="cut",
    )
    connection.commit()
    service.entries = [near, fast]
    sync(connection, season, BS, START, END)
    found = {row.product_id: row.status for row in rows(connection)}
    assert found == {near["Id"]: "ingested", fast["Id"]: "superseded"}


def test_a_failing_catalogue_leaves_the_ledger_as_it_was(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [radar_entry(1)]
    service.faults = [None, lambda _: reply({"items": []})]
    with pytest.raises(SchemaChanged):
        sync(connection, season, BS, START, END)
    assert rows(connection) == []


def test_a_poll_reads_on_from_its_watermark(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [radar_entry(1), radar_entry(2, published=START + timedelta(days=10))]
    assert poll(connection, season, BS).new == 2
    read = watermark.read(connection, "local", season.id, Kind.S1_GRD)
    assert read == START + timedelta(days=10)
    assert watermark.read(connection, "local", season.id, Kind.CARD_BS) is None
    # Published three years late, sensed at the season's start; and one within the overlap.
    late = START + timedelta(days=1000)
    service.entries += [
        radar_entry(3, published=late),
        radar_entry(4, published=START + timedelta(days=7.1)),
        radar_entry(5, published=START + timedelta(days=6.9)),
    ]
    report = poll(connection, season, BS)
    assert sorted(ledger.get(connection, one).product_id for one in report.new_ids) == [
        "IW_GRDH_1S-3",
        "IW_GRDH_1S-4",
    ]
    assert watermark.read(connection, "local", season.id, Kind.S1_GRD) == late


def test_a_failed_poll_does_not_move_the_watermark(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [radar_entry(1)]
    service.faults = [None, lambda _: reply([])]
    with pytest.raises(SchemaChanged):
        poll(connection, season, BS)
    assert watermark.read(connection, "local", season.id, Kind.S1_GRD) is None
    assert poll(connection, season, BS).new == 1


def test_a_watermark_goes_neither_back_nor_into_the_future(
    connection: Connection, season: Season
) -> None:
    def move(moment: datetime) -> datetime | None:
        watermark.advance(connection, "local", season.id, Kind.S1_GRD, moment)
        return watermark.read(connection, "local", season.id, Kind.S1_GRD)

    assert move(START) == START
    assert move(START - timedelta(days=1)) == START
    clamped = move(datetime(2999, 1, 1, tzinfo=UTC))
    assert clamped is not None
    assert clamped <= datetime.now(UTC) + timedelta(minutes=1)


def test_backscatter_is_linked_to_its_acquisition(
    connection: Connection, season: Season, service: ODataService
) -> None:
    grd = [radar_entry(number) for number in range(3)]
    bs = [radar_entry(number, product_type="CARD-BS") for number in range(3)]
    service.entries = bs
    sync(connection, season, BS, START, END)
    assert links(connection) == set()
    service.entries = grd[:2] + bs
    sync(connection, season, BS, START, END)
    assert links(connection) == {
        ("CARD-BS-0", "IW_GRDH_1S-0", "reference"),
        ("CARD-BS-1", "IW_GRDH_1S-1", "reference"),
    }


def test_sentinel2_is_linked_to_the_level1_of_its_strip(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [
        moved(optical_entry(1, level="1C"), 55.0),
        moved(optical_entry(2, level="1C", generated="20180501T170000"), 55.9),
        moved(optical_entry(3, level="1C", tile="32VNJ"), 55.0),
        moved(optical_entry(4), 55.9),
    ]
    report = sync(connection, season, (Kind.S2_L1C, Kind.S2_L2A), START, END)
    assert (report.new, report.superseded) == (4, 0)
    assert links(connection) == {("S2-2A-4", "S2-1C-2", "reference")}


def pair_entry(second: datetime, ending: str) -> dict[str, Any]:
    """A coherence product of START and a later acquisition, that tells no more than what it is."""
    return radar_entry(9, product_type="CARD-BS", start=second) | {
        "Id": "pair",
        "Name": f"S1A_{second:%Y%m%dT%H%M%S}_{START:%Y%m%dT%H%M%S}_{ending}",
        "Attributes": [attribute("productType", "CARD-COH6")],
    }


def test_coherence_is_linked_to_both_acquisitions(
    connection: Connection, season: Season, service: ODataService
) -> None:
    second = START + timedelta(days=6)
    pair = pair_entry(second, "021800_021713_1A2B_CARD-COH6")
    pair["Attributes"] += radar_entry(9, product_type="CARD-BS", start=second)["Attributes"][1:]
    slices = [
        moved(radar_entry(1, product_type="IW_SLC__1S"), 55.1),
        moved(radar_entry(2, product_type="IW_SLC__1S"), 54.0),
        radar_entry(3, product_type="IW_SLC__1S", start=second),
        radar_entry(4, product_type="IW_SLC__1S", start=START + timedelta(days=3)),
    ]
    kinds = (Kind.S1_SLC, Kind.CARD_COH6)
    service.entries = [pair, slices[2], slices[3]]
    sync(connection, season, kinds, START, END)
    assert links(connection) == {("pair", "IW_SLC__1S-3", "reference")}
    # The earlier acquisition is listed later, in a window of its own.
    service.entries += slices[:2]
    sync(connection, season, kinds, START, START + timedelta(days=1))
    assert links(connection) == {
        ("pair", "IW_SLC__1S-3", "reference"),
        ("pair", "IW_SLC__1S-1", "secondary"),
    }


def test_a_coherence_product_without_orbit_has_that_of_its_acquisition(
    connection: Connection, season: Season, service: ODataService
) -> None:
    second = START + timedelta(days=6)
    pair = pair_entry(second, "CARD-COH6")
    later = radar_entry(3, product_type="IW_SLC__1S", start=second + timedelta(seconds=2))
    elsewhere = radar_entry(4, product_type="IW_SLC__1S", start=second + timedelta(seconds=1))
    elsewhere["Attributes"][2] = attribute("relativeOrbitNumber", 44)
    earlier = radar_entry(1, product_type="IW_SLC__1S")
    kinds = (Kind.S1_SLC, Kind.CARD_COH6)

    def orbit() -> tuple[object, ...]:
        return tuple(
            connection.execute(
                "select rel_orbit, abs_orbit, direction from dias_catalogue where card = 'c6'"
            ).fetchone()
        )

    service.entries = [pair, moved(elsewhere, 20.0), earlier]
    sync(connection, season, kinds, START, END)
    assert orbit() == (None, None, "D")
    service.entries.append(later)
    for _ in range(2):  # the platform is silent about it the second time too
        sync(connection, season, kinds, START, END)
        assert orbit() == (117, 21713, "D")
    assert links(connection) == {
        ("pair", "IW_SLC__1S-3", "reference"),
        ("pair", "IW_SLC__1S-1", "secondary"),
    }


def test_what_is_at_an_end_does_not_wait_for_work(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [radar_entry(number, product_type="CARD-BS") for number in range(3)]
    ids = sync(connection, season, BS, START, END).ready_ids
    ledger.change(
        connection, ids[1], expected=Status.INGESTED, to=Status.NO_PARCELS, reason="none there"
    )
    connection.commit()
    assert sync(connection, season, BS, START, END).ready_ids == [ids[0], ids[2]]
