"""What a season's products cost: hours, bytes and, where prices are set, money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import shapely

from dias_cbm.backfill.acquisitions import Acquisition, products_of
from dias_cbm.backfill.costs import Demand, Making, Way, ways
from dias_cbm.scenes import Card

#: CARD-BS of Denmark 2018, of GRD of a gigabyte.
DENMARK = Demand(1720, 1720, 1e9, None)
START = datetime(2018, 5, 13, 17, tzinfo=UTC)


def by_engine(card: Card, demand: Demand, **measured: Making) -> dict[str, Way]:
    return {way.engine: way for way in ways(card, demand, measured)}


def test_without_prices_there_are_hours_and_no_money() -> None:
    found = by_engine(Card.BS, DENMARK, embedded=Making(12, 90.0))
    assert list(found) == ["ready", "order", "embedded"]
    here = found["embedded"]
    assert (here.cpu_hours, here.size, here.money) == (1720 * 90 / 3600, 1.72e12, None)
    assert here.not_priced == ("CPU time", "fetching")
    assert (
        here.text() == "1,720 products, 43.0 CPU h (90 s each, measured on 12 made here), 1,720 GB"
    )
    # A free account may order 25 products a month.
    assert found["order"].months == 68.8
    assert "no CPU time, size not known, 68.8 months of the quota" in found["order"].text()


def test_prices_give_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_COST_CORE_HOUR", "0.02")
    monkeypatch.setenv("CBM_COST_BS_ORDER", "0.5")
    monkeypatch.setenv("CBM_COST_CURRENCY", "DKK")
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_ORDERS_PER_MONTH", "0")
    measured = {"embedded": Making(12, 90.0), "snap": Making(1, 360.0)}
    found = by_engine(Card.BS, DENMARK, **measured)
    assert found["embedded"].money == pytest.approx(0.86)
    assert found["embedded"].text().endswith(", 0.86 DKK without fetching")
    assert found["snap"].money == pytest.approx(3.44)
    assert (found["order"].money, found["order"].months) == (860.0, None)
    assert found["ready"].money is None
    monkeypatch.setenv("CBM_COST_GIGABYTE", "0.01")
    assert by_engine(Card.BS, DENMARK, **measured)["embedded"].money == pytest.approx(18.06)
    assert by_engine(Card.C6, DENMARK, **measured)["order"].money is None


def test_the_speed_is_the_setting_or_what_was_measured_or_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = by_engine(Card.C12, DENMARK)["embedded"]
    assert (found.cpu_hours, found.seconds) == (None, None)
    assert "CPU time not measured yet" in found.text()
    monkeypatch.setenv("CBM_COST_C6_CPU_MINUTES", "9")
    found = by_engine(Card.C12, DENMARK, embedded=Making(3, 1.0))["embedded"]
    assert (found.cpu_hours, found.seconds_from) == (258.0, "setting cost.c6_cpu_minutes")


def test_nothing_to_do_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_COST_CORE_HOUR", "0.02")
    here = by_engine(Card.S2, Demand(0, 0, None, None), embedded=Making(1, 60.0))["embedded"]
    assert (here.cpu_hours, here.money, here.size) == (0.0, 0.0, None)


def slc(day: int, satellite: str = "S1A", orbit: int = 44, west: float = 9.0) -> Acquisition:
    start = START + timedelta(days=day)
    name = f"{satellite}_{day}_{orbit}_{west}"
    return Acquisition(name, satellite, orbit, start, shapely.box(west, 56, west + 1, 57), None)


def test_pairs_are_of_one_orbit_over_common_ground() -> None:
    partner, other = slc(-6, "S1B"), slc(-6, "S1B", orbit=45)
    elsewhere, late = slc(-6, "S1B", west=12.0), slc(-5, "S1B")
    found = sorted([partner, other, elsewhere, late, slc(0)], key=lambda one: one.start)
    assert products_of(Card.C6, found, START) == 1
    assert products_of(Card.C6, [one for one in found if one is not partner], START) == 0
    # In 2018 there are two satellites six days apart, so no pair of twelve days is made.
    assert products_of(Card.C12, [slc(-12), slc(0)], START) == 0
    # Two slices before may overlap one; three would be counted as two.
    many = [slc(-6, "S1B", west=west) for west in (8.5, 9.2, 9.4)] + [slc(0)]
    assert products_of(Card.C6, many, START) == 2
    assert products_of(Card.BS, many, START) == 1
