"""Which products are to be made: acquisitions without a product, and pairs when both are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from blocks import add_scene
from card_products import BS_NAME
from shapely import MultiPolygon, box

from dias_cbm import ledger
from dias_cbm.card import plan as card_plan
from dias_cbm.card.plan import plan_products
from dias_cbm.catalogue import card_sources
from dias_cbm.completeness.policy import policy_of
from dias_cbm.db.connection import Connection
from dias_cbm.errors import StateConflict, StoreDenied, StoreError
from dias_cbm.ledger import LedgerScene
from dias_cbm.scenes import Card, Cause, Kind, Status
from dias_cbm.storage.files import FileStore
from dias_cbm.transport import outages

pytestmark = pytest.mark.integration

GRD = BS_NAME.removesuffix("_CARD_BS")
START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)
DAY = START.replace(hour=0, minute=0, second=0)
END = DAY + timedelta(days=1)
SLICE = MultiPolygon([box(8.0, 55.0, 11.0, 56.5)])


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch) -> None:
    for card in ("BS", "C6", "S2"):
        monkeypatch.setenv(f"CBM_CARD_{card}_ENGINES", "ready,embedded")


def plan(connection: Connection, card: Card, **options: datetime) -> list[LedgerScene]:
    made = plan_products(connection, card, DAY, END, **options)
    return [ledger.get(connection, scene_id) for scene_id in made]


def slc(
    connection: Connection,
    satellite: str,
    days: float,
    footprint: MultiPolygon = SLICE,
    rel_orbit: int = 81,
    shift: float = 0,
    abs_orbit: int = 21853,
    mode: str = "DV",
) -> LedgerScene:
    start = START + timedelta(days=days, seconds=shift)
    name = (
        f"{satellite}_IW_SLC__1S{mode}_{start:%Y%m%dT%H%M%S}_{start:%Y%m%dT%H%M%S}"
        f"_{abs_orbit:06}_025B9C_{1000 + int(shift):04}"
    )
    return add_scene(
        connection,
        name,
        start,
        Kind.S1_SLC,
        satellite=satellite,
        rel_orbit=rel_orbit,
        footprint=footprint,
    )


def links(connection: Connection, scene: LedgerScene) -> dict[str, int]:
    rows = connection.execute(
        "select role, source_id from card_source where card_id = %s", (scene.id,)
    )
    return {row.role: row.source_id for row in rows}


def test_an_acquisition_without_product_is_planned_once(connection: Connection) -> None:
    grd = add_scene(connection, GRD, START, Kind.S1_GRD, rel_orbit=81, footprint=SLICE)
    (row,) = plan(connection, Card.BS)
    assert (row.platform, row.reference, row.card) == ("made", BS_NAME, Card.BS)
    assert (row.status, row.location, row.rel_orbit) == (Status.INGESTED, None, 81)
    assert links(connection, row) == {"reference": grd.id}
    assert plan(connection, Card.BS) == []


@pytest.mark.parametrize(("card", "source"), [(Card.BS, Kind.S1_GRD), (Card.C6, Kind.S1_SLC)])
def test_what_is_offline_may_be_ordered(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, card: Card, source: Kind
) -> None:
    if source is Kind.S1_GRD:
        add_scene(connection, GRD, START, source, rel_orbit=81, footprint=SLICE)
    else:
        slc(connection, "S1A", 0)
        slc(connection, "S1B", -6)
    connection.execute("update dias_catalogue set online = false")
    assert plan(connection, card) == []
    monkeypatch.setenv(f"CBM_CARD_{card.upper()}_ENGINES", "ready,order,embedded")
    assert len(plan(connection, card)) == 1


def test_what_is_offline_makes_nothing_until_it_is_online(connection: Connection) -> None:
    def online(value: bool) -> None:
        connection.execute("update dias_catalogue set online = %s", (value,))
        connection.commit()

    add_scene(connection, GRD, START, Kind.S1_GRD, rel_orbit=81, footprint=SLICE)
    slc(connection, "S1A", 0)
    earlier = slc(connection, "S1B", -6)
    online(False)
    assert plan(connection, Card.BS) == plan(connection, Card.C6) == []
    online(True)
    connection.execute("update dias_catalogue set online = false where id = %s", (earlier.id,))
    assert plan(connection, Card.C6) == []
    online(True)
    assert len(plan(connection, Card.BS)) == len(plan(connection, Card.C6)) == 1


def offline_unknown(
    connection: Connection, store: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A GRD and a pair, of which the catalogue does not say whether they are online: names."""
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{store}")
    names = {
        "grd": add_scene(connection, GRD, START, Kind.S1_GRD, footprint=SLICE).reference,
        "later": slc(connection, "S1A", 0).reference,
        "earlier": slc(connection, "S1B", -6).reference,
    }
    connection.execute("update dias_catalogue set online = null")
    connection.commit()
    return names


