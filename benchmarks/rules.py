"""20 schemes on a season of 500,000 parcels, database to database.

The markers answer for simulated meadows and fields of a few blocks; the answers are copied to all
blocks inside the database. Every scheme is meant for every parcel.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from benchmarks import ground
from benchmarks.bench import Bench
from benchmarks.markers import BLOCK, PARCELS, fill_parcels
from benchmarks.report import Row, Table
from dias_cbm import __version__
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.queries import query
from dias_cbm.markers.series import day_of
from dias_cbm.markers.writing import Writer
from dias_cbm.rules.language import RuleFile
from dias_cbm_lab.evidence import colours, simulated_parcels

SCHEMES = 20
#: Blocks that are simulated; the others are copies of them.
_MADE = 4
_QUICK = 8


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Wall time and peak memory of a run of rules."""
    blocks = _QUICK if bench.quick else -(-PARCELS // BLOCK)
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, bench.cache)
        with connect(url) as connection:
            events = fill(connection, blocks)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.rules", url],
            check=True, stdout=subprocess.PIPE, text=True, env=os.environ,
        )  # fmt: skip
    seconds, cpu, peak = done.stdout.split()
    size = f"{blocks * BLOCK:,} parcels x {SCHEMES} schemes, {events:,} events"
    return [
        Row(
            "rules_time", "20 schemes on a season", float(seconds), "s", 30, least=False,
            note=f"{size}; {cpu} s of CPU time, without the database's",
        ),
        Row("rules_memory", "peak memory of it", float(peak), "MB", least=False, note=size),
    ], []  # fmt: skip


def rules() -> RuleFile:
    """The first 20 schemes of those that evidence judges."""
    file = colours.rules()
    return replace(file, schemes=file.schemes[:SCHEMES])


def fill(connection: Connection, blocks: int) -> int:
    """Fill a new season with parcels and answers of markers; returns the number of events."""
    season = fill_parcels(connection, blocks)
    writer, runs = Writer(connection, season), dict[str, int]()
    for blk in range(1, min(_MADE, blocks) + 1):
        series = simulated_parcels.parcels(BLOCK, blk)
        block = colours.answered(series, simulated_parcels.WINDOW, rules())
        read = next(iter(block.answers.values())).input
        values = {
            "season": season, "blk": blk, "hash": f"h{blk}", "days": read.days.tolist(),
            "looks": np.packbits(read.looks, axis=1).tobytes(), "missing": Jsonb([]),
        }  # fmt: skip
        source = _number(connection, query("markers/input_add"), values)
        for name, answer in block.answers.items():
            runs[name] = runs.get(name) or _run(connection, season, name, answer.version)
            writer.add(runs[name], blk, source, block.place, answer.states, answer.events)
    writer.flush()
    for statement in _COPIES:
        connection.execute(statement, {"season": season, "made": _MADE, "blocks": blocks})
    connection.commit()
    connection.autocommit = True
    connection.execute("analyze")
    connection.autocommit = False
    return _number(connection, "select count(*) from marker_event_slot", {})


def _run(connection: Connection, season: int, name: str, version: str) -> int:
    window = simulated_parcels.WINDOW
    values = {
        "season": season, "marker": name, "version": version, "parameters": Jsonb({}),
        "inputs_hash": "x", "code": __version__, "until": day_of(window.end),
        "window_start": day_of(window.start), "window_end": day_of(window.end),
    }  # fmt: skip
    return _number(connection, query("markers/run_add"), values)


def _number(connection: Connection, statement: Any, values: dict[str, Any]) -> int:
    row = connection.execute(statement, values).fetchone()
    if row is None:
        raise AssertionError("these give a row")
    return int(row[0])


_COPIES = (
    "insert into marker_input (season, blk, hash, days, looks, missing)"
    " select season, n, 'h' || n, days, looks, missing"
    " from generate_series(%(made)s + 1, %(blocks)s) as n"
    " join marker_input on blk = (n - 1) %% %(made)s + 1",
    "insert into marker_state_block select run, state.season, n, input.id, status, reason,"
    " confidence, gap_confidence, longest_gap_days, observations"
    " from generate_series(%(made)s + 1, %(blocks)s) as n"
    " join marker_input as input on input.blk = n"
    " join marker_state_block as state on state.blk = (n - 1) %% %(made)s + 1",
    "insert into marker_value_block select run, season, n, name, value"
    " from generate_series(%(made)s + 1, %(blocks)s) as n"
    " join marker_value_block on blk = (n - 1) %% %(made)s + 1",
    "insert into marker_event_slot select run, season, n, pos, number, kind, start_date, end_date,"
    ' best_date, confidence, before, after, evidence, "values"'
    " from generate_series(%(made)s + 1, %(blocks)s) as n"
    " join marker_event_slot on blk = (n - 1) %% %(made)s + 1"
    # As a run of markers writes them.
    " order by n, run, pos, number",
)


def main() -> None:
    """Judge the database of the argument; print seconds, CPU seconds, peak in MB."""
    import time

    from benchmarks.peak import peak_memory_mb
    from dias_cbm import seasons
    from dias_cbm.rules import run as rule_run

    with connect(sys.argv[1]) as connection:
        began = time.process_time()
        report = rule_run.run(connection, seasons.get(connection, "bench-2018"), rules())
    print(report.seconds, round(time.process_time() - began, 1), peak_memory_mb())


if __name__ == "__main__":
    main()
