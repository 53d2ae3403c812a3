"""The long run: a tenth of Denmark's year, from rasters on disk to five-day means in PostGIS.

    python -m benchmarks.long_run [--parcels N] [--observations N] [--distinct N] [--processes N]

56,000 parcels on 12,600 x 12,600 pixels (353 parcels per million pixels, as on a national scene),
241 observations of two bands over a year, two processes. A few distinct rasters stand for all
observations by hard links, so that the disk holds 14 GB instead of 270; ``--cold`` drops a raster
from the page cache before each reading, so that each one is really read from the disk.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks import ground, report
from benchmarks.campaign import JobReport, run_jobs
from benchmarks.generator import BANDS, Case, Work, make
from benchmarks.ground import CARD
from benchmarks.measure import conditions
from dias_cbm.db.connection import Connection, connect
from dias_cbm.ledger import Unit
from dias_cbm.seasons import Season

log = logging.getLogger("long_run")

ROOT = Path(__file__).resolve().parents[1]

_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)
_DAYS = 365
_NATION_RECORDS = 270_000_000
_PARCELS_PER_PIXEL = 150_000 / (25_000 * 17_000)
_SIZES = (
    "select sum(pg_total_relation_size(relid))::bigint as bytes"
    " from pg_partition_tree(%s::regclass)"
)
_CHECK = """
with theirs as (
    select
        record.band,
        ((scene.obstime at time zone 'UTC')::date - %(epoch)s) / 5 as period,
        avg(record.mean) as mean,
        count(record.mean) as n
    from signatures as record
    join dias_catalogue as scene on scene.id = record.obsid
    where record.season = %(season)s and record.pid = %(pid)s
    group by 1, 2
)
select
    count(*) as means,
    count(*) filter (where ours.n is distinct from theirs.n) as wrong,
    coalesce(max(abs(ours.mean - theirs.mean) / theirs.mean), 0) as largest
from theirs
left join five_day_means as ours
    on ours.season = %(season)s and ours.pid = %(pid)s and ours.direction = '*'
    and ours.band = theirs.band and ours.period = theirs.period
where theirs.n > 0
"""
_CHECKED_PARCELS = 50
_ASSUMPTIONS = (
    "the same records per million pixels, so ten times the area and not denser parcels",
    "ten times as many tiles: time grows with scenes and parcels as the scaling tables show",
    "the same disk, the same two processes, and PostgreSQL on the same machine",
    "products are there: nothing is fetched or made",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The data of the long run."""

    parcels: int
    observations: int
    distinct: int
    processes: int
    cold: bool

    @property
    def case(self) -> Case:
        """The parcels and rasters; the area grows with the parcels."""
        side = round((self.parcels / _PARCELS_PER_PIXEL) ** 0.5 / 100) * 100
        return Case("long-run", self.parcels, side, side, scenes=self.distinct)


def run(
    plan: Plan, admin_url: str, cache: Path, database: str, *, keep: bool = False
) -> dict[str, Any]:
    """Do the long run and return its summary.

    :param admin_url: of a database in the cluster to use.
    :param database: name of the one to work in; one of this name is replaced.
    :param keep: leave it behind.
    :raises RuntimeError: a unit failed, or the means are not those that SQL computes.
    """
    log.info("%s parcels, %s observations: making the data", plan.parcels, plan.observations)
    work = make(plan.case, cache)
    store = work.folder / "store"
    locations = _links(work, store, plan.observations)
    with ground.scratch_database(admin_url, database, keep=keep) as url:
        ground.plain_settings(url, store)
        with connect(url, application="long run") as connection:
            around = conditions(connection)
            log.info("loading parcels")
            started = time.perf_counter()
            season = ground.open_season(connection, work, "long-run-2018", _STARTS, _ENDS)
            loading = time.perf_counter() - started
            times = ground.spread(_STARTS, plan.observations, _DAYS)
            planned = ground.add_scenes(connection, work, locations, times)
            wall, reports = _work(plan, work, store, locations, planned)
            log.info("checking")
            result = _summary(plan, reports, wall) | {
                "parcels_loaded_in_s": round(loading, 1),
                **_state(connection, sum(one.records for one in reports), season),
                "conditions": around | {"load_average_after": os.getloadavg()},
            }
    return result


def _links(work: Work, store: Path, observations: int) -> list[str]:
    """Hard-link a raster for every observation to the distinct ones; returns their locations."""
    store.mkdir(exist_ok=True)
    names = []
    for number in range(observations):
        link = store / f"observation-{number:03d}.tif"
        scene = work.scenes[number % len(work.scenes)]
        if not (link.exists() and link.samefile(scene)):
            link.unlink(missing_ok=True)
            link.hardlink_to(scene)
        names.append(f"/eodata/{link.name}")
    return names


