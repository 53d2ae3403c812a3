"""Reading of a season's series, a block of parcels at a time, with a few queries for all blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.cards import PAIR_OF_CARD, Card
from dias_cbm.db.by_block import ByBlock, rows_by_block
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.markers import indices
from dias_cbm.markers.assembly import Block, SceneInfo
from dias_cbm.markers.margins import Margins
from dias_cbm.markers.margins import find as find_margins
from dias_cbm.markers.marker import Needs
from dias_cbm.markers.series import ParcelSeries, day_number
from dias_cbm.seasons import Season

# Rows of signatures fetched at a time: at most 4 kB an array.
_FETCH = 500

# The band whose count is that of a parcel's valid pixels: the first of those of 10 m.
_COUNTED = {Card.S2: ("B04", "B08", "B03", "B02", "NDVI")}


@dataclass(frozen=True, slots=True)
class BlockSeries:
    """The series of one block.

    :param place: int64[n], position of each parcel in the block's arrays, from 0.
    """

    blk: int
    place: NDArray[np.int64]
    series: ParcelSeries


@dataclass(frozen=True, slots=True)
class _Bands:
    """The arrays to read, as parameters of the query."""

    levels: list[str]
    statistics: list[str]
    counted: list[str]

    @property
    def wanted(self) -> list[str]:
        """``card:band`` of every row."""
        bands = {f"s2:{name.partition(':')[0]}" for name in self.statistics}
        return sorted({*self.levels, *self.counted, *bands})


def blocks(
    connection: Connection,
    season: Season,
    numbers: Sequence[int],
    needs: Needs,
    *,
    clear_classes: Sequence[int],
    median: bool = False,
) -> Iterator[BlockSeries]:
    """The series of some blocks, in order of their numbers, inside the caller's transaction.

    :param numbers: of the blocks.
    :param needs: the values to read; what the season does not have is left out.
    :param clear_classes: SCL classes that are clear.
    :param median: a band's name stands for its p50, not its mean.
    """
    values: dict[str, Any] = {"season": season.id, "blocks": sorted(numbers)}
    scenes = _scenes(connection.execute(query("markers/scenes"), values))
    own = frozenset(scenes)
    margins = find_margins(connection, season.id, sorted(numbers))
    if margins is not None:
        # A scene that this season has itself is not taken from another.
        scenes = _scenes(margins.scenes) | scenes
    bands = _bands(connection, season, needs)
    parcels = connection.execute(
        query("markers/parcels"), values | {"attributes": needs.attributes}
    ).fetchall()
    arrays = values | {
        "levels": bands.levels,
        "statistics": bands.statistics,
        "counted": bands.counted,
        "wanted": bands.wanted,
        "median": median,
    }
    with ExitStack() as stack:
        signatures = rows_by_block(stack, connection, "markers/signatures", arrays, _FETCH)
        histograms = rows_by_block(stack, connection, "markers/histograms", values, _FETCH)
        margin = None if margins is None else _margin(stack, connection, margins, arrays, own)
        for row in parcels:
            place = np.array(row.pos, np.int64) - 1
            block = Block(place)
            block.add_signatures(one for one in signatures.of(row.blk) if one.obsid in scenes)
            block.add_histograms(one for one in histograms.of(row.blk) if one.obsid in scenes)
            if margins is not None and margin is not None and row.blk in margins.links:
                here = [one.of(row.blk) for one in margin]
                block.add_margin(here[0], here[1], margins.links[row.blk])
            series = ParcelSeries(
                season=season.name,
                pids=row.pids,
                area_m2=np.array(row.area_m2, float),
                crops=np.array(row.crops, dtype=np.str_),
                attributes=row.attributes or [{} for _ in row.pids],
                optical=block.optical(scenes, sorted(needs.optical), clear_classes),
                radar=block.radar(scenes, sorted(needs.radar)),
                coherence=block.coherence(scenes, sorted(needs.coherence)),
                notes=np.array(row.notes, dtype=np.str_),
            )
            yield BlockSeries(row.blk, place, series)


def _scenes(rows: Iterable[Any]) -> dict[int, SceneInfo]:
    return {
        row.id: SceneInfo(day_number(row.day), Card(row.card), row.orbit, row.direction)
        for row in rows
        if row.card is not None
    }


def _bands(connection: Connection, season: Season, needs: Needs) -> _Bands:
    stored: dict[str, list[str]] = {}
    for row in connection.execute(query("markers/bands"), {"season": season.id}):
        stored.setdefault(row.card, []).append(row.band)
    plain = {name for name in needs.optical if ":" not in name}
    optical = plain | {band for name in plain for band in indices.bands_of(name)}
    wanted = {
        Card.S2: optical,
        Card.BS: needs.radar,
        **dict.fromkeys(PAIR_OF_CARD, needs.coherence),
    }
    levels = [f"{card}:{b}" for card, bands in wanted.items() for b in sorted(bands)]
    counted = [
        f"{card}:{_counted(Card(card), bands)}"
        for card, bands in stored.items()
        if wanted.get(Card(card)) or card == Card.S2
    ]
    statistics = sorted(name for name in needs.optical if ":" in name)
    return _Bands(levels, statistics, counted)


def _counted(card: Card, bands: Iterable[str]) -> str:
    bands = sorted(bands)
    return next((band for band in _COUNTED.get(card, ()) if band in bands), bands[-1])


def _margin(
    stack: ExitStack,
    connection: Connection,
    margins: Margins,
    arrays: dict[str, Any],
    own: frozenset[int],
) -> tuple[ByBlock, ByBlock]:
    """Signatures and histograms of the margins.

    :param own: scenes that the season has itself.
    """
    values = arrays | margins.parameters()
    values["scenes"] = [scene for scene in values["scenes"] if scene not in own]
    return (
        rows_by_block(stack, connection, "markers/margin_signatures", values, _FETCH),
        rows_by_block(stack, connection, "markers/margin_histograms", values, _FETCH),
    )
