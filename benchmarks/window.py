"""The window on a country's season of 560,000 parcels: tiles of its map, in one process."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks import ground, window_season
from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from dias_cbm.db.connection import connect

#: Parcels of a season that only checks that it works.
_QUICK = 5_000
_ASKED = 150
_TILES_MS, _CELLS_MS = 150, 100
_AIM_MS = 50


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Milliseconds of tiles, of cells, and of the list of what is in view."""
    parcels = _QUICK if bench.quick else window_season.PARCELS
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, bench.cache)
        with connect(url) as connection:
            window_season.fill(connection, parcels)
        return _measured(parcels), []


def _measured(parcels: int) -> list[Row]:
    # Imported here: they need the extra "window".
    from fastapi.testclient import TestClient

    from dias_cbm.window.app import application
    from dias_cbm.window.desk import Desk

    desk = Desk()
    app = application(desk)
    headers = {"Authorization": f"Bearer {desk.token}", "Accept-Encoding": "gzip"}
    with TestClient(app, headers=headers, base_url="http://127.0.0.1") as client:
        about, first = _timed(client, f"/api/v1/seasons/{window_season.NAME}/map")
        extent = about.json()["extent"]
        _, coloured = _timed(client, *_tile(8, extent, random.Random(0), "verdict"))
        generator = random.Random(1)
        rows = [
            Row(
                "map_first", "the first map of a season after a start", first + coloured, "ms",
                least=False, note=f"{parcels:,} parcels read into memory, and their verdicts",
            )
        ]  # fmt: skip
        for name, zooms, colour, must in (
            ("map_z14", (14,), "verdict", _TILES_MS),
            ("map_z12", (12,), "verdict", _TILES_MS),
            ("map_z11", (11,), "verdict", _TILES_MS),
            ("map_cells", (5, 6, 7, 8, 9, 10), "verdict", _CELLS_MS),
            ("map_cells_crop", (5, 6, 7, 8, 9, 10), "crop", _CELLS_MS),
        ):
            _timed(client, *_tile(zooms[0], extent, generator, colour))
            asked = [
                _tile(generator.choice(zooms), extent, generator, colour) for _ in range(_ASKED)
            ]
            levels = f"zoom {zooms[0]}" + (f" to {zooms[-1]}" if len(zooms) > 1 else "")
            what = f"a tile of {levels} by {colour}"
            rows.append(_row(name, what, must, _all(client, asked)))
        lists = [_list(extent, generator) for _ in range(_ASKED)]
        rows.append(_row("map_list", "the list of what is in view", _TILES_MS, _all(client, lists)))
    app.state.context.gate.close()
    return rows


def _tile(
    zoom: int, extent: list[float], generator: random.Random, colour: str
) -> tuple[str, dict[str, Any]]:
    west, south, east, north = extent
    x = generator.uniform(west, east) / 360 + 0.5
    latitude = np.radians(generator.uniform(south, north))
    y = 0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)
    path = f"/tiles/{window_season.NAME}/{zoom}/{int(x * 2**zoom)}/{int(y * 2**zoom)}.mvt"
    return path, {"colour": colour}


def _list(extent: list[float], generator: random.Random) -> tuple[str, dict[str, Any]]:
    west, south, east, north = extent
    wide, high = (east - west) / 10, (north - south) / 10
    left, low = generator.uniform(west, east - wide), generator.uniform(south, north - high)
    box = {"west": left, "south": low, "east": left + wide, "north": low + high}
    return f"/api/v1/seasons/{window_season.NAME}/map/view", box | {"colour": "verdict"}


def _all(client: Any, asked: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[float, int]]:
    """Milliseconds, and bytes as they are sent, of each."""
    found = []
    for path, query in asked:
        reply, took = _timed(client, path, query)
        found.append((took, reply.num_bytes_downloaded))
    return found


def _timed(client: Any, path: str, query: dict[str, Any] | None = None) -> tuple[Any, float]:
    started = time.perf_counter()
    reply = client.get(path, params=query)
    took = (time.perf_counter() - started) * 1000
    reply.raise_for_status()
    return reply, took


def _row(name: str, what: str, must: float, found: list[tuple[float, int]]) -> Row:
    took = [milliseconds for milliseconds, _ in found]
    middle, high = (float(one) for one in np.percentile(took, (50, 95)))
    sizes = np.percentile([size for _, size in found], (50, 95)) / 1000
    return Row(
        name,
        what,
        high,
        "ms",
        must,
        _AIM_MS,
        least=False,
        note=f"95 % of {len(found)}; 50 %: {middle:.0f} ms, {sizes[0]:.0f} kB",
        details={"p50": middle, "p95": high, "longest": max(took), "kB": sizes.tolist()},
    )
