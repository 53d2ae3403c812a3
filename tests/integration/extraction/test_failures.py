"""Units that fail or find no room: what is recorded, and what stays."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from extracted import PARCELS, status, stored
from fields import LoadParcels, Ready
from full_disk import full_disk, make_room

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DatabaseError, SettingsError
from dias_cbm.extraction import unit as extraction
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration


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
    connection: Connection, monkeypatch: pytest.MonkeyPatch, unit: Unit
) -> None:
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
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch, unit: Unit
) -> None:
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


def test_a_full_disk_of_the_database_uses_up_no_attempt(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, unit: Unit
) -> None:
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
    monkeypatch: pytest.MonkeyPatch,
    tries: int,
    outcome: Outcome | None,
    unit: Unit,
) -> None:
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
    connection: Connection, monkeypatch: pytest.MonkeyPatch, unit: Unit
) -> None:
    def full(*_: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "claim", full)
        assert extract(connection, unit, "w").outcome is Outcome.PAUSED
    assert extract(connection, unit, "w").outcome is Outcome.EXTRACTED
