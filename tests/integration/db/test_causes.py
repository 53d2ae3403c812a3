"""The cause becomes a column of its own: what the tables hold is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.db.queries import SQL
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration

#: State, whether its product was validated, and reason before; cause and reason after.
SCENES = (
    ("failed", False, "corrupt: VV.img: 12 bytes", "corrupt", "VV.img: 12 bytes"),
    ("failed", True, "fetch_failed: two\nlines: here", "fetch_failed", "two\nlines: here"),
    ("failed", True, "extraction_failed: disk full", "extraction_failed", "disk full"),
    ("failed", False, "quarantined: no footprint", "quarantined", "no footprint"),
    (
        "failed",
        False,
        "not_indexed: deleted by the platform: Duplicate",
        "deleted",
        "its platform says: Duplicate",
    ),
    (
        "extracted",
        True,
        "deleted by the platform: Duplicate",
        "deleted",
        "its platform says: Duplicate",
    ),
    ("ordered", False, "pending: order 7 is queued", "pending", "order 7 is queued"),
    ("ready", True, "paused: the store is silent", "paused", "the store is silent"),
    ("no_parcels", True, "no_parcels: none under it", "no_parcels", "none under it"),
    ("failed", False, "killed", "card_failed", "killed"),
    ("failed", True, "gave up: no idea", "extraction_failed", "gave up: no idea"),
    ("failed", False, "corrupt", "corrupt", "corrupt"),
    ("ingested", False, "published again", None, "published again"),
    ("ingested", False, "taken up for scene 3: corrupt: short", None, None),
    ("extracted", True, None, None, None),
)
UNITS = (
    ("failed", "corrupt: bad stripe", "corrupt", "bad stripe"),
    ("failed", "2 workers died", "extraction_failed", "2 workers died"),
    ("no_parcels", "no_parcels: beside them", "no_parcels", "beside them"),
    ("ready", "paused: no answer", "paused", "no answer"),
    ("superseded", "fetch_failed: 404", "fetch_failed", "404"),
    ("extracted", None, None, None),
)


@pytest.fixture
def before(empty_database_url: str, tmp_path: Path) -> Iterator[Connection]:
    """A season in a database of the migration before, its reasons as they were then."""
    for file in (SQL / "schema").iterdir():
        if file.name < "015":
            (tmp_path / file.name).write_text(file.read_text())
    with connect(empty_database_url) as connection:
        migrate(connection, tmp_path)
        connection.execute(
            "insert into season (name, area, srid, epoch, starts, ends) values ('dk-2018',"
            " st_geomfromtext('multipolygon(((9 56, 10 56, 10 57, 9 56)))', 4326), 25832,"
            " '2018-01-01', '2018-05-01', '2018-06-05')"
        )
        for number, (status, validated, reason, *_) in enumerate(SCENES):
            connection.execute(
                "insert into dias_catalogue (platform, product_id, reference, obstime, endtime,"
                " sensor, card, kind, status, reason, engine) values ('cdse', %(number)s::text,"
                " 'x', '2018-05-01', '2018-05-01', 'S1A', 'bs', 'CARD_BS', %(status)s,"
                " %(reason)s, case when %(validated)s then '{}'::jsonb end)",
                {"number": number, "status": status, "validated": validated, "reason": reason},
            )
        for number, (status, reason, *_) in enumerate(UNITS):
            connection.execute(
                "insert into extraction (season, obsid, tile, status, reason)"
                " values (1, 1, %s, %s, %s)",
                (str(number), status, reason),
            )
        connection.execute(
            "insert into gap (season, card, satellite, rel_orbit, tile, expected_at, cause,"
            " evidence, state, parcels, next_check) values (1, 'bs', 'S1A', 44, '32VNH',"
            " '2018-05-02', 'not_acquired', 'e', 'late', 9, now())"
        )
        connection.commit()
        yield connection


def test_what_the_text_said_is_in_the_column_and_nothing_is_lost(before: Connection) -> None:
    assert "015_causes" in migrate(before)
    found = before.execute("select cause, reason from dias_catalogue order by id").fetchall()
    for (*_, reason, cause, kept), row in zip(SCENES, found, strict=True):
        assert (row.cause, row.reason) == (cause, kept or reason)
    found = before.execute("select cause, reason from extraction order by tile").fetchall()
    assert [tuple(row) for row in found] == [row[2:] for row in UNITS]
    (gap,) = before.execute("select cause, pg_typeof(cause)::text as type from gap").fetchall()
    assert tuple(gap) == ("not_acquired", "failure_cause")


def test_the_database_has_the_causes_of_the_code(connection: Connection) -> None:
    row = connection.execute("select enum_range(null::failure_cause)::text[] as causes").fetchone()
    assert row is not None
    assert row.causes == list(Cause)


def failed(connection: Connection, **values: object) -> None:
    connection.execute(
        "insert into dias_catalogue (platform, product_id, reference, obstime, endtime, sensor,"
        " kind, status, cause, reason) values ('cdse', %(kind)s, 'x', now(), now(), 'S1A',"
        " %(kind)s, 'failed', %(cause)s, 'in words')",
        values,
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_taken(connection: Connection, kind: Kind) -> None:
    failed(connection, kind=kind, cause="corrupt")


@pytest.mark.parametrize("values", [{"kind": "S3", "cause": "corrupt"}, {"kind": "S1_GRD"}])
def test_no_other_kind_and_no_failure_without_cause(
    connection: Connection, values: dict[str, str]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        failed(connection, **{"cause": None} | values)


def test_a_gap_has_none_of_the_causes_of_the_ledger(before: Connection) -> None:
    migrate(before)
    for cause in Cause:
        statement = "update gap set cause = %s"
        if cause.of_gap is cause:
            before.execute(statement, (cause,))
            continue
        with pytest.raises(psycopg.errors.CheckViolation), before.transaction():
            before.execute(statement, (cause,))
