"""The kernel benchmark: eight statistics of parcels from uncompressed pixels on one core.

Ours is the public function :func:`dias_cbm.extraction.stream.zonal` on both bands of a scene: it
builds the spans and reads the file; the time to read the same stripes alone is subtracted.
rasterstats and exactextract get an array in memory. rasterstats on the file, as in JRC's script, is
a row of its own, with our reading counted. All are warmed up before, and the file is in the page
cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import geopandas
import numpy as np
import rasterio
from rasterio.windows import Window

from benchmarks import peers
from benchmarks.bench import Bench
from benchmarks.generator import BANDS, NODATA, SRID, Work
from benchmarks.measure import Cost, Sample, interleaved, measured
from benchmarks.report import Row, Table, ratio_row
from dias_cbm.config.settings import settings
from dias_cbm.extraction.plan import UNTILED_ROWS
from dias_cbm.extraction.statistics import STATISTICS
from dias_cbm.extraction.stream import zonal
from dias_cbm.products.open import Band, Grid

_EXACT = ("count", "min", "max")
_TOLERANCE = 1e-6


def uncompressed_bands(work: Work) -> list[Band]:
    """The bands of a case's first scene, without compression."""
    path = work.uncompressed()
    with rasterio.open(path) as source:
        grid = Grid(source.crs, source.transform, source.width, source.height)
    return [
        Band(name, str(path), index, "float32", NODATA, 1.0, 0.0, grid)
        for index, name in enumerate(BANDS, start=1)
    ]


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Compare with rasterstats and exactextract, in speed and in results."""
    work = bench.tile()
    contest = _Contest(bench, work)
    contestants: dict[str, Callable[[int], Sample]] = {
        "ours": contest.ours,
        "reading": contest.reading,
        "rasterstats": contest.rasterstats,
        "rasterstats_file": contest.rasterstats_file,
        "exactextract": contest.exactextract,
    }
    for warm_up in contestants.values():
        warm_up(0)
    contest.found.clear()
    samples = interleaved(bench.rounds, contestants)
    kernel = [_less(a, b) for a, b in zip(samples["ours"], samples["reading"], strict=True)]
    sampled = contest.size * bench.rounds
    sizes = f"{work.case.parcels:,} parcels x 2 bands; of the peer {sampled:,} x 1, sampled"
    mine = zonal(work.rings(), SRID, contest.bands[:1]).statistics[0, :sampled]
    return [
        ratio_row(
            "kernel_rasterstats",
            f"kernel against rasterstats, chunks of {contest.size:,} features, array in memory",
            kernel,
            samples["rasterstats"],
            150,
            300,
            f"{sizes}; spans included, reading taken off",
        ),
        ratio_row(
            "kernel_rasterstats_file",
            "the same from an uncompressed file, which is what JRC's script gives to rasterstats",
            samples["ours"],
            samples["rasterstats_file"],
            note="reading and spans included",
        ),
        ratio_row(
            "kernel_exactextract",
            "kernel against exactextract, feature-sequential, array in memory",
            kernel,
            samples["exactextract"],
            60,
            120,
            f"{sizes}; spans included, reading taken off",
        ),
        agreement(mine, np.concatenate(contest.found)),
    ], []


@dataclass
class _Contest:
    """The contestants, and what each does in a round.

    :param found: what rasterstats found, float64[k, 8] a round.
    """

    bench: Bench
    work: Work
    found: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.size = self.bench.sample(peers.CHUNK)
        self.bands = uncompressed_bands(self.work)
        self._raster = self.work.uncompressed()
        self._rings = self.work.rings()
        geometries = self.work.geometries()[: self.size * self.bench.rounds]
        self._parcels = geopandas.GeoDataFrame(geometry=geometries, crs=SRID)
        # Read once, so that all its pages are in memory when it is used.
        self._image, self._transform = self.work.first_band().copy(), self.work.case.transform

    def _chunk(self, number: int) -> geopandas.GeoDataFrame:
        return self._parcels.iloc[number * self.size : (number + 1) * self.size]

    def ours(self, number: int) -> Sample:
        return measured(lambda: zonal(self._rings, SRID, self.bands).inside.size)

    def reading(self, number: int) -> Sample:
        """Only the reading part of ours, for the same number of records."""
        rows = min(settings().extraction.stripe_rows, UNTILED_ROWS)

        def read() -> int:
            with (
                rasterio.Env(GDAL_CACHEMAX=settings().extraction.gdal_cache_mb << 20),
                rasterio.open(self._raster) as dataset,
            ):
                buffer = np.empty((dataset.count, rows, dataset.width), np.float32)
                for first in range(0, dataset.height, rows):
                    window = Window(0, first, dataset.width, min(rows, dataset.height - first))
                    dataset.read(window=window, out=buffer[:, : window.height])
            return len(BANDS) * self.work.case.parcels

        return measured(read)

    def rasterstats(self, number: int) -> Sample:
        def work() -> int:
            frame = peers.with_rasterstats(self._chunk(number), self._image, self._transform)
            self.found.append(frame.to_numpy(float))
            return len(frame)

        return measured(work)

    def rasterstats_file(self, number: int) -> Sample:
        chunk = self._chunk(number).iloc[: self.size // 4]
        return measured(lambda: len(peers.with_rasterstats(chunk, self._raster)))

    def exactextract(self, number: int) -> Sample:
        chunk = self._chunk(number)
        return measured(lambda: len(peers.with_exactextract(chunk, self._image, self._transform)))


def _less(whole: Sample, part: Sample) -> Sample:
    a, b = whole.cost, part.cost
    return Sample(whole.records, Cost(a.client - b.client, a.server - b.server, a.wall - b.wall))


def agreement(ours: np.ndarray, theirs: np.ndarray) -> Row:
    """The row on the share of parcels with the same numbers as rasterstats.

    :param ours: float64[k, 8], and ``theirs`` likewise, in the order of ``STATISTICS``.
    """
    equal = np.ones(len(ours), dtype=bool)
    worst = {}
    for column, name in enumerate(STATISTICS):
        a, b = ours[:, column], theirs[:, column]
        neither = np.isnan(a) & np.isnan(b)
        difference = np.where(neither, 0.0, np.abs(a - b) / np.maximum(np.abs(b), 1e-30))
        difference[np.isnan(difference)] = np.inf
        difference[a == b] = 0.0
        equal &= difference <= (0.0 if name in _EXACT else _TOLERANCE)
        worst[name] = float(difference.max())
    share = 100.0 * float(equal.mean())
    return Row(
        "agreement",
        "parcels equal to rasterstats: count, min, max exact, others within 1e-6",
        share,
        "%",
        100.0,
        100.0,
        note=f"{int(equal.sum()):,} of {len(equal):,} parcels,"
        f" {int((ours[:, 0] == 0).sum())} of them without a valid pixel",
        details={"parcels": len(equal), "largest_relative_difference": worst},
    )
