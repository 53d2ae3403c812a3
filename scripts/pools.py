"""Airflow's pools: printed as JSON, or with ``--create`` brought into Airflow's database.

A pool that exists keeps its size, which is set in Airflow's pages, unless a setting gives it.
"""

from __future__ import annotations

import json
import sys

from dias_cbm.installation.airflow_names import pools, pools_to_set


def create() -> list[str]:
    """Create the pools that Airflow's database lacks, size those that are settings; their names."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        there = {pool.pool: pool for pool in session.scalars(select(Pool))}
        wanted = pools_to_set(there)
        for name, (slots, description) in wanted.items():
            if name in there:
                there[name].slots = slots
                continue
            pool = Pool(pool=name, slots=slots, description=description, include_deferred=False)
            session.add(pool)
    return list(wanted)


if __name__ == "__main__":
    if sys.argv[1:] == ["--create"]:
        sys.stdout.write(f"pools set: {', '.join(create()) or 'none, all exist'}\n")
    else:
        found = {
            name: {"slots": slots, "description": description, "include_deferred": False}
            for name, (slots, description) in pools().items()
        }
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
