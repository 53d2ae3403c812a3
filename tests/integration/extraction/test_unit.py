"""A unit of extraction in the database: what it writes, replaces, refuses and records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from card_products import l2a_xml, write_backscatter, write_coherence, write_l2a
from fields import LoadParcels, Ready, field
from full_disk import full_disk, make_room

from dias_cbm import ledger, seasons
from dias_cbm.completeness.proof import Check, prove
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DatabaseError, SettingsError
from dias_cbm.extraction import unit as extraction
from dias_cbm.extraction.unit import Outcome, extract
from dias_cbm.ledger import Unit
from dias_cbm.precision import LARGEST_ERROR
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration

PARCELS = {
    "north": field(0, 0, 4, 2),
    "overlapping": field(2, 1, 6, 3),
    "narrow": field(5.6, 0, 5.9, 4),
    "outside": field(100, 100, 104, 104),
}
VV = np.arange(1, 49, dtype=np.float32).reshape(6, 8)
BANDS = {"Gamma0_VV": VV, "Gamma0_VH": VV / 8}


def records(connection: Connection, view: str = "signatures") -> dict[tuple[str, str], Any]:
    rows = connection.execute(f"select * from {view}").fetchall()
    connection.commit()
    return {(row.pid, row.band): row for row in rows}


def stored(connection: Connection) -> list[Any]:
    rows = connection.execute(
        "select season, card, obsid, blk, band, rule, count, mean, std, min, max, p25, p50, p75"
        " from signature_block order by 1, 2, 3, 4, 5"
    ).fetchall()
    connection.commit()
    return [str(row) for row in rows]


def status(connection: Connection, unit: Unit) -> Any:
    row = connection.execute(
        "select * from extraction where obsid = %s and tile = %s", (unit.obsid, unit.tile)
    ).fetchone()
    connection.commit()
    return row


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
    flagged = connection.execute("select distinct rule from parcel_flag").fetchall()
    assert [row.rule for row in flagged] == ["centre"]
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


def test_pixels_in_layover_or_shadow_do_not_count_if_so_set(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    load_parcels(PARCELS)
    mask = np.ones_like(VV)
    mask[0, :3] = 2, 4, 6
    _, unit = ready(write_backscatter(store, BANDS | {"layover_shadow_mask": mask}), Kind.CARD_BS)
    extract(connection, unit, "w")
    north = records(connection)["north", "VV"]
    assert (north.count, north.mean, north.rule) == (8, 6.5, "centre")

    monkeypatch.setenv("CBM_EXTRACTION_BS_SEEN", "true")
    ledger.reset_season(connection, unit.season)
    ledger.plan_extractions(connection, unit.obsid)
    connection.commit()
    extract(connection, unit, "w")
    north = records(connection)["north", "VV"]
    assert (north.count, north.mean) == (5, np.mean([4, 9, 10, 11, 12]))
    assert (north.min, north.rule) == (4, "centre+seen")

    _, bare = ready(write_backscatter(store / "bare", BANDS), Kind.CARD_BS, "another")
    extract(connection, bare, "w")
    assert "no mask of layover and shadow" in caplog.text
    rules = {row.rule for row in connection.execute("select rule from signature_block")}
    assert rules == {"centre+seen", "centre"}


def test_a_season_has_one_kind_of_gamma0(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    first, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
    later, unit = ready(write_backscatter(store / "later", BANDS), Kind.CARD_BS, "later")
    connection.execute(
        'update dias_catalogue set engine = \'{"gamma0": "terrain"}\' where id = %s', (later.id,)
    )
    connection.commit()
    report = extract(connection, unit, "w")
    assert (report.outcome, report.cause) == (Outcome.FAILED, Cause.EXTRACTION_FAILED)
    assert report.reason is not None
    assert "gamma0 over the terrain" in report.reason and first.reference in report.reason
    assert {row.obsid for row in records(connection).values()} == {first.id}
    # One that it supersedes is not of the season any more.
    ledger.supersede(connection, first.id, later.id)
    ledger.reopen(connection, later.id, "the other is gone")
    ledger.plan_extractions(connection, later.id)
    connection.commit()
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
    assert {row.obsid for row in records(connection).values()} == {later.id}


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


SCL = np.array([[4, 9, 4, 4], [5, 3, 4, 4], [0, 0, 4, 4]])
REFLECTANCE = np.arange(1000, 1048).reshape(6, 8)


@pytest.fixture
def optical(store: Path) -> Path:
    """An L2A product: two bands and SCL; offset -1000, quantification 10000."""
    bands = {"B04": REFLECTANCE, "B08": 2 * REFLECTANCE}
    xml = l2a_xml(offsets=dict.fromkeys(range(13), -1000))
    return write_l2a(store, bands, SCL, xml=xml)


def test_an_optical_scene_keeps_clear_pixels_histograms_and_ndvi(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    report = extract(connection, unit, "w")
    assert report.outcome is Outcome.EXTRACTED, report.reason
    found = records(connection, "s2_signatures")
    assert {band for _, band in found} == {"B04", "B08", "NDVI"}
    north = found["north", "B04"]
    # Two SCL pixels under it: 4 is clear, 9 is not.
    clear = np.array([1000, 1001, 1008, 1009])
    assert (north.rule, north.count) == ("centre+clear", 4)
    assert north.mean == pytest.approx((clear.mean() - 1000) / 10_000, rel=1e-6)
    red, infrared = (clear - 1000) / 1e4, (2 * clear - 1000) / 1e4
    ndvi = (infrared - red) / (infrared + red)
    assert found["north", "NDVI"].mean == pytest.approx(ndvi.mean(), rel=1e-6)
    row = connection.execute("select hist from s2_histograms where pid = 'north'").fetchone()
    assert {key: value for key, value in row.hist.items() if value} == {"4": 1, "9": 1}


def test_what_bands_and_classes_do_not_share_is_not_covered(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_CLEAR_CLASSES", "")
    # The classes end 40 m east of the corner, B08 40 m south of it.
    bands = {"B04": REFLECTANCE, "B08": 2 * REFLECTANCE[:4]}
    xml = l2a_xml(offsets=dict.fromkeys(range(13), -1000))
    path = write_l2a(store, bands, np.full((3, 2), 4), xml=xml)
    load_parcels(PARCELS)
    _, unit = ready(path, Kind.S2_L2A)
    report = extract(connection, unit, "w")
    assert report.outcome is Outcome.EXTRACTED, report.reason
    # "narrow", at columns 5.6 to 5.9, and "outside" lie on ground that not all layers cover.
    assert report.parcels == 2
    assert "its layers share 4 x 4 pixels of B04: B04 reaches 20 south and 40 east" in caplog.text
    found = records(connection, "s2_signatures")
    assert {pid for pid, _ in found} == {"north", "overlapping"}
    assert {found["overlapping", band].count for band in ("B04", "B08", "NDVI")} == {4}
    assert found["overlapping", "B04"].mean == pytest.approx(
        (REFLECTANCE[1:3, 2:4].mean() - 1000) / 10_000, rel=1e-6
    )


def test_without_clear_classes_every_pixel_counts(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_CLEAR_CLASSES", "")
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    north = records(connection)["north", "B04"]
    assert (north.rule, north.count) == ("centre", 8)


def test_only_the_wanted_bands_are_extracted(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_S2_BANDS", "B8A,B04")
    monkeypatch.setenv("CBM_EXTRACTION_S2_INDICES", "")
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    assert {band for _, band in records(connection)} == {"B04"}


def test_coherence_too(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    layers = np.stack([np.full((3, 4), 0.5), np.full((3, 4), 0.25)])
    _, unit = ready(write_coherence(store, layers, ("coh_VV", "coh_VH")), Kind.CARD_COH6)
    extract(connection, unit, "w")
    found = records(connection, "c6_signatures")
    assert (found["north", "VV"].count, found["north", "VV"].mean) == (2, 0.5)
    assert found["north", "VH"].mean == 0.25


def damage(product: Path) -> None:
    image = next(product.rglob("*B04*.jp2"))
    image.write_bytes(image.read_bytes()[:300])


def test_a_broken_product_is_recorded_and_keeps_what_was_there(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    season = load_parcels(PARCELS)
    scene, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    before = stored(connection)
    ledger.reset_season(connection, season)
    ledger.plan_extractions(connection, scene.id)
    connection.commit()
    damage(optical)
    report = extract(connection, unit, "w")
    assert report.outcome is Outcome.FAILED
    row = status(connection, unit)
    assert row.status == "failed"
    assert row.reason == report.reason
    assert row.cause == Cause.CORRUPT
    assert "B04" in row.reason
    assert stored(connection) == before
    assert ledger.get(connection, scene.id).status is Status.FAILED


def test_a_product_that_is_gone_could_not_be_fetched(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    optical.rename(optical.with_name("elsewhere"))
    report = extract(connection, unit, "w")
    assert report.outcome is Outcome.FAILED
    assert status(connection, unit).cause == Cause.FETCH_FAILED


def test_a_failed_unit_can_be_tried_again(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    elsewhere = optical.rename(optical.with_name("elsewhere"))
    extract(connection, unit, "w")
    elsewhere.rename(optical)
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
    assert status(connection, unit).attempts == 2


def test_a_defect_is_recorded_and_not_swallowed(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(extraction, "signature_rows", broken)
    with pytest.raises(ZeroDivisionError):
        extract(connection, unit, "w")
    row = status(connection, unit)
    assert (row.cause, row.reason) == (Cause.EXTRACTION_FAILED, "ZeroDivisionError: a defect")
    assert stored(connection) == []


def test_a_setting_that_cannot_be_used_is_recorded_and_raised(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    monkeypatch.setenv("CBM_EXTRACTION_S2_INDICES", "NDVI,NOVI")
    with pytest.raises(SettingsError, match="NOVI"):
        extract(connection, unit, "w")
    assert status(connection, unit).status == "failed"


def test_a_lost_database_is_an_error_not_a_failure_of_the_unit(
    connection: Connection,
    database: str,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    with connect(database) as other:
        pid = other.info.backend_pid

        def cut(*_: object, **__: object) -> None:
            connection.execute("select pg_terminate_backend(%s)", (pid,))
            other.execute("select 1")

        monkeypatch.setattr(extraction, "signature_rows", cut)
        with pytest.raises(psycopg.OperationalError):
            extract(other, unit, "w")
    assert status(connection, unit).status == "inprogress"
    assert stored(connection) == []


def test_two_workers_do_not_take_one_unit(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    assert ledger.claim(connection, unit, "first")
    assert extract(connection, unit, "second").outcome is Outcome.TAKEN
    assert stored(connection) == []


def test_a_worker_that_lost_its_lease_writes_nothing(
    connection: Connection,
    database: str,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    original = extraction.zonal

    def slowly(*arguments: Any, **options: Any) -> Any:
        """Meanwhile the lease runs out, and another worker does the work."""
        monkeypatch.setattr(extraction, "zonal", original)
        with connect(database) as other:
            other.execute("update extraction set claimed_at = claimed_at - interval '1 day'")
            assert extract(other, unit, "second").outcome is Outcome.EXTRACTED
        result = original(*arguments, **options)
        result.statistics[:, :, 1] = -1
        return result

    monkeypatch.setattr(extraction, "zonal", slowly)
    assert extract(connection, unit, "first").outcome is Outcome.TAKEN
    assert records(connection)["north", "VV"].mean == 6.5
    assert status(connection, unit).status == "extracted"


def test_a_stale_process_of_the_same_worker_does_not_write_the_old_parcels_values(
    connection: Connection,
    database: str,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The parcels are replaced while it works, and its unit is planned and claimed again."""
    load_parcels({"north": field(0, 0, 4, 2), "south": field(0, 3, 4, 5)})
    scene, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    original = extraction.zonal

    def slowly(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(extraction, "zonal", original)
        load_parcels({"north": field(0, 3, 4, 5), "south": field(0, 0, 4, 2)}, replace=True)
        with connect(database) as other:
            ledger.plan_extractions(other, scene.id)
            other.commit()
            assert ledger.claim(other, unit, "task")
        return original(*arguments, **options)

    monkeypatch.setattr(extraction, "zonal", slowly)
    late = extract(connection, unit, "task")
    assert late.outcome is Outcome.TAKEN
    assert "under this claim" in str(late.reason)
    assert stored(connection) == []
    assert status(connection, unit).status == "inprogress"
    assert extract(connection, unit, "task").outcome is Outcome.EXTRACTED
    found = records(connection)
    assert (found["north", "VV"].mean, found["south", "VV"].mean) == (30.5, 6.5)
    current = ledger.parcels_version(connection, unit.season)
    assert str(status(connection, unit).parcels) == current


def test_a_season_whose_values_are_of_other_parcels_is_not_proven(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    extract(connection, unit, "w")
    season = next(one for one in seasons.all_seasons(connection) if one.id == unit.season)
    assert prove(connection, season).failing[Check.PARCELS] == []
    connection.execute("update extraction set parcels = gen_random_uuid()")
    (item,) = prove(connection, season).failing[Check.PARCELS]
    assert "computed from parcels that were replaced" in item


def test_a_full_disk_of_the_database_uses_up_no_attempt(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)

    def full(*_: object, **__: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file")

    for _ in range(9):
        with monkeypatch.context() as patch:
            patch.setattr(extraction, "signature_rows", full)
            report = extract(connection, unit, "w")
        assert report.outcome is Outcome.PAUSED
        assert report.reason == "the database has no room: could not extend file"
        row = status(connection, unit)
        assert (row.status, row.attempts) == ("ready", 0)
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED


@pytest.mark.parametrize(("tries", "outcome"), [(3, Outcome.PAUSED), (99, None)])
def test_a_disk_too_full_to_put_a_unit_back_is_waited_for(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
    tries: int,
    outcome: Outcome | None,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == tries:
            make_room(connection)

    monkeypatch.setattr(extraction.time, "sleep", sleep)
    full = full_disk(
        connection, signature_block="insert", extraction="update when new.status = 'ready'"
    )
    if outcome is None:
        with full, pytest.raises(DatabaseError, match="the database has no room: could not"):
            extract(connection, unit, "w")
        assert 300 < sum(slept) < 900
        return
    with full:
        assert extract(connection, unit, "w").outcome is outcome
    row = status(connection, unit)
    assert (row.status, row.attempts) == ("ready", 0)


def test_no_room_to_claim_a_unit(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)

    def full(*_: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "claim", full)
        assert extract(connection, unit, "w").outcome is Outcome.PAUSED
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED


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
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_PIXEL_RULE", "coverage")
    monkeypatch.setenv("CBM_EXTRACTION_INNER_BUFFER_M", "4")
    monkeypatch.setenv("CBM_EXTRACTION_BS_INDICES", "VH/VV,NDVI")
    load_parcels(PARCELS)
    _, unit = ready(write_backscatter(store, BANDS), Kind.CARD_BS)
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


def test_indices_of_bands_that_are_not_extracted_themselves(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_S2_BANDS", "B04")
    monkeypatch.setenv("CBM_EXTRACTION_S2_INDICES", "NDVI,BSI")
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    assert {band for _, band in records(connection)} == {"B04", "NDVI"}
    assert "no BSI: needs" in caplog.text


def test_the_share_of_clear_pixels_comes_with_the_signatures(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    """Class 0 is not a pixel; a parcel that has only that has no share."""
    load_parcels(PARCELS | {"all": field(0, 0, 8, 6), "nothing": field(0, 4, 2, 6)})
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    rows = connection.execute("select * from s2_clear_share order by pid").fetchall()
    found = {row.pid: (row.pixels, row.clear, row.share) for row in rows}
    assert found["north"] == (2, 1, 0.5)
    assert found["all"] == (10, 8, 0.8)
    assert "nothing" not in found
    assert {row.season for row in rows} == {"test-2018"}
    row = connection.execute(
        "select * from clear_share_of('{4,9}') where season = 'test-2018' and pid = 'all'"
    ).fetchone()
    assert (row.pixels, row.clear, row.share) == (10, 8, 0.8)
