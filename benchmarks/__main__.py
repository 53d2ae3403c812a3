"""Run the benchmarks: ``python -m benchmarks [--quick] [--only NAME] [--json]``.

Needs a PostgreSQL with PostGIS on this machine, in ``CBM_DATABASE_URL``; ``make bench`` sets it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks import report
from benchmarks.bench import Bench
from benchmarks.ground import plain_settings
from benchmarks.measure import conditions
from benchmarks.report import Row, Table

#: name -> module and function; each returns rows and tables.
BENCHMARKS = {
    "kernel": ("benchmarks.kernel", "run"),
    "whole": ("benchmarks.whole", "run"),
    "write": ("benchmarks.storage", "run_write"),
    "bytes": ("benchmarks.record_bytes", "run"),
    "means": ("benchmarks.storage", "run_means"),
    "reads": ("benchmarks.reads", "run"),
    "memory": ("benchmarks.memory", "run"),
    "markers": ("benchmarks.markers", "run"),
    "rules": ("benchmarks.rules", "run"),
    "scaling": ("benchmarks.scaling", "run"),
    "backscatter": ("benchmarks.backscatter", "run"),
    "coherence": ("benchmarks.coherence", "run"),
    "reflectance": ("benchmarks.reflectance", "run"),
    "outliers": ("benchmarks.outliers", "run"),
    "peers": ("benchmarks.parcel_peers", "run"),
    "window": ("benchmarks.window", "run"),
    "nation": ("benchmarks.nation", "run"),
    "airflow": ("benchmarks.airflow", "run"),
}

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks asked for, print and store the results; 1 if our statistics are wrong."""
    chosen = _parser().parse_args(arguments)
    # Ended by a signal, it still drops its databases.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    url = os.environ.get("CBM_DATABASE_URL")
    if not url:
        sys.exit("set CBM_DATABASE_URL to a PostgreSQL on this machine, or use `make bench`")
    bench = Bench(url, chosen.cache, chosen.quick, chosen.parcels, chosen.database, chosen.seconds)
    with psycopg.connect(url) as connection:
        around = conditions(connection)
    plain_settings(url, chosen.cache)
    rows: list[Row] = []
    tables: list[Table] = []
    for name in chosen.only or BENCHMARKS:
        module, function = BENCHMARKS[name]
        print(f"{datetime.now(UTC):%H:%M:%S} {name}", file=sys.stderr, flush=True)
        more_rows, more_tables = getattr(importlib.import_module(module), function)(bench)
        rows += more_rows
        tables += more_tables
    around |= {"load_average_after": os.getloadavg(), "quick": chosen.quick}
    whole = report.as_json(rows, tables, around)
    report.write(_file(chosen, around["date"]), whole)
    print(whole if chosen.json else report.text(rows, tables, around))
    # Speed depends on the machine; correctness does not.
    return 1 if any(row.name == "agreement" and not row.meets(row.must) for row in rows) else 0


def _file(chosen: argparse.Namespace, date: str) -> Path:
    """The file for the results: full runs are kept with the code, smaller ones are not."""
    if chosen.quick or chosen.parcels or chosen.seconds:
        return chosen.cache / "quick.json"
    stamp = date[:16].replace(":", "")
    parts = "-".join([stamp, *(chosen.only or [])])
    return ROOT / "benchmarks" / "results" / f"{parts}.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, only to check that it works"
    )
    parser.add_argument(
        "--only", action="append", choices=list(BENCHMARKS), help="one benchmark; may be repeated"
    )
    parser.add_argument(
        "--parcels", type=int, help="of the seasons of window and nation, instead of 560,000"
    )
    parser.add_argument("--database", help="where nation's season is kept, and used again")
    parser.add_argument("--seconds", type=float, help="of window's crowd, instead of 300")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".run" / "bench", help="generated data"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
