"""How many bytes a record takes, and that the inventory counts what is there."""

from __future__ import annotations

import json

import numpy as np
import pytest
from blocks import add_season
from typer.testing import CliRunner

from dias_cbm.cli import db
from dias_cbm.db import inventory
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.extraction.statistics import STATISTICS
from dias_cbm.precision import Precision, quantised

pytestmark = pytest.mark.integration

PARCELS, BLOCKS, SCENES = 992, 5, 24
COLUMNS = {
    "season": "smallint",
    "card": "text",
    "obsid": "integer",
    "blk": "integer",
    "band": "text",
    "rule": "text",
} | dict.fromkeys(STATISTICS, "real[]")


@pytest.fixture(params=[Precision.FULL])
def season(connection: Connection, request: pytest.FixtureRequest) -> int:
    """Full blocks of random numbers: 238,080 records, eight MB."""
    precision: Precision = request.param
    made = add_season(connection, "dk-2018", precision=precision)
    connection.execute("truncate signature_block")
    connection.execute(
        "insert into parcel_block (season, blk, tile, parcels, extent)"
        " select %s, blk, '32VNH', %s, st_makeenvelope(9, 56, 9.5, 56.5, 4326)"
        " from generate_series(1, %s) as blk",
        (made, PARCELS, BLOCKS),
    )
    connection.execute(
        "insert into dias_catalogue (platform, product_id, reference, obstime, endtime, sensor,"
        " card, kind, status) select 'local', n, n, now(), now(), 'S1A', 'bs', 'CARD_BS',"
        " 'extracted' from generate_series(1, %s) as n",
        (SCENES,),
    )
    connection.execute(
        "insert into extraction (season, obsid, tile, status, records)"
        " select %s, id, '32VNH', 'extracted', %s from dias_catalogue",
        (made, BLOCKS * PARCELS * 2),
    )
    rng = np.random.default_rng(1)
    kept = quantised if precision is Precision.QUANTISED else np.asarray
    rows = (
        (made, "bs", obsid, blk, band, "centre", *kept(rng.random((8, PARCELS), np.float32)))
        for obsid in range(1, SCENES + 1)
        for blk in range(1, BLOCKS + 1)
        for band in ("VV", "VH")
    )
    copy_rows(connection, "signature_block", COLUMNS, rows)
    connection.commit()
    return made


def test_a_record_takes_36_bytes_at_most_keys_included(connection: Connection, season: int) -> None:
    (found,) = inventory.take(connection).signatures
    assert (found.season, found.card) == ("dk-2018", "bs")
    assert found.blocks == BLOCKS * SCENES * 2
    assert found.records == found.slots == PARCELS * BLOCKS * SCENES * 2
    assert found.bytes_per_record is not None
    # Eight float32 with their lengths are 64 bytes in an array's wire format, 32 in the table's.
    assert 32 < found.bytes_per_record <= 36


@pytest.mark.parametrize("season", [Precision.QUANTISED], indirect=True)
def test_a_rounded_record_takes_two_thirds_of_that(connection: Connection, season: int) -> None:
    (found,) = inventory.take(connection).signatures
    assert found.bytes_per_record is not None
    assert found.bytes_per_record <= 24
    text = CliRunner().invoke(db.app, ["stats"]).output
    assert "bytes a record with keys, statistics rounded to 8 binary digits, 0.4% at most" in text


def test_the_command(connection: Connection, season: int) -> None:
    report = json.loads(CliRunner().invoke(db.app, ["stats", "--json"]).output)
    (signatures,) = report["signatures"]
    assert report["tables"]["signature_block"] >= signatures["size"] > 0
    assert "signature_block_1" not in report["tables"]
    assert report["units"] == [
        {
            "season": "dk-2018",
            "status": "extracted",
            "units": SCENES,
            "records": signatures["records"],
        }
    ]
    assert report["scenes"] == [{"card": "bs", "status": "extracted", "scenes": SCENES}]
    text = CliRunner().invoke(db.app, ["stats"]).output
    assert "dk-2018 bs: 238,080 records in 240 blocks" in text
    assert "bytes a record with keys" in text


def test_replaced_signatures_are_no_longer_counted(connection: Connection, season: int) -> None:
    """A superseded scene counts until the better one's signatures are in its place."""

    def supersede(loser: int, winner: int) -> None:
        connection.execute(
            "update dias_catalogue set status = 'superseded', superseded_by = %s where id = %s",
            (winner, loser),
        )

    before = inventory.take(connection).signatures[0].records
    connection.execute("update extraction set status = 'ready', records = null where obsid = 2")
    supersede(1, 2)
    supersede(3, 4)
    (found,) = inventory.take(connection).signatures
    # Scene 2 has none yet, so scene 1 still stands in for it; scene 3 has been replaced by 4.
    assert found.records == before - 2 * BLOCKS * PARCELS * 2
