"""The whole way from a scene on disk to committed records: ours, and JRC's.

Ours is :func:`dias_cbm.extraction.unit.extract` over every tile of a scene: ledger, product,
parcels from the database, statistics, COPY, commit; for a product as platforms deliver it (ENVI,
uncompressed), as it is made here (zstd), and, for comparison, for one with predictor 3 and for a
deflated one. JRC's is a chunk of 2,000 parcels from the same database, rasterstats, CSV and
``copy_from`` into a table of one row per record with its key; it has the image in memory already,
and is charged its share of reading the scene once. JRC's way from an uncompressed file, as in its
script, is a row of its own.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from benchmarks import ground, peers
from benchmarks.bench import Bench
from benchmarks.generator import BANDS, Work
from benchmarks.measure import (
    Cost,
    Sample,
    interleaved,
    local_backend,
    measured,
    median_rate,
)
from benchmarks.report import Row, Table, rate_of, ratio_row
from dias_cbm.db.connection import Connection, connect
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Kind

_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)
#: Read at a time: they stay in the processor's cache.
_COLUMNS = 1024


#: Format of a product -> name of its row, and whether it has a bound.
_FORMATS = {
    "zstd": ("scene_to_blocks", True),
    "ENVI": ("scene_to_blocks_envi", True),
    "zstd, predictor 3": ("scene_to_blocks_predictor", False),
    "deflate": ("scene_to_blocks_deflate", False),
}


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Records per CPU second of client and backend by format, and the ratio to JRC's way."""
    work = bench.nation()
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, work.folder)
        with connect(url, application="benchmark") as connection:
            samples = _samples(bench, work, connection, url)
    sampled = f"{sum(one.records for one in samples['jrc']):,} of its records sampled"
    return [
        *(_row(work, samples, name) for name in _FORMATS),
        ratio_row(
            "whole_way",
            "the same against JRC's way (rasterstats, CSV, copy_from, narrow table with key)",
            samples["zstd"],
            samples["jrc"],
            30,
            60,
            f"{sampled}; with the image in memory",
        ),
        ratio_row(
            "whole_way_file",
            "the same, JRC's way from an uncompressed file, as its script does it",
            samples["zstd"],
            samples["jrc_file"],
        ),
    ], []


def _row(work: Work, samples: dict[str, list[Sample]], kind: str) -> Row:
    name, bounded = _FORMATS[kind]
    note = (
        f"{work.case.parcels:,} parcels, {work.case.width:,} x {work.case.height:,} pixels x 2;"
        " client and backend"
    )
    details = rate_of(samples[kind])
    if kind == "zstd":
        reading = statistics.median(
            read.cost.cpu / whole.cost.cpu
            for read, whole in zip(samples["reading"], samples["zstd"], strict=True)
        )
        note += f"; to read the pixels alone takes {reading:.0%} of it"
        details |= {"share_of_reading": reading}
    return Row(
        name,
        f"scene ({kind}) to committed blocks in PostGIS, records per CPU second",
        median_rate(samples[kind]),
        "records/s",
        30_000 if bounded else None,
        60_000 if bounded else None,
        note=note,
        details=details,
    )


def _samples(bench: Bench, work: Work, connection: Connection, url: str) -> dict[str, list[Sample]]:
    season = ground.open_season(connection, work, "bench-2018", _STARTS, _ENDS)
    backend = local_backend(connection)
    planned = _planned(bench, work, connection)
    jrc = _Jrc(bench, work, season.id, url)
    for scenes in planned.values():
        extract_scene(connection, scenes.pop())
    jrc.in_memory(0)
    jrc.from_file(0)

    def ours(kind: str, number: int) -> Sample:
        return measured(lambda: extract_scene(connection, planned[kind][number]), [backend])

    contestants: dict[str, Callable[[int], Sample]] = {
        **{kind: partial(ours, kind) for kind in _FORMATS},
        "reading": lambda number: measured(partial(_read, work.scenes[0], len(BANDS))),
        "jrc": jrc.in_memory,
        "jrc_file": jrc.from_file,
    }
    return interleaved(bench.rounds, contestants)


