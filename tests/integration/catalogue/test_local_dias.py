"""A simulated season from the local DIAS to the ledger, against the truth it was planned by."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from in_thread import in_thread
from shapely import MultiPolygon
from shapely.geometry import shape

from dias_cbm import seasons
from dias_cbm.catalogue.sync import poll, sync
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Kind
from dias_cbm.seasons import Season
from dias_cbm_lab.dias.server import application
from dias_cbm_lab.season import plan
from dias_cbm_lab.season.simulate import DemoSeason, make

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSeason:
    folder = tmp_path_factory.mktemp("demo") / "season"
    return make(folder, days=plan.FEWEST_DAYS, parcels=100, workers=1)


@pytest.fixture
def clock(demo: DemoSeason, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The local DIAS, running, as the default platform; gives the address of its clock."""
    with in_thread(application(demo.folder), "warning") as base:
        monkeypatch.setenv("CBM_PLATFORM", "local")
        monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
        monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", f"{base}/odata/v1")
        yield f"{base}/demo/clock"
        httpx.post(f"{base}/demo/clock", json={"now": None})


@pytest.fixture
def season(connection: Connection, demo: DemoSeason) -> Season:
    described = json.loads(demo.area.read_text())
    feature = described["features"][0] if "features" in described else described
    polygon = shape(feature.get("geometry", feature))
    area = polygon if polygon.geom_type == "MultiPolygon" else MultiPolygon([polygon])
    created = seasons.create(connection, demo.name, area, 25832, demo.starts, demo.ends)
    connection.commit()
    return created


def listed(connection: Connection) -> dict[str, dict[str, int]]:
    """Per kind: rows, and those that are superseded."""
    rows = connection.execute(
        "select kind, count(*) as listed, count(superseded_by) as superseded"
        " from dias_catalogue group by kind"
    )
    return {row.kind: {"listed": row.listed, "superseded": row.superseded} for row in rows}


def planned(demo: DemoSeason, when: str) -> dict[str, dict[str, int]]:
    """The same from the truth, which the library never reads."""
    truth = demo.truth()
    cards = {"bs": Kind.CARD_BS, "c6": Kind.CARD_COH6, "s2": Kind.S2_L2A}
    return {
        str(kind): {name: truth["cards"][card][when][name] for name in ("listed", "superseded")}
        for card, kind in cards.items()
    }


def window(season: Season) -> tuple[datetime, datetime]:
    start = datetime.combine(season.starts, datetime.min.time(), UTC)
    return start, datetime.combine(season.ends, datetime.min.time(), UTC) + timedelta(days=1)


@pytest.mark.parametrize("page", ["1", "3", "1000"])
def test_the_season_is_listed_as_it_was_planned(
    connection: Connection,
    season: Season,
    demo: DemoSeason,
    clock: str,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:
    monkeypatch.setenv("CBM_CATALOGUE_PAGE_ENTRIES", page)
    report = sync(connection, season, tuple(Kind), *window(season))
    found = listed(connection)
    truth = demo.truth()
    expected = planned(demo, "season_end")
    assert {kind: found[kind] for kind in expected} == expected
    level1 = {kind: counts["season_end"] for kind, counts in truth["level1"].items()}
    assert report.found == sum(one["listed"] for one in found.values())
    assert {kind: found[kind]["listed"] for kind in level1} == level1


def test_what_is_published_late_and_again_is_found_by_the_watermark(
    connection: Connection, season: Season, demo: DemoSeason, clock: str
) -> None:
    poll(connection, season, tuple(Kind))
    httpx.post(clock, json={"now": demo.truth()["clocks"]["afterwards"]})
    report = poll(connection, season, tuple(Kind))
    assert (report.new, report.superseded) == (2, 1)
    found = listed(connection)
    expected = planned(demo, "afterwards")
    assert {kind: found[kind] for kind in expected} == expected
    again = poll(connection, season, tuple(Kind))
    assert (again.new, again.superseded) == (0, 0)


def test_every_product_is_linked_to_what_it_was_made_from(
    connection: Connection, season: Season, demo: DemoSeason, clock: str
) -> None:
    start, end = window(season)
    sync(connection, season, tuple(Kind), start - timedelta(days=7), end)
    entries = json.loads((demo.folder / "catalogue.json").read_text())["value"]
    expected = set()
    for entry in entries:
        values = {a["Name"]: a["Value"] for a in entry["Attributes"]}
        for key in ("sourceProduct", "referenceProduct", "secondaryProduct"):
            if key in values and values["productType"].startswith("CARD"):
                expected.add((entry["Name"], values[key].removesuffix(".SAFE")))
    rows = connection.execute(
        "select card.reference as card, source.reference as source from card_source"
        " join dias_catalogue as card on card.id = card_id"
        " join dias_catalogue as source on source.id = source_id where card.card in ('bs', 'c6')"
    )
    known = {row.reference for row in connection.execute("select reference from dias_catalogue")}
    assert set(map(tuple, rows)) == {pair for pair in expected if pair[0] in known}
    unlinked = connection.execute(
        "select count(*) as n from dias_catalogue where card = 's2'"
        " and not exists (select 1 from card_source where card_id = dias_catalogue.id)"
    ).fetchone()
    assert unlinked.n == 0
