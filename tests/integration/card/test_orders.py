"""Ordering from a platform: once, whatever goes wrong, within the quota, to the product."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import rasterio
from blocks import add_scene
from card_products import BS_NAME, write_backscatter
from order_service import OrderPlace, serving
from shapely import MultiPolygon, box
from typer.testing import CliRunner

from dias_cbm import ledger
from dias_cbm.card.engines.order import still_waiting
from dias_cbm.card.make import Outcome, make_card
from dias_cbm.card.orders.book import OrderBook
from dias_cbm.card.plan import plan_products
from dias_cbm.cli import build
from dias_cbm.db.connection import Connection, connect
from dias_cbm.scenes import Card, Cause, Kind, Status
from dias_cbm.storage import open_chain

pytestmark = pytest.mark.integration

GRD = BS_NAME.removesuffix("_CARD_BS")
START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)
END = datetime(2018, 5, 12, tzinfo=UTC)
PLACE = MultiPolygon([box(9.0, 56.837, 9.0105, 56.8428)])
VV = np.random.default_rng(1).gamma(4, 0.02, (64, 64))


@pytest.fixture
def place(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OrderPlace]:
    """The local platform with an order service; what it makes is in its store already."""
    connection.execute("truncate card_order")
    connection.commit()
    store = tmp_path / "eodata"
    write_backscatter(store / "CARD-BS", {"Gamma0_VV": VV, "Gamma0_VH": VV / 5})
    service = OrderPlace(locations={GRD: f"/eodata/CARD-BS/{BS_NAME}"})
    with serving(service) as url:
        for name, value in {
            "PLATFORM": "local",
            "PLATFORMS_LOCAL_STORE": f"files:{store}",
            "PLATFORMS_LOCAL_ORDER_URL": url,
            "PLATFORMS_MADE_STORE": f"files:{tmp_path / 'made'}",
            "CARD_BS_ENGINES": "order",
            "CARD_FREE_GB": "0",
            "HTTP_ATTEMPTS": "1",
            "HTTP_TIMEOUT_S": "1",
            "HTTP_REQUESTS_PER_S": "1000",
        }.items():
            monkeypatch.setenv(f"CBM_{name}", value)
        yield service


def planned(connection: Connection, name: str = GRD) -> int:
    """A product to be made of an acquisition that the catalogue lists."""
    add_scene(connection, name, START, Kind.S1_GRD, footprint=PLACE)
    (scene_id,) = plan_products(connection, Card.BS, START, END)
    connection.commit()
    return scene_id


def reason(outcome: Outcome) -> str:
    return outcome.reason or ""


def test_from_order_to_product(connection: Connection, place: OrderPlace) -> None:
    scene = planned(connection)
    first = make_card(connection, scene)
    assert (first.outcome, first.status) == ("ordered", Status.ORDERED)
    assert first.cause is Cause.PENDING
    assert "order 1374977 at local is queued since" in reason(first)
    (order,) = place.orders
    assert (order["WorkflowName"], order["Name"]) == ("card_bs", f"cbm-{BS_NAME}")
    assert order["WorkflowOptions"] == [{"Name": "version", "Value": "3.10.0"}]
    order["Status"] = "in progress"
    assert "is running" in reason(make_card(connection, scene))
    order["Status"] = "completed"
    done = make_card(connection, scene)
    assert (done.outcome, done.reason) == ("ready", None)
    row = ledger.get(connection, scene)
    assert row.engine is not None
    assert row.engine["engine"] == "order"
    assert row.engine["order"] == "1374977"
    assert row.engine["workflow"] == "card_bs"
    assert row.engine["sources"] == [GRD]
    assert row.location == f"/eodata/Sentinel-1/SAR/CARD-BS/2018/05/11/{BS_NAME}"
    with open_chain(row.platform).opened(row.location) as product:
        assert (product / f"{BS_NAME}.data" / "Gamma0_VV.img").is_file()
    assert len(place.orders) == 1


def test_nothing_is_ordered_where_gamma0_over_the_terrain_is_wanted(
    connection: Connection, place: OrderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_CARD_BS_FLATTENING", "true")
    refused = make_card(connection, planned(connection))
    assert (refused.outcome, refused.cause) == ("failed", Cause.CARD_FAILED)
    assert "gamma0 over the ellipsoid" in reason(refused)
    assert not place.orders


def only_by_download(place: OrderPlace, store: Path, *, folder: str = BS_NAME) -> None:
    """Complete the order; its product is in no store but at the service, zipped."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted((store / "CARD-BS" / BS_NAME).rglob("*")):
            name = Path(folder) / file.relative_to(store / "CARD-BS" / BS_NAME)
            archive.write(file, name)
    place.locations.clear()
    place.packed[GRD] = content.getvalue()
    place.orders[0]["Status"] = "completed"


