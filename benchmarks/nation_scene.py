"""The way of one late scene, in a process of its own: units, signatures, means, gaps.

    python -m benchmarks.nation_scene SCENE

The steps are those that a day of observation makes of a scene that has come. It prints the seconds
of each by the clock, and the records.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC


def main(scene: int) -> None:
    """Take the scene from its product on the disk to the gaps of its day."""
    from dias_cbm import ledger
    from dias_cbm.db.connection import connect
    from dias_cbm.pipeline import day

    seconds: dict[str, float] = {}
    with connect(application="benchmark") as connection:
        at = ledger.get(connection, scene)
        connection.commit()
        started = time.perf_counter()
        reports = day.extract(connection, day.plan(connection, [scene]), "benchmark")
        seconds["extraction"] = time.perf_counter() - started
        means = day.average(connection, [scene])
        seconds["means"] = time.perf_counter() - started - seconds["extraction"]
        card = str(at.card)
        closed = day.close(connection, card, at.obstime.astimezone(UTC).date())
        seconds["gaps"] = time.perf_counter() - started - seconds["extraction"] - seconds["means"]
    records = sum(report.records for _, report in reports)
    (of_day,) = closed.values()
    if not records or not means[card] or "extracted" not in of_day["scenes"]:
        raise RuntimeError(f"the scene was not processed: {reports}, {means}, {of_day}")
    print(json.dumps({"records": records, "means": means[card], "seconds": seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
