"""A season of ten parcels of one crop with a list of outliers, and decisions on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from blocks import add_block, add_season

from dias_cbm.db.connection import Connection
from dias_cbm.outliers import decisions
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Finding

NAME = "dk-2018"
MORNING = datetime(2018, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def season(connection: Connection) -> int:
    """Parcels p1 to p10, all barley, and one list with them in this order; p1 and p2 are red."""
    number = add_season(connection, NAME)
    add_block(connection, number, 0, [f"p{n}" for n in range(1, 11)])
    add_list(connection, number)
    return number


def add_list(connection: Connection, season: int) -> int:
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'model', '{}', 'labels', '{}') returning id",
        (season,),
    ).fetchone()
    assert run is not None
    connection.execute(
        "insert into outlier (run, season, pid, declared, predicted, rank, status, observations,"
        " swap_odds, rank_odds) select %s, %s, 'p' || n, 'barley', 'rye', n,"
        " case when n < 3 then 'outlier' else 'confirmed' end, 9, 4 - n, 5 - n"
        " from generate_series(1, 10) as n",
        (run.id, season),
    )
    connection.commit()
    return int(run.id)


def found(pid: str, finding: str = "wrong", by: str = "ann", **options: Any) -> Decision:
    return Decision(pid, Finding(finding), by, **options)


def in_force(connection: Connection, season: int) -> dict[str, tuple[str, str]]:
    rows = decisions.in_force(connection, season)
    connection.commit()
    return {one.pid: (one.finding.value, one.by) for one in rows}


def number_of(connection: Connection) -> int:
    row = connection.execute("select count(*) as n from decision").fetchone()
    connection.commit()
    assert row is not None
    return int(row.n)