@pytest.mark.parametrize("folder", [BS_NAME, "."])
def test_what_is_in_no_store_is_downloaded(
    connection: Connection, place: OrderPlace, tmp_path: Path, folder: str
) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    only_by_download(place, tmp_path / "eodata", folder=folder)
    assert make_card(connection, scene).outcome == "ready"
    row = ledger.get(connection, scene)
    assert row.engine is not None
    assert row.engine["fetched_from"] == "local, order service"
    assert f"GET ProductionOrder({place.orders[0]['Id']})/Product/$value" in place.asked
    made = tmp_path / "made" / "Sentinel-1/SAR/CARD-BS/2018/05/11"
    with rasterio.open(made / BS_NAME / f"{BS_NAME}.data" / "Gamma0_VH.img") as dataset:
        np.testing.assert_allclose(dataset.read(1), VV / 5, rtol=1e-6)
    assert [path.name for path in made.iterdir()] == [BS_NAME]


@pytest.mark.parametrize(
    ("fault", "outcome", "why"),
    [
        (503, "ordered", "cut off"),
        ("break", "ordered", "cut off"),
        ("torn", "failed", "cannot be unpacked"),
        ("escape", "failed", "outside its folder"),
    ],
)
def test_a_download_that_breaks_off_is_tried_again_and_a_bad_zip_is_corrupt(
    connection: Connection,
    place: OrderPlace,
    tmp_path: Path,
    fault: int | str,
    outcome: str,
    why: str,
) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    only_by_download(place, tmp_path / "eodata", folder="../x" if fault == "escape" else BS_NAME)
    if fault == "torn":
        place.packed[GRD] = place.packed[GRD][:-40]
    elif fault != "escape":
        order = place.orders[0]["Id"]
        place.faults.append((f"GET ProductionOrder({order})/Product/$value", fault))
    found = make_card(connection, scene)
    assert found.outcome == outcome
    assert found.cause is (Cause.CORRUPT if outcome == "failed" else Cause.PENDING)
    assert why in reason(found)
    assert not list((tmp_path / "made").rglob("*.img"))
    if outcome == "ordered":
        assert make_card(connection, scene).outcome == "ready"
    assert len(place.orders) == 1


def test_restarted_it_goes_on_with_the_same_order(
    connection: Connection, place: OrderPlace, database: str
) -> None:
    scene = planned(connection)
    for _ in range(3):
        with connect(database) as other:
            make_card(other, scene)
    assert len(place.orders) == 1


def test_two_at_once_order_once(connection: Connection, place: OrderPlace, database: str) -> None:
    scene = planned(connection)

    def run() -> None:
        with connect(database) as other:
            make_card(other, scene)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(place.orders) == 1


@pytest.mark.parametrize("fault", [429, 500, "hang", "swallow"])
def test_a_lost_confirmation_is_not_a_second_order(
    connection: Connection, place: OrderPlace, fault: int | str
) -> None:
    scene = planned(connection)
    place.faults = [("POST", fault)]
    outcome = make_card(connection, scene)
    assert (outcome.outcome, outcome.status) == ("ordered", Status.ORDERED)
    assert "the order may not have arrived" in reason(outcome)
    assert "is queued" in reason(make_card(connection, scene))
    assert len(place.orders) == 1
    assert sum(asked.startswith("POST") for asked in place.asked) == 1


@pytest.mark.parametrize("fault", [429, 503, "hang", "swallow"])
def test_a_service_that_is_away_is_waited_for(
    connection: Connection, place: OrderPlace, fault: int | str
) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    place.orders[0]["Status"] = "completed"
    place.faults = [("GET", fault)]
    outcome = make_card(connection, scene)
    assert outcome.outcome == "ordered"
    assert "does not answer" in reason(outcome)
    assert make_card(connection, scene).outcome == "ready"


