"""A season with optical signatures and scene classes of two blocks, for tests of markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_scene, add_season, add_signatures

from dias_cbm import ledger, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.ledger import LedgerScene
from dias_cbm.markers.events import Events, States
from dias_cbm.markers.events import Status as Answered
from dias_cbm.markers.marker import Needs
from dias_cbm.scenes import Kind, Status
from dias_cbm.seasons import Season

START, END = date(2018, 4, 1), date(2018, 6, 30)
#: After its end, so that the season is over.
TODAY = date(2018, 8, 1)
FIRST, SECOND = ("a", "b", "c", "d"), ("e", "f")
_HISTOGRAM = {
    "season": "smallint", "obsid": "integer", "blk": "integer", "class": "smallint",
    "count": "real[]",
}  # fmt: skip
NAN = float("nan")


@dataclass
class MarkerSeason:
    """A season whose scenes tests add one by one."""

    connection: Connection
    season: Season

    def scene(
        self,
        day: date,
        blk: int,
        ndvi: Sequence[float],
        clear: Sequence[float],
        pixels: Sequence[float] | None = None,
        *,
        name: str = "",
    ) -> LedgerScene:
        """A day's observation of one block, extracted; B08 and B04 give the NDVI.

        :param clear: share of vegetation pixels (class 4); the others are cloud (class 9).
        :param pixels: 100 each if None; NaN: outside of the scene.
        """
        start = datetime(day.year, day.month, day.day, 10, 30, tzinfo=UTC)
        scene = add_scene(
            self.connection, f"S2_{day}_{blk}{name}", start, Kind.S2_L2A, tile="32VNH"
        )
        self.extract(scene)
        count = np.array(pixels or [100.0] * len(ndvi), np.float32)
        value = np.array(ndvi, np.float32)
        red = np.where(np.isnan(count), np.nan, 0.1).astype(np.float32)
        near = red * (1 + value) / (1 - value)
        for band, mean in (("B04", red), ("B08", near)):
            add_signatures(
                self.connection, self.season.id, scene, blk, band, count, mean, std=mean / 4
            )
        share = np.array(clear, np.float32)
        rows = [
            (self.season.id, scene.id, blk, number, (count * part).astype(np.float32))
            for number, part in ((4, share), (9, 1 - share))
        ]
        copy_rows(self.connection, "histogram_block", _HISTOGRAM, rows)
        self.connection.commit()
        return scene

    def extract(self, scene: LedgerScene) -> None:
        """Enter that a scene is extracted."""
        self.connection.execute(
            "insert into extraction (season, obsid, tile, status, finished_at)"
            " values (%s, %s, '32VNH', 'extracted', now())",
            (self.season.id, scene.id),
        )
        ledger.change(self.connection, scene.id, expected=Status.INGESTED, to=Status.READY)

    def gap(self, day: date, blocks: list[int] | None = None, card: str = "s2") -> None:
        """An open gap."""
        self.connection.execute(
            "insert into gap (season, card, satellite, rel_orbit, tile, expected_at, cause,"
            " evidence, state, parcels, blocks, next_check) values (%s, %s, 'S2A', 8, '32VNH', %s,"
            " 'not_published', 'not listed', 'pending', 4, %s, now())",
            (self.season.id, card, datetime(day.year, day.month, day.day, 10, tzinfo=UTC), blocks),
        )
        self.connection.commit()

    def table(self, name: str) -> list[Any]:
        """Every row of a table or view."""
        return self.connection.execute(f"select * from {name} order by 1, 2, 3").fetchall()


def every(step: int, first: date = START, last: date = END) -> list[date]:
    """Days of the season, so many days apart."""
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]


class Faulty:
    """A marker that breaks its contract as it is told."""

    name, version, needs = "faulty", "1", Needs(optical=frozenset(["NDVI"]))
    fault = ""

    def run(self, series: Any, window: Any, options: Any) -> tuple[States, Events]:
        states = States.blank(len(series))
        if self.fault == "raises" and series.pids[0] == SECOND[0]:
            raise ZeroDivisionError("by zero")
        if self.fault == "short":
            states = States.blank(len(series) - 1)
        if self.fault == "reason":
            states.status[0] = Answered.NOT_EXECUTED
        if self.fault == "confidence":
            states.confidence[0] = 1.5
        return states, Events.none()


@pytest.fixture
def marked(connection: Any) -> MarkerSeason:
    """Ten looks at block 1 and at block 2: see the comments for what each parcel shows."""
    number = add_season(connection, "dk-2018", START, END)
    add_block(connection, number, 1, FIRST)
    add_block(connection, number, 2, SECOND)
    made = MarkerSeason(connection, next(s for s in seasons.all_seasons(connection)))
    for index, day in enumerate(every(10)):
        green = 0.7 if index == 4 else 0.2
        # a: green once. b: never green. c: always clouded but twice. d: four pixels.
        made.scene(
            day, 1, [green, 0.2, 0.6, 0.6], [1, 1, 1 if index < 2 else 0, 1], [100, 100, 100, 4]
        )
        # e: green. f: outside of all scenes.
        made.scene(day, 2, [0.6, 0.5], [0.95, 1], [100, NAN])
    return made
