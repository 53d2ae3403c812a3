"""The planted faults against the library: catalogue, CARD, extraction, gaps; no Airflow."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from dias_cbm import seasons
from dias_cbm.card.plan import plan_products
from dias_cbm.catalogue import open_catalogue
from dias_cbm.catalogue.sync import sync
from dias_cbm.completeness import gaps
from dias_cbm.parcels.load import load
from dias_cbm.pipeline.day import signatures
from dias_cbm.scenes import Card, Kind
from dias_cbm_lab.demo.environment import making
from dias_cbm_lab.dias import dialects
from dias_cbm_lab.evidence.coherence_study import touzi
from dias_cbm_lab.season import landscape, passes, planting
from dias_cbm_lab.season.place import PARCELS_SRID, Place
from dias_cbm_lab.season.signal import Signal

pytestmark = pytest.mark.integration

#: Pixels of a parcel that edges and speckle do not decide.
LARGE = 60
#: Independent ones in the window of coherence.
LOOKS = 17.7


@pytest.fixture
def season(connection, small_season):
    collection = json.loads(small_season.area.read_text())
    area = shapely.MultiPolygon(
        [shapely.geometry.shape(one["geometry"]) for one in collection["features"]]
    )
    name, starts, ends = small_season.name, small_season.starts, small_season.ends
    seasons.create(connection, name, area, PARCELS_SRID, starts, ends)
    connection.commit()
    load(connection, small_season.parcels, name, id_column="pid", crop_column="crop")
    return seasons.get(connection, name)


def work(connection, season, catalogue):
    """Everything that one look at the catalogue leads to."""
    start = datetime.combine(season.starts, datetime.min.time(), UTC)
    end = start + timedelta(days=(season.ends - season.starts).days + 1)
    report = sync(connection, season, tuple(Kind), start, end, "local", catalogue=catalogue)
    planned = [made for card in Card for made in plan_products(connection, card, start, end)]
    signatures(connection, [*report.ready_ids, *planned], "test")


def states(connection, card):
    rows = connection.execute(
        "select status::text, count(*) from dias_catalogue where card = %s group by 1", (card,)
    )
    return Counter({row.status: row.count for row in rows})


def recorded(connection, season):
    return {
        (gap.card, gap.satellite, gap.rel_orbit, gap.expected_at.date().isoformat()): gap
        for gap in gaps.rows(connection, season)
    }


@pytest.fixture
def surroundings(small_season, monkeypatch, tmp_path):
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{small_season.store}")
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    for name, value in making(small_season.dem, tmp_path / "made").items():
        monkeypatch.setenv(name, value)


# WEkEO's is the dialect that tells least: not what is offline, and no orbit.
@pytest.mark.parametrize("protocol", [dialects.OWN, "wekeo"])
def test_every_planted_fault_is_found(
    protocol, connection, season, small_season, dias, surroundings, monkeypatch
):
    truth = small_season.truth()
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_PROTOCOL", protocol)
    root = dias.url.removesuffix(dialects.base(dialects.OWN))
    catalogue = open_catalogue("local", root + dialects.base(protocol))
    for name, clock in truth["clocks"].items():
        dias.set_clock(clock)
        work(connection, season, catalogue)
        for card, numbers in truth["cards"].items():
            expected = {
                key: n for key, n in numbers[name].items() if key not in ("listed", "made") and n
            }
            assert states(connection, card) == expected, (name, card)
        # The mails and gaps of a real run come days later than the sensing.
        gaps.refresh(connection, season, datetime.fromisoformat(clock) + timedelta(days=3))
        found = recorded(connection, season)
        for gap in truth["gaps"]:
            key = gap["card"], gap["satellite"], gap["rel_orbit"], gap["date"]
            over = gap["fate"] == "recovered" and name == "afterwards"
            assert (found[key].cause, found[key].state == "recovered") == (gap["cause"], over), key
    catalogue.close()
    cloudy = truth["faults"]["cloudy"]
    planted = {(g["card"], g["satellite"], g["rel_orbit"], g["date"]) for g in truth["gaps"]}
    assert set(found) - planted == {("s2", cloudy["satellite"], 108, cloudy["date"])}
    assert {found[key].cause for key in set(found) - planted} == {"cloudy"}
    for one in truth["made"]:
        check_values(connection, season, small_season, one)


def check_values(connection, season, small_season, one):
    """The signatures of a product that was made are what its level-1 images were drawn from."""
    row = connection.execute(
        "select id, obstime, sensor, status::text, engine ->> 'engine' as engine"
        " from dias_catalogue where platform = 'made' and reference = %s",
        (one["reference"],),
    ).fetchone()
    assert (row.status, row.engine) == ("extracted", "embedded")
    found = {
        (int(r.pid), r.band): r.mean
        for r in connection.execute(
            "select pid, band, mean from signatures where obsid = %s and count >= %s",
            (row.id, LARGE),
        )
    }
    assert len(found) > 50
    seed = small_season.truth()["seed"]
    whole = landscape.compose(Place.holding(100), 100, seed)
    land, planted = planting.plant(whole, small_season.starts, small_season.ends, seed)
    signal = Signal.of(land, seed, planted)
    track = passes.ASCENDING if one["direction"] == "A" else passes.DESCENDING
    flown = passes.passes(track, small_season.starts, small_season.ends)
    of = next(p for p in flown if p.start == row.obstime)
    if one["card"] == "bs":
        values = signal.backscatter(of)
        away = [
            10 * np.log10(mean / values[band][1 + pid - land.pid[0]])
            for (pid, band), mean in found.items()
        ]
        bounds = 0.25, 1.0
    else:
        values = signal.coherence(of, flown[flown.index(of) - 1])
        away = [
            mean - touzi(values[band][1 + pid - land.pid[0]], LOOKS)
            for (pid, band), mean in found.items()
        ]
        bounds = 0.03, 0.065
    assert abs(np.median(away)) < bounds[0]
    assert np.quantile(np.abs(away), 0.9) < bounds[1]


def test_parcels_load_without_a_loss(connection, season):
    row = connection.execute(
        "select count(*) as parcels, count(distinct tile) as tiles, min(tile) as tile"
        " from parcel_slot where season = %s",
        (season.id,),
    ).fetchone()
    assert (row.parcels, row.tiles, row.tile) == (100, 1, "32VNH")