def test_a_failed_order_is_placed_again_so_many_times(
    connection: Connection, place: OrderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_ORDER_ATTEMPTS", "2")
    scene = planned(connection)
    make_card(connection, scene)
    place.orders[0]["Status"] = "failed"
    assert "is queued" in reason(make_card(connection, scene))
    assert [order["Name"] for order in place.orders] == [f"cbm-{BS_NAME}", f"cbm-{BS_NAME}-2"]
    place.orders[1]["Status"] = "failed"
    outcome = make_card(connection, scene)
    assert outcome.status is Status.FAILED
    assert outcome.cause is Cause.CARD_FAILED
    assert "ordered 2 times from local" in reason(outcome)
    assert len(place.orders) == 2


def test_a_lost_order_is_placed_again(connection: Connection, place: OrderPlace) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    place.orders[0] |= {"Id": "gone", "Name": "gone"}
    assert "is queued" in reason(make_card(connection, scene))
    assert len(place.orders) == 2


def test_an_order_that_hangs_for_ever_is_placed_again(
    connection: Connection, place: OrderPlace
) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    connection.execute("update card_order set placed_at = placed_at - interval '49 hours'")
    connection.commit()
    make_card(connection, scene)
    assert len(place.orders) == 2
    rows = connection.execute("select state, reason from card_order order by attempt").fetchall()
    assert [row.state for row in rows] == ["lost", "queued"]
    assert rows[0].reason == "queued for more than 48 h"


def test_of_two_orders_of_one_name_the_first_is_kept(
    connection: Connection, place: OrderPlace
) -> None:
    scene = planned(connection)
    place.faults = [("POST", "swallow")]
    make_card(connection, scene)
    place.orders.append(place.orders[0] | {"Id": "1999999"})
    assert "order 1374977" in reason(make_card(connection, scene))


def test_what_the_service_refuses_has_failed(connection: Connection, place: OrderPlace) -> None:
    scene = planned(connection)
    place.faults = [("POST", 422)]
    outcome = make_card(connection, scene)
    assert outcome.status is Status.FAILED
    assert "local refuses it" in reason(outcome)


def test_an_unknown_status_is_said(connection: Connection, place: OrderPlace) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    place.orders[0]["Status"] = "pondering"
    outcome = make_card(connection, scene)
    assert "unknown status 'pondering'" in reason(outcome)
    assert outcome.status is Status.FAILED


def test_no_workflow(
    connection: Connection, place: OrderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = planned(connection)
    monkeypatch.setattr("order_service.WORKFLOWS", [])
    assert "no workflow that makes CARD_BS" in reason(make_card(connection, scene))


def test_one_at_a_time_and_so_many_a_month(
    connection: Connection, place: OrderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = planned(connection)
    second = planned(connection, GRD.replace("_1234", "_5678"))
    make_card(connection, first)
    outcome = make_card(connection, second)
    assert (outcome.outcome, len(place.orders)) == ("ordered", 1)
    assert "1 of 1 orders running at once" in reason(outcome)
    place.orders[0]["Status"] = "completed"
    make_card(connection, first)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_ORDERS_PER_MONTH", "1")
    assert "1 of 1 products of this month" in reason(make_card(connection, second))
    quota = OrderBook(connection, "local").quota()
    assert str(quota) == "1 of 1 this month, 0 of 1 running"
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_ORDERS_PER_MONTH", "2")
    assert "is queued" in reason(make_card(connection, second))


def test_a_bad_product_is_not_catalogued(
    connection: Connection, place: OrderPlace, tmp_path: Path
) -> None:
    scene = planned(connection)
    make_card(connection, scene)
    place.orders[0]["Status"] = "completed"
    image = next((tmp_path / "eodata").rglob("Gamma0_VH.img"))
    whole = image.read_bytes()
    image.write_bytes(whole[:100])
    outcome = make_card(connection, scene)
    assert outcome.cause is Cause.CORRUPT
    assert not list((tmp_path / "made").rglob("*.img"))
    image.write_bytes(whole)
    assert make_card(connection, scene).outcome == "ready"


def test_orders_and_quota_are_shown(connection: Connection, place: OrderPlace) -> None:
    make_card(connection, planned(connection))
    shown = CliRunner().invoke(build(), ["card", "orders"])
    assert f"queued 1374977 cbm-{BS_NAME}" in shown.output
    assert "local: 1 of 25 this month, 1 of 1 running" in shown.output
    told = json.loads(CliRunner().invoke(build(), ["card", "orders", "--json"]).output)
    assert [order["external_id"] for order in told["orders"]] == ["1374977"]
    assert told["quota"] == {"month": 1, "per_month": 25, "running": 1, "at_once": 1}


def test_what_there_is_nothing_to_do_for(connection: Connection, place: OrderPlace) -> None:
    first = planned(connection)
    second = planned(connection, GRD.replace("_1234", "_5678"))
    make_card(connection, first)
    make_card(connection, second)
    assert still_waiting(connection, [first, second]) == [first, second]
    place.orders[0]["Status"] = "completed"
    assert still_waiting(connection, [first, second]) == []
    assert len(place.orders) == 1
    assert make_card(connection, first).outcome == "ready"
    make_card(connection, second)
    assert still_waiting(connection, [first, second]) == [second]
    place.orders[1]["Status"] = "failed"
    assert still_waiting(connection, [first, second]) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("..", "other letters"),
        (".", "other letters"),
        ("../../x", "other letters"),
        (f"../{BS_NAME}", "other letters"),
        (f"{BS_NAME}/../../x", "other letters"),
        (f"/tmp/{BS_NAME}", "other letters"),  # noqa: S108 (a name to be refused)
        (f"{BS_NAME}\n", "other letters"),
        (f"{BS_NAME};rm -rf", "other letters"),
        (f"{BS_NAME}..", "other letters"),
        (BS_NAME.replace("20180511T05", "20180511T06"), "was not ordered"),
        (BS_NAME.replace("S1A", "S1B", 1), "was not ordered"),
        ("readme.txt", "was not ordered"),
    ],
)
def test_a_product_is_named_as_what_was_ordered(
    connection: Connection, place: OrderPlace, tmp_path: Path, name: str, why: str
) -> None:
    place.names[GRD] = name
    scene = planned(connection)
    make_card(connection, scene)
    place.orders[0]["Status"] = "completed"
    found = make_card(connection, scene)
    assert found.outcome == "failed"
    assert why in reason(found)
    assert not list((tmp_path / "made").rglob("*.img"))
