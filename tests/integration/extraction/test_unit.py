"""A unit of extraction in the database: what it writes, and what it replaces."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import shapely
from card_products import write_backscatter
from extracted import BANDS, PARCELS, VV, records, status, stored
from fields import LoadParcels, Ready, field

from dias_cbm import ledger, seasons
from dias_cbm.completeness.proof import Check, prove
from dias_cbm.db.connection import Connection
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.ledger import Unit
from dias_cbm.precision import LARGEST_ERROR
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]


def test_a_scene_becomes_signatures(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    scene, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    report = extract(connection, unit, "worker 1")
    assert (report.outcome, report.records, report.parcels, report.empty, report.blocks) == (
        Outcome.EXTRACTED, 4, 3, 1, 2,
    )  # fmt: skip
    found = records(connection, "bs_signatures")
    assert set(found) == {(p, b) for p in ("north", "overlapping", "narrow") for b in ("VV", "VH")}
    north = found["north", "VV"]
    # Rows 0 and 1, columns 0 to 3: 1 2 3 4 9 10 11 12.
    assert (north.count, north.mean, north.min, north.max) == (8, 6.5, 1, 12)
    assert (north.p25, north.p50, north.p75) == (2.75, 6.5, 10.25)
    assert north.std == pytest.approx(np.std([1, 2, 3, 4, 9, 10, 11, 12]))
    assert (north.obsid, north.season, north.rule) == (scene.id, "test-2018", "centre")
    assert found["overlapping", "VV"].mean == np.mean([11, 12, 13, 14, 19, 20, 21, 22])
    assert found["overlapping", "VH"].mean == np.mean([11, 12, 13, 14, 19, 20, 21, 22]) / 8
    assert (found["narrow", "VV"].count, found["narrow", "VV"].mean) == (0, None)
    row = status(connection, unit)
    assert (row.status, row.records, row.claimed_by) == ("extracted", 4, None)
    assert ledger.get(connection, scene.id).status is Status.EXTRACTED


def test_a_quantised_season_is_rounded_in_every_reading_and_proven_as_any_other(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_PRECISION", "quantised")
    season = load_parcels(PARCELS)
    # What is set later is of seasons to come.
    monkeypatch.setenv("CBM_EXTRACTION_PRECISION", "full")
    scene, unit = ready(write_backscatter(store, {"Gamma0_VV": VV + 300.7}), Kind.CARD_BS)
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
    found = records(connection)
    north, narrow = found["north", "VV"], found["narrow", "VV"]
    # 301.7 to 312.7: between 256 and 512 eight digits are even numbers.
    assert (north.count, north.mean, north.min, north.max) == (8, 308, 302, 312)
    assert (north.p25, north.p50, north.p75, north.rule) == (304, 308, 310, "centre+8bit")
    exact = np.std([1, 2, 3, 4, 9, 10, 11, 12])
    assert north.std != pytest.approx(exact, rel=1e-6)
    assert north.std == pytest.approx(exact, rel=LARGEST_ERROR)
    assert (narrow.count, narrow.mean, narrow.rule) == (0, None, "centre+8bit")
    scan = connection.execute(
        "select pid, count, mean, std, p75, rule from signature_records('test-2018', 'bs')"
    ).fetchall()
    rows = {row.pid: row[1:] for row in scan}
    assert rows["north"] == (8, 308, north.std, 310, "centre+8bit")
    flagged = connection.execute("select pid, rule, reason, pixels from parcel_flag").fetchall()
    assert {row.rule for row in flagged} == {"centre"}
    manual = (ROOT / "docs/tables.md").read_text()
    (join,) = re.findall(r"```sql\n(select [^`]* parcel_flag [^`]*)```", manual)
    joined = connection.execute(join.replace("dk-2018", "test-2018")).fetchall()
    assert {(row.pid, row.reason, row.pixels) for row in joined} == {
        (row.pid, row.reason, row.pixels) for row in flagged
    }
    proof = prove(connection, seasons.get(connection, "test-2018"), thorough=True)
    assert not proof.failing[Check.COUNTS]
    assert not proof.failing[Check.SIGNATURES]
    assert ledger.get(connection, scene.id).status is Status.EXTRACTED
    assert seasons.get(connection, "test-2018").id == season


def test_the_views_agree_with_the_blocks_of_another_crs(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    """Parcels kept in ETRS89 / zone 33 over a product in WGS 84 / zone 32."""
    load_parcels(PARCELS, 25833)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
    found = records(connection)
    assert found["north", "VV"].mean == 6.5
    assert found["overlapping", "VV"].count == 8


def test_run_again_after_a_reset_leaves_the_same_rows(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    season = load_parcels(PARCELS)
    scene, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    extract(connection, unit, "w")
    first = stored(connection)
    assert extract(connection, unit, "w").outcome is Outcome.TAKEN  # it is done
    ledger.reset_season(connection, season)
    assert ledger.plan_extractions(connection, scene.id) == [unit]
    connection.commit()
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
    assert stored(connection) == first


def test_blocks_that_the_product_does_not_cover_are_not_written(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    near = {f"near {i}": field(i % 8, i // 8, i % 8 + 1, i // 8 + 1) for i in range(48)}
    far = {f"far {i}": field(500 + i, 500, 501 + i, 501) for i in range(992)}
    load_parcels(near | far)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    report = extract(connection, unit, "w")
    blocks = connection.execute("select count(*) from parcel_block").fetchone()
    written = connection.execute("select count(distinct blk) from signature_block").fetchone()
    assert (blocks.count, written.count) == (2, 1)
    assert (report.parcels, report.records, report.blocks) == (48, 96, 2)
    assert {row.mean for key, row in records(connection).items() if key[1] == "VV"} == set(
        VV.ravel().tolist()
    )


def test_a_product_beside_all_parcels_is_no_success(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels({"outside": PARCELS["outside"]})
    scene, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    report = extract(connection, unit, "w")
    assert (report.outcome, report.records) == (Outcome.NO_PARCELS, 0)
    assert stored(connection) == []
    assert status(connection, unit).cause == Cause.NO_PARCELS
    assert ledger.get(connection, scene.id).status is Status.NO_PARCELS


def test_the_winner_s_signatures_replace_the_loser_s(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    loser, unit = ready(write_backscatter(store / "nrt", BANDS), Kind.CARD_BS, "NRT-3h")
    extract(connection, unit, "w")
    better = {stem: values + 100 for stem, values in BANDS.items()}
    winner, unit = ready(write_backscatter(store / "fast", better), Kind.CARD_BS, "Fast-24h")
    ledger.supersede(connection, loser.id, winner.id)
    connection.commit()
    assert {row.obsid for row in records(connection).values()} == {loser.id}  # until then
    extract(connection, unit, "w")
    found = records(connection)
    assert {row.obsid for row in found.values()} == {winner.id}
    assert found["north", "VV"].mean == 106.5


def test_multipolygons_over_block_edges_and_holes(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    parts = shapely.MultiPolygon(
        [field(0, 0, 8, 3).difference(field(1, 1, 7, 2)), field(0, 4, 2, 6)]
    )
    load_parcels({"parts": parts})
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    extract(connection, unit, "w")
    keep = np.ones_like(VV, bool)
    keep[1, 1:7] = keep[3] = keep[4:, 2:] = False
    found = records(connection)["parts", "VV"]
    assert (found.count, found.mean) == (keep.sum(), pytest.approx(VV[keep].mean()))


def test_the_coverage_rule_and_an_inner_buffer_are_kept_with_the_records(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, unit: Unit
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_PIXEL_RULE", "coverage")
    monkeypatch.setenv("CBM_EXTRACTION_INNER_BUFFER_M", "4")
    monkeypatch.setenv("CBM_EXTRACTION_BS_INDICES", "VH/VV,NDVI")
    report = extract(connection, unit, "w")
    found = records(connection, "bs_signatures")
    north = found["north", "VV"]
    assert north.rule == "coverage-4m"
    # 5 m less than 4 x 2 pixels on each side: 30 m x 10 m.
    weight = np.outer([0.5, 0.5], [0.5, 1, 1, 0.5])
    assert north.count == pytest.approx(3)
    assert north.mean == pytest.approx(np.average(VV[:2, :4], weights=weight))
    assert (found["north", "VH/VV"].count, found["north", "VH/VV"].mean) == (3, 0.125)
    assert {band for _, band in found} == {"VV", "VH", "VH/VV"}  # NDVI has no bands here
    assert (found["narrow", "VV"].count, found["narrow", "VV"].mean) == (0, None)
    assert report.flagged == 1


def flags(connection: Connection) -> list[tuple[str, str, str, float]]:
    rows = connection.execute("select * from parcel_flag order by pid, rule").fetchall()
    connection.commit()
    return [(row.pid, row.rule, row.reason, row.pixels) for row in rows]


def test_parcels_with_few_pixels_are_flagged_once_and_keep_their_records(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The flag is of the parcel on the grid; that a scene has no data there changes nothing."""
    load_parcels(PARCELS | {"small": field(6, 4, 8, 6)})
    few = "few_pixels"
    _, unit = ready(write_backscatter(store / "one", BANDS), Kind.CARD_BS, "one")
    assert extract(connection, unit, "w").flagged == 1
    assert flags(connection) == [("narrow", "centre", few, 0)]
    monkeypatch.setenv("CBM_EXTRACTION_MINIMUM_PIXELS", "5")
    nothing = {stem: np.zeros_like(values) for stem, values in BANDS.items()}
    _, unit = ready(write_backscatter(store / "two", nothing), Kind.CARD_BS, "two")
    report = extract(connection, unit, "w")
    assert (report.flagged, report.records) == (2, 0)
    assert flags(connection) == [("narrow", "centre", few, 0), ("small", "centre", few, 4)]
    counts = connection.execute(
        "select pid, count from signatures where band = 'VV' order by obsid, pid"
    ).fetchall()
    assert [row.count for row in counts] == [0, 8, 8, 4, 0, 0, 0, 0]
    monkeypatch.setenv("CBM_EXTRACTION_INNER_BUFFER_M", "9")
    _, unit = ready(write_backscatter(store / "three", BANDS), Kind.CARD_BS, "three")
    extract(connection, unit, "w")
    vanishes = "vanishes_under_inner_buffer"
    assert [row[:3] for row in flags(connection) if row[1] == "centre-9m"] == [
        ("narrow", "centre-9m", vanishes),
        ("north", "centre-9m", vanishes),
        ("overlapping", "centre-9m", vanishes),
        ("small", "centre-9m", vanishes),
    ]
