"""The season once more, through plain library calls, without Airflow; and whether both agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dias_cbm import averages, ledger, seasons
from dias_cbm.card.make import make_card
from dias_cbm.card.plan import plan_products
from dias_cbm.catalogue.sync import sync
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.extraction.unit import extract
from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card
from dias_cbm_lab.demo import main_job
from dias_cbm_lab.season.simulate import DemoSeason

#: Table -> its rows in an order that both databases share, and how many columns name a row.
TABLES = {
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

# Means of the same numbers, added up in another order.
_TOLERANCE = {"five-day means": 1e-6}


def process(made: DemoSeason, url: str) -> None:
    """Take a season through the library, scene after scene, by the settings that are in force.

    :param url: of an empty database.
    """
    with connect(url) as connection:
        migrate(connection)
        main_job.load_season(connection, made)
        season = seasons.get(connection, made.name)
        start, end = day_bounds(season.starts, season.ends)
        kinds = (*SOURCE_OF_CARD.values(), *KIND_OF_CARD.values())
        sync(connection, season, tuple(dict.fromkeys(kinds)), start, end)
        for card in Card:
            plan_products(connection, card, start, end)
        connection.commit()
        scenes = connection.execute(
            "select id, card from dias_catalogue where card is not null and status not in"
            " ('superseded', 'failed') order by obstime"
        ).fetchall()
        for scene in scenes:
            make_card(connection, scene.id)
            if ledger.get(connection, scene.id).status == "ready":
                units = ledger.plan_extractions(connection, scene.id)
                connection.commit()
                for unit in units:
                    extract(connection, unit, "undisturbed")
        for card in {scene.card for scene in scenes}:
            members = [scene.id for scene in scenes if scene.card == card]
            averages.update(connection, season.id, card, obsids=members)
        connection.commit()


def differences(one: Connection, other: Connection) -> list[str]:
    """Where two databases do not hold the same, a line each; means up to a millionth."""
    return [
        f"{name}: {text}"
        for name, (statement, keys) in TABLES.items()
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
    yield from (f"not to be there {key}" for key in rows if key not in wanted)
    if len(rows) != len(found):
        yield f"{len(found) - len(rows)} rows doubled"
    for key in rows.keys() & wanted.keys():
        for values, others in zip(rows[key], wanted[key], strict=True):
            # None is an array's NaN where a driver says so.
            here, there = (np.asarray(one, dtype=float) for one in (values, others))
            if here.shape != there.shape or not np.allclose(
                here, there, rtol=tolerance, atol=0.0, equal_nan=True
            ):
                yield f"other values {key}"
                break