def _work(
    plan: Plan, work: Work, store: Path, locations: Sequence[str], planned: list[list[Unit]]
) -> tuple[float, list[JobReport]]:
    """Extract and average every scene, logging progress now and then."""
    files = [str(store / Path(location).name) for location in locations] if plan.cold else []
    reports: list[JobReport] = []
    records = 0
    started = said = time.perf_counter()
    for job in run_jobs(planned, plan.processes, files):
        reports.append(job)
        records += job.records
        now = time.perf_counter()
        for problem in job.problems:
            log.error("%s", problem)
        if now - said >= 10 or len(reports) == len(planned):
            said, passed = now, now - started
            left = passed / len(reports) * (len(planned) - len(reports))
            log.info(
                "%s of %s scenes, %s records, %.0f records/s, %.0f s passed, %.0f s to go",
                len(reports), len(planned), f"{records:,}", records / passed, passed, left,
            )  # fmt: skip
    wall = time.perf_counter() - started
    problems = [problem for job in reports for problem in job.problems]
    if problems:
        raise RuntimeError(f"{len(problems)} units failed, the first: {problems[0]}")
    return wall, reports


def _summary(plan: Plan, reports: Sequence[JobReport], wall: float) -> dict[str, Any]:
    records = sum(job.records for job in reports)
    cpu = sum(job.cpu for job in reports)
    return {
        "plan": asdict(plan) | {"pixels": plan.case.width * plan.case.height, "bands": len(BANDS)},
        "records": records,
        "wall_s": round(wall, 1),
        "records_per_s": round(records / wall),
        "cpu_s": round(cpu, 1),
        "cpu_of_backends_s": round(sum(job.cpu_server for job in reports), 1),
        "records_per_cpu_s": round(records / cpu),
        "extraction_s": round(sum(job.extraction for job in reports), 1),
        "means_s": round(sum(job.means for job in reports), 1),
        "means_written": sum(job.means_written for job in reports),
        "peak_memory_of_a_process_mb": round(max(job.peak_mb for job in reports)),
        "scenes_by_process": {
            str(worker): sum(job.worker == worker for job in reports)
            for worker in sorted({job.worker for job in reports})
        },
        "nation": {
            "records": _NATION_RECORDS,
            "hours": round(wall * _NATION_RECORDS / records / 3600, 2),
            "assumptions": list(_ASSUMPTIONS),
        },
    }


def _state(connection: Connection, records: int, season: Season) -> dict[str, Any]:
    """Check that the database is complete and its means equal SQL's; returns what was found.

    :raises RuntimeError: records of the ledger that differ, scenes not extracted, other means.
    """
    closed = connection.execute(
        "select (select sum(records) from extraction) as records,"
        " (select count(*) from dias_catalogue where status <> 'extracted') as open"
    ).fetchone()
    if closed is None or closed.records != records or closed.open:
        raise RuntimeError(f"the ledger has {closed}, the reports {records} records")
    sizes = {}
    for table in ("signature_block", "five_day_mean_block"):
        row = connection.execute(_SIZES, (table,)).fetchone()
        sizes[table] = 0 if row is None else int(row.bytes)
    return {
        "card": CARD,
        "bytes": sizes,
        "bytes_per_record": round(sizes["signature_block"] / records, 1),
        **_compare_means(connection, season),
    }


def _compare_means(connection: Connection, season: Season) -> dict[str, Any]:
    """Five-day means of some parcels against ``avg`` over their signatures.

    :raises RuntimeError: they differ by more than 1e-6, in number, or there are none.
    """
    means, largest = 0, 0.0
    for pid in range(1, _CHECKED_PARCELS + 1):
        values = {"season": season.name, "pid": str(pid), "epoch": season.epoch}
        found = connection.execute(_CHECK, values).fetchone()
        if found is None or found.wrong or found.largest > 1e-6:
            raise RuntimeError(f"the five-day means of parcel {pid} differ from SQL's: {found}")
        means, largest = means + found.means, max(largest, found.largest)
    if not means:
        raise RuntimeError("there are no five-day means")
    return {"means_checked_against_sql": means, "largest_relative_difference": largest}


def main(arguments: list[str] | None = None) -> int:
    """Run it from the command line; log and result go to ``benchmarks/results``."""
    chosen = _parser().parse_args(arguments)
    url = os.environ.get("CBM_DATABASE_URL")
    if not url:
        sys.exit("set CBM_DATABASE_URL to a PostgreSQL with PostGIS on this machine")
    stem = f"long-run-{datetime.now(UTC):%Y-%m-%dT%H%M}"
    chosen.results.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(name)s %(message)s",
        handlers=[
            logging.StreamHandler(),
            logging.FileHandler(chosen.results / f"{stem}.log"),
        ],
    )
    plan = Plan(chosen.parcels, chosen.observations, chosen.distinct, chosen.processes, chosen.cold)
    result = run(plan, url, chosen.cache, chosen.database, keep=chosen.keep)
    text = json.dumps(result, indent=2)
    report.write(chosen.results / f"{stem}.json", text)
    print(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.long_run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parcels", type=int, default=56_000)
    parser.add_argument("--observations", type=int, default=241)
    parser.add_argument("--distinct", type=int, default=12, help="different rasters (1.1 GB each)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cold", action="store_true", help="read every raster from the disk")
    parser.add_argument("--database", default="cbm_long_run", help="its name; replaced if there")
    parser.add_argument("--keep", action="store_true", help="keep the database")
    parser.add_argument("--cache", type=Path, default=ROOT / ".run" / "bench")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