def _planned(bench: Bench, work: Work, connection: Connection) -> dict[str, list[list[Unit]]]:
    """Units of the scenes of each format: one scene more than rounds, for the warm-up."""
    count = bench.rounds + 1
    products = {
        "zstd": (work.scenes[0], ground.KIND),
        "ENVI": (work.dimap(), Kind.CARD_BS),
        "zstd, predictor 3": (work.predicted(), ground.KIND),
        "deflate": (work.deflated(), ground.KIND),
    }
    return {
        name: ground.add_scenes(
            connection,
            work,
            [ground.location(work, path)] * count,
            ground.spread(_STARTS + timedelta(days=number), count, 300),
            kind=kind,
        )
        for number, (name, (path, kind)) in enumerate(products.items())
    }


def extract_scene(connection: Connection, units: list[Unit]) -> int:
    """Extract every unit of a scene; its records.

    :raises RuntimeError: one of them failed.
    """
    records = 0
    for unit in units:
        report = extract(connection, unit, "benchmark")
        if report.outcome not in (Outcome.EXTRACTED, Outcome.NO_PARCELS):
            raise RuntimeError(f"{unit}: {report.outcome}: {report.why}")
        records += report.records
    return records


class _Jrc:
    """JRC's way, one chunk and band at a time."""

    def __init__(self, bench: Bench, work: Work, season: int, url: str) -> None:
        self._season = season
        self._parcels = work.case.parcels
        self._size = bench.sample(peers.CHUNK)
        self._connection = peers.connect(url)
        self._backend = self._connection.get_backend_pid()
        with self._connection.cursor() as cursor:
            cursor.execute(peers.NARROW_TABLE.format("narrow"))
        self._connection.commit()
        self._raster, self._image = work.uncompressed(), work.first_band()
        self._transform = work.case.transform
        self._chunks = 0
        self._reading = measured(partial(_read, work.scenes[0], 1)).cost

    def in_memory(self, number: int) -> Sample:
        """A chunk from the database and back, and its share of reading the scene."""
        sample = self._chunk(self._size, self._image, self._transform)
        share, cost = self._size / self._parcels, sample.cost
        client, wall = (
            mine + share * reading
            for mine, reading in (
                (cost.client, self._reading.client),
                (cost.wall, self._reading.wall),
            )
        )
        return Sample(sample.records, Cost(client, cost.server, wall))

    def from_file(self, number: int) -> Sample:
        """The same with fewer parcels, whose pixels rasterstats reads itself."""
        return self._chunk(self._size // 4, self._raster, None)

    def _chunk(self, size: int, raster: Path | np.ndarray, transform: Affine | None) -> Sample:
        """One band of the next chunk of parcels, each as an observation of its own."""
        first = self._chunks * peers.CHUNK % (self._parcels - size) + 1
        self._chunks += 1

        def work() -> int:
            parcels = peers.read_chunk(self._connection, self._season, first, size)
            found = peers.with_rasterstats(parcels, raster, transform).to_numpy(float)
            rows = peers.narrow_rows(parcels["pid"], found, self._chunks, BANDS[0])
            return peers.write_chunk(self._connection, "narrow", rows)

        return measured(work, [self._backend])


def _read(scene: Path, bands: int) -> int:
    """Read the first bands of a scene with GDAL as the extraction does; the number of bands."""
    with rasterio.Env(GDAL_CACHEMAX=32 << 20), rasterio.open(scene) as dataset:
        height = dataset.block_shapes[0][0]
        buffer = np.empty(bands * height * _COLUMNS, np.float32)
        for top in range(0, dataset.height, height):
            for left in range(0, dataset.width, _COLUMNS):
                rows, columns = (
                    min(height, dataset.height - top),
                    min(_COLUMNS, dataset.width - left),
                )
                out = buffer[: bands * rows * columns].reshape(bands, rows, columns)
                window = Window(left, top, columns, rows)
                dataset.read(list(range(1, bands + 1)), window=window, out=out)
    return bands
