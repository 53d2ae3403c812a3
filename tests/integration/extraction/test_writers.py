"""Eight processes on the same units: each is extracted once, and none is lost or doubled."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from card_products import write_backscatter
from fields import LoadParcels, Ready, field

from dias_cbm.db.connection import Connection, connect
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration

WRITERS, SCENES = 8, 24
Results = list[tuple[Unit, str, int]]


def write(number: int, url: str, units: list[Unit], start: object, results: object) -> None:
    """One process: begin together with the others, and try every unit."""
    with connect(url, application=f"writer {number}") as connection:
        start.wait()  # type: ignore[attr-defined]
        for unit in units:
            report = extract(connection, unit, f"writer {number}")
            results.put((unit, str(report.outcome), report.records))  # type: ignore[attr-defined]


def test_eight_concurrent_writers(
    connection: Connection, database: str, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    values = np.arange(48, dtype=np.float32).reshape(6, 8)
    load_parcels({f"{i}": field(i, 0, i + 1, 3) for i in range(8)})
    product = write_backscatter(store, {"Gamma0_VV": values, "Gamma0_VH": values / 4})
    units = [ready(product, Kind.CARD_BS, f"scene {number}")[1] for number in range(SCENES)]
    # Alone first: what all others must equal; and the kernel is compiled before the fork.
    assert extract(connection, units[0], "alone").outcome is Outcome.EXTRACTED
    expected = of_scene(connection, units[0].obsid)
    assert len(expected) == 2

    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(WRITERS), context.Queue()
    processes = [
        context.Process(target=write, args=(number, database, units, start, results))
        for number in range(WRITERS)
    ]
    for process in processes:
        process.start()
    found: Results = [results.get(timeout=120) for _ in range(WRITERS * SCENES)]
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0

    done = [(unit, records) for unit, outcome, records in found if outcome == Outcome.EXTRACTED]
    assert {outcome for _, outcome, _ in found} == {Outcome.EXTRACTED, Outcome.TAKEN}
    assert sorted(unit.obsid for unit, _ in done) == sorted(unit.obsid for unit in units[1:])
    assert {records for _, records in done} == {16}
    assert all(of_scene(connection, unit.obsid) == expected for unit in units)
    total = connection.execute(
        "select (select count(*) from signature_block) as blocks, sum(records) as records,"
        " count(*) filter (where status = 'extracted') as units, max(attempts) as attempts"
        " from extraction"
    ).fetchone()
    assert tuple(total) == (2 * SCENES, 16 * SCENES, SCENES, 1)
    states = connection.execute("select distinct status from dias_catalogue").fetchall()
    assert [row.status for row in states] == ["extracted"]


def of_scene(connection: Connection, obsid: int) -> list[str]:
    rows = connection.execute(
        "select (to_jsonb(block) - 'obsid')::text from signature_block as block"
        " where obsid = %s order by blk, band",
        (obsid,),
    ).fetchall()
    connection.commit()
    return [row[0] for row in rows]
