"""Peers and bands as rows, and as CSV files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dias_cbm.csv_cells import write_rows
from dias_cbm.peers.comparison import Band
from dias_cbm.peers.search import Peers

PEER_COLUMNS = ("season", "pid", "peer", "crop", "distance_m", "area_ha", "pixels", "outlier")
BAND_COLUMNS = (
    "season", "pid", "card", "band", "direction", "window_start", "window_end", "n",
    "own", "p10", "p50", "p90", "side", "own_db", "p10_db", "p50_db", "p90_db",
)  # fmt: skip


def peer_rows(found: Peers) -> Iterator[dict[str, Any]]:
    """One row a peer, nearest first."""
    for one in found.peers:
        values = (
            found.season, found.pid, one.pid, one.crop, round(one.distance, 1),
            round(one.area_m2 / 1e4, 4), round(one.pixels, 1), one.outlier,
        )  # fmt: skip
        yield dict(zip(PEER_COLUMNS, values, strict=True))


def band_rows(found: Band) -> Iterator[dict[str, Any]]:
    """One row a series and window; ``window_end`` is the last day, included."""
    for series in found.series:
        for one in series.windows:
            linear, db = one.values, one.db
            values = (
                found.season, found.pid, series.card, series.band, series.direction,
                one.first, one.last, one.n, linear.own, linear.p10, linear.p50, linear.p90,
                one.side and str(one.side),
                *((db.own, db.p10, db.p50, db.p90) if db else (None,) * 4),
            )  # fmt: skip
            yield dict(zip(BAND_COLUMNS, values, strict=True))


def write_peers(found: Peers, path: Path) -> int:
    """Write the peers as CSV, complete or not at all; the number of rows."""
    return write_rows(path, PEER_COLUMNS, peer_rows(found))


def write_band(found: Band, path: Path) -> int:
    """Write the band as CSV, complete or not at all; the number of rows."""
    return write_rows(path, BAND_COLUMNS, band_rows(found))
