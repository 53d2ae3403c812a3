"""Units that two workers have, or whose parcels are replaced meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from card_products import write_backscatter
from extracted import BANDS, records, status, stored
from fields import LoadParcels, Ready, field

from dias_cbm import ledger, seasons
from dias_cbm.completeness.proof import Check, prove
from dias_cbm.db.connection import Connection, connect
from dias_cbm.extraction import signatures
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration


def test_two_workers_do_not_take_one_unit(connection: Connection, unit: Unit) -> None:
    assert ledger.claim(connection, unit, "first")
    assert extract(connection, unit, "second").outcome is Outcome.TAKEN
    assert stored(connection) == []


def test_a_worker_that_lost_its_lease_writes_nothing(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch, unit: Unit
) -> None:
    original = signatures.zonal

    def slowly(*arguments: Any, **options: Any) -> Any:
        """Meanwhile the lease runs out, and another worker does the work."""
        monkeypatch.setattr(signatures, "zonal", original)
        with connect(database) as other:
            other.execute("update extraction set claimed_at = claimed_at - interval '1 day'")
            assert extract(other, unit, "second").outcome is Outcome.EXTRACTED
        result = original(*arguments, **options)
        result.statistics[:, :, 1] = -1
        return result

    monkeypatch.setattr(signatures, "zonal", slowly)
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
    original = signatures.zonal

    def slowly(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(signatures, "zonal", original)
        load_parcels({"north": field(0, 3, 4, 5), "south": field(0, 0, 4, 2)}, replace=True)
        with connect(database) as other:
            ledger.plan_extractions(other, scene.id)
            other.commit()
            assert ledger.claim(other, unit, "task")
        return original(*arguments, **options)

    monkeypatch.setattr(signatures, "zonal", slowly)
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
    connection: Connection, unit: Unit
) -> None:
    extract(connection, unit, "w")
    season = next(one for one in seasons.all_seasons(connection) if one.id == unit.season)
    assert prove(connection, season).failing[Check.PARCELS] == []
    connection.execute("update extraction set parcels = gen_random_uuid()")
    (item,) = prove(connection, season).failing[Check.PARCELS]
    assert "computed from parcels that were replaced" in item
