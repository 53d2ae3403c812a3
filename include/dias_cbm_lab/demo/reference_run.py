"""The reference run: the season through the pipeline without Airflow, for comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

import numpy as np

from dias_cbm import seasons
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.errors import ServiceError
from dias_cbm.pipeline.season import End, SeasonRunner
from dias_cbm.scenes import Card
from dias_cbm_lab.demo import main_job
from dias_cbm_lab.season.simulate import DemoSeason

#: Table -> its rows in an order that both databases share, and how many columns identify a row.
TABLES: Mapping[str, tuple[LiteralString, int]] = {
    "ledger": (
        "select reference, status::text,"
        " case when status = 'failed' then concat(cause, ': ', reason) end"
        " from dias_catalogue where card is not null order by reference",
        3,
    ),
    "signatures": (
        "select scene.reference, block.blk, block.band, block.rule, block.count, block.mean,"
        " block.std, block.min, block.max, block.p25, block.p50, block.p75"
        " from signature_block as block"
        " join dias_catalogue as scene on scene.id = block.obsid"
        " order by scene.reference, block.blk, block.band",
        4,
    ),
    "histograms": (
        "select scene.reference, block.blk, block.class as scene_class, block.count"
        " from histogram_block as block"
        " join dias_catalogue as scene on scene.id = block.obsid"
        " order by scene.reference, block.blk, block.class",
        3,
    ),
    "five-day means": (
        "select card, period, blk, band, direction, n, mean from five_day_mean_block"
        " order by card, period, blk, band, direction",
        5,
    ),
}

#: Compared only between runs that asked the catalogue at the same times; others may differ.
GAPS: Mapping[str, tuple[LiteralString, int]] = {
    "gaps": (
        "select season, card, satellite, rel_orbit, tile, expected_at, cause, state, parcels,"
        " blocks::text, obsid is not null as has_scene from gap"
        " order by season, card, satellite, rel_orbit, tile, expected_at",
        11,
    ),
}

# Offline products are not waited for.
_QUIET_ENDS = (End.DONE, End.WAITS)

# Means of the same numbers, added up in another order.
_TOLERANCE = {"five-day means": 1e-6}


def process(made: DemoSeason, url: str) -> None:
    """Run a season through the pipeline, day after day, with the current settings.

    :param url: of an empty database.
    :raises ServiceError: a day failed.
    """
    with connect(url) as connection:
        migrate(connection)
        main_job.load_season(connection, made)
        season = seasons.get(connection, made.name)
        runner = SeasonRunner(connection, season, tuple(Card), season.starts, season.ends)
        failed = [one for one in runner.run().unfinished if one.end not in _QUIET_ENDS]
        if failed:
            raise ServiceError(f"{len(failed)} days failed: {failed[0]}", subject=made.name)


def differences(
    one: Connection, other: Connection, tables: Mapping[str, tuple[LiteralString, int]] = TABLES
) -> list[str]:
    """Differences between two databases, one line each; means may differ by a millionth.

    :param tables: as :data:`TABLES`.
    """
    return [
        f"{name}: {text}"
        for name, (statement, keys) in tables.items()
        for text in _compare(
            one.execute(statement).fetchall(),
            other.execute(statement).fetchall(),
            keys,
            _TOLERANCE.get(name, 0.0),
        )
    ]


def _compare(found: list[Any], expected: list[Any], keys: int, tolerance: float) -> Iterator[str]:
    rows, wanted = ({row[:keys]: row[keys:] for row in rows} for rows in (found, expected))
    yield from (f"lost {key}" for key in wanted if key not in rows)
    yield from (f"unexpected {key}" for key in rows if key not in wanted)
    if len(rows) != len(found):
        yield f"{len(found) - len(rows)} rows doubled"
    for key in rows.keys() & wanted.keys():
        for values, others in zip(rows[key], wanted[key], strict=True):
            # A driver may return an array's NaN as None.
            here, there = (np.asarray(one, dtype=float) for one in (values, others))
            if here.shape != there.shape or not np.allclose(
                here, there, rtol=tolerance, atol=0.0, equal_nan=True
            ):
                yield f"other values {key}"
                break
