"""Margins: the days just before and after a season, from the neighbouring season if it is there.

A parcel is the same in both if it has the same identifier, nearly the same area and place. One that
is not has no observations in the margins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query

#: Days read before a season's first day and after its last.
DAYS = 60

#: Block of a season -> (other season, its block) -> positions here and there, from 0.
Links = dict[int, dict[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.int64]]]]


@dataclass(frozen=True, slots=True)
class Margins:
    """The blocks of other seasons that hold parcels of this one.

    :param scenes: rows of the scenes in the margins, as :file:`markers/scenes.sql` has them.
    """

    links: Links
    scenes: list[Any]

    def parameters(self) -> dict[str, Any]:
        """The links as parameters of a query, a column each."""
        flat = [(blk, *other) for blk, others in self.links.items() for other in others]
        return {
            "blks": [one[0] for one in flat],
            "seasons": [one[1] for one in flat],
            "others": [one[2] for one in flat],
            "scenes": [scene.id for scene in self.scenes],
        }


def state(connection: Connection, season: int) -> str | None:
    """Hash of what other seasons have in the margins; None if nothing."""
    values = {"season": season, "days": DAYS}
    row = connection.execute(query("markers/margin_state"), values).fetchone()
    return None if row is None else row.hash


def find(connection: Connection, season: int, blocks: list[int]) -> Margins | None:
    """The margins of some blocks; None if there are none.

    :param season: id of the season.
    """
    if state(connection, season) is None:
        return None
    values: dict[str, Any] = {"season": season, "days": DAYS, "blocks": blocks}
    links: Links = {}
    for row in connection.execute(query("markers/margin_links"), values):
        pair = np.array(row.pos, np.int64) - 1, np.array(row.other_pos, np.int64) - 1
        links.setdefault(row.blk, {})[row.season, row.other] = pair
    if not links:
        return None
    margins = Margins(links, [])
    values |= margins.parameters()
    scenes = connection.execute(query("markers/margin_scenes"), values).fetchall()
    return Margins(links, scenes) if scenes else None
