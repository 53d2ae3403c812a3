"""Units of radar products: masks, kinds of gamma0, coherence."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from card_products import write_backscatter, write_coherence
from extracted import BANDS, PARCELS, VV, records
from fields import LoadParcels, Ready

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.locks import Lock, hold
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration


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


def waiting(connection: Connection) -> int:
    """How many sessions wait for a lock."""
    connection.execute("select pg_stat_clear_snapshot()")
    row = connection.execute(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    ).fetchone()
    return int(row.count)


def test_of_two_kinds_that_begin_together_one_is_refused(
    connection: Connection, database: str, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, one = ready(write_backscatter(store / "one", BANDS), Kind.CARD_BS, "one")
    _, other = ready(write_backscatter(store / "other", BANDS), Kind.CARD_BS, "other")
    connection.execute(
        'update dias_catalogue set engine = \'{"gamma0": "terrain"}\' where id = %s', (other.obsid,)
    )
    connection.commit()

    def work(unit: Unit) -> Outcome:
        with connect(database) as own:
            return extract(own, unit, f"worker of {unit.obsid}").outcome

    with ThreadPoolExecutor(2) as threads, connection.transaction():
        hold(connection, Lock.BACKSCATTER, one.season)
        ended = [threads.submit(work, unit) for unit in (one, other)]
        # Both have passed their first look, and wait to end.
        until = time.monotonic() + 60
        while waiting(connection) < len(ended) and not any(one.done() for one in ended):
            assert time.monotonic() < until
            time.sleep(0.05)
    assert sorted(future.result() for future in ended) == [Outcome.EXTRACTED, Outcome.FAILED]
    assert len({row.obsid for row in records(connection).values()}) == 1


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
