"""Storage: the write path alone, and five-day means.

Both sides hold the same records of the same parcels with their keys: ours in blocks, the peer's as
JRC has them, one row per record with the primary key (pid, obsid, band).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from benchmarks import blocks, ground, peers
from benchmarks.bench import Bench
from benchmarks.generator import BANDS
from benchmarks.ground import CARD
from benchmarks.measure import Sample, interleaved, local_backend, measured
from benchmarks.report import Row, Table, ratio_row
from dias_cbm import averages
from dias_cbm.db.connection import Connection, connect
from dias_cbm.seasons import Season

_STARTS = date(2018, 1, 1)
_SCENES, _DAYS = 25, 40

_FILL = (
    "insert into narrow select pid::integer, obsid, band, count, mean, std, min, max, p25, p50, p75"
    " from signature_records(%s, %s)"
)
_GROUP_BY = (
    "insert into narrow_mean"
    " select narrow.pid, narrow.band, ((scene.obstime at time zone 'UTC')::date - %s) / 5,"
    " avg(narrow.mean), count(narrow.mean)"
    " from narrow join dias_catalogue as scene on scene.id = narrow.obsid group by 1, 2, 3"
)
_COMPARE = """
with ours as (
    select slot.pid::integer as pid, block.band, block.period,
        block.mean[slot.pos] as mean, block.n[slot.pos] as n
    from five_day_mean_block as block
    join parcel_slot as slot on slot.season = block.season and slot.blk = block.blk
    where block.direction = '*'
)
select
    count(*) filter (where theirs.n is null or theirs.n <> coalesce(ours.n, 0)) as wrong_n,
    max(abs(ours.mean - theirs.mean) / theirs.mean) as largest,
    count(*) as means
from ours
full join narrow_mean as theirs using (pid, band, period)
where ours.n is null or ours.n > 0
"""


def run_write(bench: Bench) -> tuple[list[Row], list[Table]]:
    """The write path alone."""
    with (
        ground.scratch_database(bench.admin_url) as url,
        connect(url, application="benchmark") as connection,
    ):
        season = _season(bench, connection, url, bench.rounds)
        samples = _write_both(bench, connection, url, season)
        records = sum(one.records for one in samples["ours"])
        size = _number(connection, "select pg_total_relation_size('narrow')")
    return [
        ratio_row(
            "write_path",
            "write path against JRC's CSV way, keys on both sides",
            samples["ours"],
            samples["jrc"],
            15,
            25,
            f"{records:,} records each, a scene a commit against 2,000 rows a commit;"
            f" JRC's table takes {size / records:.1f} B a record",
        ),
    ], []


def _write_both(
    bench: Bench, connection: Connection, url: str, season: Season
) -> dict[str, list[Sample]]:
    layout = blocks.layout(connection, season.id)
    backend = local_backend(connection)
    peer = peers.connect(url)
    with peer.cursor() as cursor:
        cursor.execute(peers.NARROW_TABLE.format("narrow"))
    peer.commit()
    parcels = sum(size for _, size in layout)

    def ours(number: int) -> Sample:
        made = blocks.values(parcels, number + 1)
        return measured(
            lambda: blocks.write(connection, season.id, number + 1, made, layout), [backend]
        )

    def jrc(number: int) -> Sample:
        made = blocks.values(parcels, number + 1)

        def work() -> int:
            written = 0
            for first in range(0, parcels, peers.CHUNK):
                pids = range(first + 1, min(first + peers.CHUNK, parcels) + 1)
                for band, statistics in zip(BANDS, made, strict=True):
                    chunk = statistics[:, first : first + peers.CHUNK].T
                    rows = peers.narrow_rows(pids, chunk, number + 1, band)
                    written += peers.write_chunk(peer, "narrow", rows)
            return written

        return measured(work, [peer.get_backend_pid()])

    contestants: dict[str, Callable[[int], Sample]] = {"ours": ours, "jrc": jrc}
    try:
        return interleaved(bench.rounds, contestants)
    finally:
        peer.close()


def run_means(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Five-day means of a season against one GROUP BY over the narrow table."""
    with (
        ground.scratch_database(bench.admin_url) as url,
        connect(url, application="benchmark") as connection,
    ):
        season = _season(bench, connection, url, _SCENES)
        layout = blocks.layout(connection, season.id)
        parcels = sum(size for _, size in layout)
        records = 0
        for obsid in range(1, _SCENES + 1):
            made = blocks.values(parcels, obsid)
            records += blocks.write(connection, season.id, obsid, made, layout)
        _fill_narrow(connection, season)
        samples = _mean_both(bench, connection, season, records)
        compared = connection.execute(_COMPARE).fetchone()
    if compared is None or compared.wrong_n or not compared.largest <= 1e-6:
        raise RuntimeError(f"the five-day means differ from SQL's: {compared}")
    note = f"{records:,} records, {compared.means:,} means, equal within {compared.largest:.1e}"
    what = "five-day means against one GROUP BY over the narrow table"
    return [
        ratio_row("five_day_means", what, samples["ours"], samples["group_by"], 12, 30, note)
    ], []


def _fill_narrow(connection: Connection, season: Season) -> None:
    connection.execute(peers.NARROW_TABLE.format("narrow"))
    connection.execute(_FILL, (season.name, CARD))
    connection.execute(
        "create table narrow_mean"
        " (pid integer, band char(2), period integer, mean double precision, n bigint)"
    )
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze narrow")
    connection.execute("vacuum analyze signature_block")
    connection.autocommit = False


def _mean_both(
    bench: Bench, connection: Connection, season: Season, records: int
) -> dict[str, list[Sample]]:
    backend = local_backend(connection)
    # The CPU time of parallel workers cannot be read.
    connection.execute("set max_parallel_workers_per_gather = 0")
    connection.commit()

    def ours(number: int) -> Sample:
        def work() -> int:
            averages.update(connection, season.id, CARD)
            return records

        return measured(work, [backend])

    def group_by(number: int) -> Sample:
        connection.execute("truncate narrow_mean")
        connection.commit()

        def work() -> int:
            connection.execute(_GROUP_BY, (season.epoch,))
            connection.commit()
            return records

        return measured(work, [backend])

    contestants: dict[str, Callable[[int], Sample]] = {"ours": ours, "group_by": group_by}
    return interleaved(bench.rounds, contestants)


def _season(bench: Bench, connection: Connection, url: str, scenes: int) -> Season:
    """A season with the tile's parcels, and scenes in the ledger."""
    work = bench.tile()
    ground.plain_settings(url, work.folder)
    ends = _STARTS + timedelta(days=_DAYS - 1)
    season = ground.open_season(connection, work, "bench-2018", _STARTS, ends)
    locations = [ground.location(work, work.scenes[0])] * scenes
    times = ground.spread(_STARTS, scenes, _DAYS)
    # Without a direction only the means of all orbits together are made, as in the GROUP BY.
    ground.add_scenes(connection, work, locations, times, directions="")
    return season


def _number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return 0 if row is None else int(row[0])