def test_the_store_tells_what_is_offline_where_the_catalogue_does_not(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = offline_unknown(connection, tmp_path, monkeypatch)
    assert plan(connection, Card.BS) == plan(connection, Card.C6) == []
    (tmp_path / names["grd"]).mkdir()
    (tmp_path / names["later"]).mkdir()
    assert len(plan(connection, Card.BS)) == 1
    assert plan(connection, Card.C6) == []
    (tmp_path / names["earlier"]).mkdir()
    assert len(plan(connection, Card.C6)) == 1


def test_what_no_store_tells_is_tried(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offline_unknown(connection, tmp_path / "not mounted", monkeypatch)
    assert len(plan(connection, Card.BS)) == 1
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", "tape:1")
    assert len(plan(connection, Card.C6)) == 1


def test_a_store_that_is_paused_is_not_asked(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offline_unknown(connection, tmp_path, monkeypatch)
    outages.begin(connection, "local", outages.Service.STORE, "silent")
    assert len(plan(connection, Card.BS)) == 1
    outages.end(connection, "local", outages.Service.STORE)
    assert plan(connection, Card.C6) == []


def test_what_may_be_ordered_need_not_be_in_the_store(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offline_unknown(connection, tmp_path, monkeypatch)
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "ready,order,embedded")
    assert len(plan(connection, Card.BS)) == 1


def test_where_all_is_ready_nothing_is_planned(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_scene(connection, GRD, START, Kind.S1_GRD)
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "ready")
    assert plan(connection, Card.BS) == []


def test_the_platform_is_given_its_time_first(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_scene(connection, GRD, START, Kind.S1_GRD)
    early = START + timedelta(hours=47)
    assert plan(connection, Card.BS, now=early) == []
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "embedded")
    assert len(plan(connection, Card.BS, now=early)) == 1


def test_a_listed_product_is_not_made_again_unless_it_never_came(connection: Connection) -> None:
    add_scene(connection, GRD, START, Kind.S1_GRD)
    listed = add_scene(connection, BS_NAME, START)
    card_sources.link(connection, DAY, END)
    assert plan(connection, Card.BS) == []
    ledger.change(
        connection,
        listed.id,
        expected=Status.INGESTED,
        to=Status.FAILED,
        cause=Cause.CORRUPT,
        reason="x",
    )
    assert len(plan(connection, Card.BS)) == 1


@pytest.mark.parametrize("done", [False, True])
def test_a_product_published_after_all(connection: Connection, done: bool) -> None:
    add_scene(connection, GRD, START, Kind.S1_GRD)
    (ours,) = plan(connection, Card.BS)
    if done:
        ledger.change(connection, ours.id, expected=Status.INGESTED, to=Status.READY)
    listed = add_scene(connection, BS_NAME, START)
    card_sources.link(connection, DAY, END)
    plan(connection, Card.BS)
    loser, winner = (listed, ours) if done else (ours, listed)
    assert ledger.get(connection, loser.id).superseded_by == winner.id
    assert plan(connection, Card.BS) == []


def test_a_pair_six_days_apart(connection: Connection) -> None:
    later, earlier = slc(connection, "S1A", 0), slc(connection, "S1B", -6)
    slc(connection, "S1A", -12)
    (row,) = plan(connection, Card.C6)
    assert row.kind is Kind.CARD_COH6
    assert row.obstime == START
    assert links(connection, row) == {"reference": later.id, "secondary": earlier.id}
    assert plan(connection, Card.C6) == []
    assert plan(connection, Card.C12) == []


@pytest.mark.parametrize(("mode", "made"), [("DV", 1), ("SV", 1), ("DH", 0), ("SH", 0)])
def test_what_has_no_polarisation_in_common_is_not_made_and_the_ledger_says_why(
    connection: Connection, mode: str, made: int
) -> None:
    slc(connection, "S1A", 0)
    slc(connection, "S1B", -6, mode=mode)
    assert len(plan(connection, Card.C6)) == made
    row = connection.execute(
        "select id, status, cause, reason, attempts from dias_catalogue where platform = 'made'"
    ).fetchone()
    assert row is not None
    if made:
        assert row.status == Status.INGESTED
    else:
        assert (row.status, row.cause) == (Status.FAILED, Cause.CARD_FAILED)
        assert row.reason.endswith("share no polarisation")
        assert not policy_of(Cause.CARD_FAILED, attempts=row.attempts).again
    assert plan(connection, Card.C6) == []


def test_two_secondaries_where_slices_have_drifted(connection: Connection) -> None:
    slc(connection, "S1A", 0)
    north = MultiPolygon([box(8.0, 55.9, 11.0, 57.4)])
    south = MultiPolygon([box(8.0, 54.4, 11.0, 55.9)])
    sliver = MultiPolygon([box(8.0, 56.49, 11.0, 57.9)])
    slc(connection, "S1B", -6, north, shift=20)
    slc(connection, "S1B", -6, south, shift=-5)
    slc(connection, "S1B", -6, sliver, shift=45)
    rows = plan(connection, Card.C6)
    assert len(rows) == 2
    shared = sorted(row.footprint.area for row in rows if row.footprint is not None)
    assert shared == pytest.approx([3 * 0.6, 3 * 0.9])
    assert plan(connection, Card.C6) == []


def test_no_pair_on_another_orbit_or_day(connection: Connection) -> None:
    slc(connection, "S1A", 0)
    slc(connection, "S1B", -6, rel_orbit=82)
    slc(connection, "S1B", -7)
    assert plan(connection, Card.C6) == []


def test_a_partner_that_appears_late_makes_the_pair(connection: Connection) -> None:
    slc(connection, "S1A", 6, abs_orbit=21940)
    assert plan(connection, Card.C6) == []
    slc(connection, "S1B", 0)
    (row,) = plan(connection, Card.C6)
    assert row.obstime == START + timedelta(days=6)


def test_twelve_days_where_the_constellation_has_no_six(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime(2023, 5, 11, 5, 39, 56, tzinfo=UTC)
    monkeypatch.setattr(f"{__name__}.START", start)
    monkeypatch.setattr(f"{__name__}.DAY", start.replace(hour=0, minute=0, second=0))
    monkeypatch.setattr(f"{__name__}.END", start.replace(hour=23))
    slc(connection, "S1A", 0)
    slc(connection, "S1A", -12)
    assert plan(connection, Card.C6) == []
    (row,) = plan(connection, Card.C12)
    assert (row.kind, row.card) == (Kind.CARD_COH12, Card.C12)


def raises_for(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, bad: str, error: Exception
) -> None:
    """Let a function raise an error when an argument names a product."""
    called = getattr(owner, name)

    def odd(*arguments: object, **options: object) -> object:
        if bad in f"{arguments} {options}":
            raise error
        return called(*arguments, **options)

    monkeypatch.setattr(owner, name, odd)


def grd_name(start: datetime, number: int) -> str:
    moment = f"{start:%Y%m%dT%H%M%S}"
    return f"S1A_IW_GRDH_1SDV_{moment}_{moment}_021853_025B9C_{number:04}"


@pytest.mark.parametrize(
    "error",
    [RecursionError("too deep"), StoreError("answers 301"), StoreDenied("no"), KeyError("Size")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (FileStore, "exists"),
        (card_plan, "reference_of"),
        (ledger, "upsert"),
        (card_plan, "Scene"),
    ],
    ids=["store", "name", "ledger", "row"],
)
def test_one_product_keeps_no_other_from_being_planned(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    owner: object,
    name: str,
    error: Exception,
) -> None:
    names = []
    for seconds in (0, 25, 50):
        start = START + timedelta(seconds=seconds)
        reference = grd_name(start, seconds)
        add_scene(connection, reference, start, Kind.S1_GRD, footprint=SLICE)
        (tmp_path / reference).mkdir()
        names.append(reference)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}")
    connection.execute("update dias_catalogue set online = null")
    connection.commit()
    raises_for(monkeypatch, owner, name, names[1], error)
    planned = {row.reference for row in plan(connection, Card.BS)}
    asked_only = owner is FileStore  # what the store does not tell is tried
    assert planned == {f"{one}_CARD_BS" for one in names if asked_only or one != names[1]}
    assert names[1] in caplog.text
    monkeypatch.undo()
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "embedded")
    assert len(plan(connection, Card.BS)) == (0 if asked_only else 1)


def test_a_database_that_fails_is_an_error(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_scene(connection, GRD, START, Kind.S1_GRD, footprint=SLICE)
    raises_for(monkeypatch, ledger, "upsert", GRD, psycopg.OperationalError("gone"))
    with pytest.raises(psycopg.OperationalError):
        plan(connection, Card.BS)


@pytest.mark.parametrize("error", [RecursionError("too deep"), StateConflict("taken")])
def test_one_product_that_is_not_settled_keeps_no_other(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    ours = []
    for number in (1, 2):
        start = START + timedelta(seconds=25 * number)
        reference = grd_name(start, number)
        add_scene(connection, reference, start, Kind.S1_GRD, footprint=SLICE)
        ours += plan(connection, Card.BS)
        add_scene(connection, f"{reference}_CARD_BS", start)
    card_sources.link(connection, DAY, END)
    raises_for(monkeypatch, ledger, "supersede", f" {ours[0].id},", error)
    assert plan(connection, Card.BS) == []
    states = [ledger.get(connection, row.id).status for row in ours]
    assert states == [Status.INGESTED, Status.SUPERSEDED]
